/** An element alone on the page: what is not in it cannot be reached until Escape is pressed. */

/** Returns what undoes it. */
export function alone(element, over) {
  const hidden = [];
  for (let one = element; one !== document.body; one = one.parentElement) {
    for (const other of one.parentElement.children) {
      if (other === one || other.inert || other.tagName === "SCRIPT") continue;
      other.inert = true;
      hidden.push(other);
    }
  }
  const onKey = (event) => event.key === "Escape" && over();
  element.addEventListener("keydown", onKey);
  document.documentElement.classList.add("one-alone");
  return () => {
    for (const other of hidden) other.inert = false;
    element.removeEventListener("keydown", onKey);
    document.documentElement.classList.remove("one-alone");
  };
}
