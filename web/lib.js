/**
 * What the pages are made with: one import for all of them.
 *
 * A field that is filled from what the server says has a `defaultValue`, not a `value`: pages are drawn again all the time,
 * and what somebody is typing must stay. Where the server's value has changed, a `key` makes the field anew.
 */
import { h, render } from "./preact.js";
import htm from "./htm.js";

export { h, render };
export { useEffect, useId, useMemo, useRef, useState } from "./hooks.js";

/** Markup as tagged templates; values are text, never markup. */
export const html = htm.bind(h);
