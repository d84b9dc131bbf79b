/** Taking output away: copied or saved, as it looks or byte for byte. */
import { html, useRef } from "./lib.js";
import { attempt as tried } from "./parts.js";
import { number } from "./format.js";
import { addressOfOutput } from "./output_stream.js";

export function Take({ id, attempt, stream, times, log }) {
  const menu = useRef();
  const name = `${id}-${attempt}${stream ? `.${stream}` : ""}`;
  const text = () => log.current.screen.lines.map((line) => line.text).join("\n");
  const done = () => {
    menu.current.open = false;
    menu.current.firstElementChild.focus();
  };
  const copy = async (get, what) => {
    await tried(async () => {
      const all = await get();
      await put(all);
      return all.length;
    }, (length) => `Copied ${number(length)} characters ${what}`);
    done();
  };
  const raw = async () => {
    const response = await fetch(addressOfOutput(id, attempt, { stream }));
    if (!response.ok) throw new Error((await response.json()).detail);
    return await response.text();
  };
  const save = () => {
    const address = URL.createObjectURL(new Blob([text(), "\n"], { type: "text/plain" }));
    const link = document.createElement("a");
    link.href = address;
    link.download = `${name}.txt`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
    done();
  };
  const onKeyDown = (event) => {
    if (event.key !== "Escape" || !menu.current.open) return;
    event.stopPropagation();
    done();
  };
  const onFocusOut = ({ relatedTarget }) => {
    if (relatedTarget && !menu.current.contains(relatedTarget)) menu.current.open = false;
  };
  return html`
    <details class="menu" ref=${menu} onKeyDown=${onKeyDown} onFocusOut=${onFocusOut}>
      <summary>Take away</summary>
      <div class="menu-list">
        <button type="button" onClick=${() => copy(text, "as shown")}>Copy as shown</button>
        <button type="button" onClick=${() => copy(raw, "as printed")}>Copy as printed</button>
        <button type="button" onClick=${save}>Download as shown</button>
        <a href=${addressOfOutput(id, attempt, {
          stream,
          timestamps: times,
        })} download=${`${name}.log`} onClick=${done}>${times
          ? "Download as printed, with times"
          : "Download as printed"}</a>
      </div>
    </details>
  `;
}

/** Into the clipboard; where a page may not (over HTTP from another host), by way of a field. */
async function put(text) {
  if (navigator.clipboard) return await navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  field.value = text;
  field.style.position = "fixed";
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  if (!copied) throw new Error("The browser did not let the page copy");
}
