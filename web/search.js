/** The search of every page: it looks in the commands and ids of jobs, on their page while one types. */
import { html, useEffect, useRef, useState } from "./lib.js";
import { withQuery } from "./requests.js";
import { addressWith, go } from "./router.js";

/** Whoever goes on typing within this time has not ended. */
const PAUSE_MS = 250;

export function Search({ path, query }) {
  const there = path === "/jobs";
  const found = there ? query.search ?? "" : "";
  const [text, setText] = useState(found);
  /** What this has put into the address last: when it comes back from there, more may have been typed already. */
  const sent = useRef(found);
  const field = useRef();
  /** The first change makes a step that Back goes back; those after it belong to it. */
  const began = useRef(false);
  useEffect(() => {
    if (found === sent.current) return;
    sent.current = found;
    setText(found);
  }, [found, path]);
  const find = () => {
    if (text === sent.current) return;
    sent.current = text;
    if (!there) return go(withQuery("/jobs", { search: text }));
    go(addressWith({ cursor: "", search: text }), { replace: began.current });
    began.current = true;
  };
  useEffect(() => {
    if (!there || text === sent.current) return;
    const timer = setTimeout(find, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const submit = (event) => {
    event.preventDefault();
    find();
  };
  return html`
    <form class=${there ? "find there" : "find"} role="search" aria-label="Jobs" onSubmit=${submit}>
      <input type="search" id="search" ref=${field} aria-label="Search"
        placeholder="Find a job by command or id …"
        value=${text} autocomplete="off" spellcheck=${false}
        onBlur=${() => began.current = false}
        onInput=${({ target }) => setText(target.value)} />
      <kbd>/</kbd>
    </form>
  `;
}
