/** Limits: what they let through, how much of that is in use, and how many jobs wait. */
import { html } from "./lib.js";
import { call, useAnswer, withQuery } from "./api.js";
import { number } from "./format.js";
import { Action, attempt, Empty, Problem, Time } from "./parts.js";
import { addressWith, Link } from "./router.js";

/** How full something is: used of how much, with a bar. */
function Used({ name, used, of }) {
  if (of === null) return number(used);
  return html`
    <meter min="0" max=${Math.max(of, 1)} value=${Math.min(
      used,
      Math.max(of, 1),
    )} aria-label=${`In use of ${name}`}></meter>
    ${number(used)} of ${number(of)}
  `;
}

export function Limits({ query }) {
  const answer = useAnswer(withQuery("/limits", { cursor: query.cursor, limit: 100 }), { every: 5000 });
  const { data: page, error, reload } = answer;
  if (!page) {
    return html`
      <h1>Limits</h1>
      <${Problem} error=${error}/>
        <p class="faint">Loading …</p>
    `;
  }
  if (page.limits.length === 0 && !query.cursor) {
    return html`
      <h1>Limits</h1>
      <${Empty}>No limits. One is set on the command line:
      <code>queuectl limit set api --at-once 5 --rate 60/1m</code><//>
    `;
  }
  const set = (event, { name }) => {
    event.preventDefault();
    const { value } = event.target.elements.at_once;
    const at_once = value === "" ? null : Number(value);
    return attempt(() => call("PATCH", `/limits/${name}`, { at_once }), `Set limit "${name}"`).then(reload);
  };
  const remove = ({ name }) =>
    attempt(() => call("DELETE", `/limits/${name}`), `Removed limit "${name}"`).then(reload);
  return html`
    <h1>Limits</h1>
    <${Problem} error=${error}/>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th>Limit</th>
              <th>In use</th>
              <th>At once</th>
              <th>Rate</th>
              <th>Began</th>
              <th class="right">Waiting</th>
              <th></th>
            </tr>
          </thead>
          <tbody>${page.limits.map((limit) =>
            html`
              <tr key=${limit.name}>
                <td>${limit.name}</td>
                <td>
                  <${Used} name=${limit.name} used=${limit.used} of=${limit.at_once} />
                </td>
                <td>
                  <form key=${limit.at_once} class="inline" onSubmit=${(event) => set(event, limit)}>
                  <input name="at_once" type="number" min="0" size="5" aria-label=${`At once of ${limit.name}`}
                    defaultValue=${limit.at_once ?? ""} placeholder="no limit"/>
                  <button type="submit">Set</button></form>
                </td>
                <td>${limit.rate}${limit.smooth && ", evenly"}</td>
                <td>${limit.rate && `${number(limit.started)} lately`}${limit.free_at &&
                  html`, free <${Time} at=${limit.free_at}/>`}</td>
                <td class="right">${limit.waiting >= 1000 ? "1000 or more" : limit.waiting || ""}</td>
                <td class="right">
                  <${Action} kind="danger" run=${() => remove(limit)}>Remove<//></td>
              </tr>
            `
          )}</tbody>
        </table>
      </div>
      <nav class="pages" aria-label="Pages">
      ${query.cursor && html`<${Link} to=${addressWith({ cursor: "" })}>First page<//>`}
      ${page.cursor && html`<${Link} to=${addressWith({ cursor: page.cursor })}>Next page<//>`}
      </nav>
  `;
}
