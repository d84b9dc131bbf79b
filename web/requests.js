/** Requests. Where the server knows this browser no more, whoever is there logs in over the page, and the request goes on. */

export const ROOT = "/api/v1";

/** What went wrong with a request; `passing` where it may go well when it is tried again. */
class Failed extends Error {
  constructor(message, passing) {
    super(message);
    this.passing = passing;
  }
}

let login = null;
let logins = 0;

function loggedIn() {
  login ??= import("./login_dialog.js").then(({ askForToken }) => askForToken()).then(() => logins++)
    .finally(() => login = null);
  return login;
}

async function send(path, options) {
  for (;;) {
    const before = logins;
    let response;
    try {
      response = await fetch(ROOT + path, options);
    } catch {
      throw new Failed("The server cannot be reached", true);
    }
    if (response.ok) return response;
    if (response.status !== 401) {
      const { detail } = await response.json().catch(() => ({}));
      const passing = response.status >= 500 || response.status === 429;
      throw new Failed(detail ?? `The server answered ${response.status}`, passing);
    }
    if (before === logins) await loggedIn(); // else somebody has, while this was on its way
  }
}

/** A request; resolves with the JSON of the answer. Throws an Error with the server's sentence. */
export async function call(method, path, body) {
  const said = body === undefined
    ? {}
    : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const response = await send(path, { method, ...said });
  return await response.json().catch(() => ({}));
}

/** What a GET answers, as text. Throws an Error with the server's sentence. */
export async function text(path) {
  return await (await send(path)).text();
}

/** A path with a query; what is empty is left out, and of a list each value stands for itself. */
export function withQuery(path, query) {
  const entries = Object.entries(query).flatMap(([name, value]) =>
    [value].flat().filter((one) => one !== undefined && one !== null && one !== "").map((one) => [name, one])
  );
  return entries.length === 0 ? path : `${path}?${new URLSearchParams(entries)}`;
}
