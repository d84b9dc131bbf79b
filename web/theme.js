/* Before anything is drawn: light or dark, where somebody has chosen. A script of the old kind, so that it comes first. */
try {
  const theme = localStorage.getItem("theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // a browser may be told to keep nothing
}
