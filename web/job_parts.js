/** What the parts of a job's page have in common: the words for attempts, and links to what is named in sentences. */
import { html } from "./lib.js";
import { Link } from "./router.js";

export { Empty, Loading } from "./parts.js";

/** How an attempt went, in a word or two. */
export function wordOf({ outcome, exit_code: code, signal }) {
  if (outcome === null) return "running";
  if (outcome === "completed") return "completed";
  if (signal && outcome === "failed") return signal;
  if (code && outcome === "failed") return `exit ${code}`;
  return outcome.replaceAll("_", " ");
}

/** The state whose colour an attempt has. */
export function colourOf({ outcome }) {
  if (outcome === null) return "processing";
  return {
    completed: "completed",
    cancelled: "cancelled",
    released: "pending",
    snoozed: "scheduled",
  }[outcome] ?? "dead";
}

/** `1st`, `22nd`, `13th`. */
export function ordinal(n) {
  const word = new Intl.PluralRules("en", { type: "ordinal" }).select(n);
  return `${n}${{ one: "st", two: "nd", few: "rd", other: "th" }[word]}`;
}

/** The time of day to the second, in the reader's zone. */
export function localClock(at) {
  return new Date(at).toTimeString().slice(0, 8);
}

/** A sentence in which the jobs that a job needs are links. */
export function linked(sentence, { needs }) {
  const ids = new Set(needs?.jobs.map(({ id }) => id));
  return sentence.split(/([\w.:-]+)/).map((word, n) =>
    ids.delete(word) ? html`<${Link} key=${n} to=${`/jobs/${encodeURIComponent(word)}`}>${word}<//>` : word
  );
}
