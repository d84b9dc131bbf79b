/** Light, dark, or as the system has it. */
import { html, useState } from "./lib.js";

const THEMES = [["", "◐", "as the system"], ["light", "☀", "light"], ["dark", "☾", "dark"]];

/** Goes on to the next. Charts hear of it by an event of the window: `theme`. */
export function ThemeSwitch() {
  const { dataset } = document.documentElement;
  const [chosen, setChosen] = useState(dataset.theme ?? "");
  const at = THEMES.findIndex(([theme]) => theme === chosen);
  const [, sign, name] = THEMES[at];
  const next = () => {
    const [theme] = THEMES[(at + 1) % THEMES.length];
    if (theme) dataset.theme = theme;
    else delete dataset.theme;
    try {
      localStorage.setItem("theme", theme);
    } catch {
      // it holds until the page is left
    }
    setChosen(theme);
    dispatchEvent(new Event("theme"));
  };
  return html`
    <button type="button" class="theme" title=${`Theme: ${name}`} aria-label=${`Theme: ${name}`}
      onClick=${next}>${sign}</button>
  `;
}
