/** What the pages are made with: one import for all of them. */
import { h, render } from "./preact.js";
import htm from "./htm.js";

export { h, render };
export { useEffect, useMemo, useRef, useState } from "./hooks.js";

/** Markup as tagged templates; values are text, never markup. */
export const html = htm.bind(h);
