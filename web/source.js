/** The stream of what happens on the server, as it comes in: in the worker that all tabs share, or in a tab. */

/** After so long a server that has refused is asked again. */
const AGAIN_MS = 2000;

/**
 * Opens the stream, and does so again whenever it breaks, until the returned function is called. Tells `{ status }`, what
 * `/status` says; `{ change: true }`; and `{ lost: true }`, with `refused` where the server answered that it will not.
 */
export function openSource(tell) {
  let source;
  let timer;
  const open = () => {
    source = new EventSource("/api/v1/events");
    source.addEventListener("status", ({ data }) => tell({ status: JSON.parse(data) }));
    source.addEventListener("change", () => tell({ change: true }));
    source.addEventListener("error", () => {
      const refused = source.readyState === EventSource.CLOSED;
      tell({ lost: true, refused });
      if (refused) timer = setTimeout(open, AGAIN_MS); // a browser comes again by itself only where it was cut off
    });
  };
  open();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}
