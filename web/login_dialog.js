/** Logging in over the page: whatever is typed there stays. */
import { h, html, render, useEffect, useRef, useState } from "./lib.js";
import { learnRights } from "./rights.js";
import { connectAgain, onLive } from "./stream.js";

/** Resolves once the server knows this browser again: by the token that is given, or by one that was given in another tab. */
export function askForToken() {
  return new Promise((resolve) => {
    const place = document.createElement("div");
    document.body.append(place);
    const done = () => {
      unheard();
      render(null, place);
      place.remove();
      resolve();
    };
    const unheard = onLive((kind) => kind === "change" && done());
    render(h(Login, { done }), place);
  });
}

function Login({ done }) {
  const dialog = useRef();
  const [problem, setProblem] = useState("");
  useEffect(() => {
    const { current } = dialog;
    current.showModal();
    return () => current.close();
  }, []);
  const submit = async (event) => {
    event.preventDefault();
    setProblem("");
    const token = new FormData(event.target).get("token").trim();
    const refused = await logIn(token);
    if (refused !== null) return setProblem(refused);
    done();
    connectAgain();
    learnRights();
  };
  return html`
    <dialog ref=${dialog} aria-labelledby="login-title" onCancel=${(event) => event.preventDefault()}>
      <h2 id="login-title">The server asks who you are</h2>
      <p>It was started again, or your session is over. What you typed stays.
        The token is in the address that <code>queuectl dashboard</code> printed.</p>
      <form class="login" onSubmit=${submit}>
        <label>Token <input name="token" type="password" autocomplete="current-password" required /></label>
        <p class="problem" role="alert">${problem}</p>
        <div class="buttons"><button type="submit" class="primary">Go on</button></div>
      </form>
    </dialog>
  `;
}

/** Null when the server takes the token, else what it says. */
async function logIn(token) {
  try {
    const response = await fetch("/session", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token }),
    });
    return response.ok ? null : (await response.json()).detail;
  } catch {
    return "The server cannot be reached";
  }
}
