/** The job's page has a stylesheet of its own, fetched with it. */

const sheet = document.createElement("link");
sheet.rel = "stylesheet";
sheet.href = "/assets/job.css";

/** The page does not wait longer for it. */
const LONGEST_MS = 2000;

/** Resolves once it is there, or cannot be had soon: the page is there either way. */
export const styled = new Promise((resolve) => {
  sheet.onload = sheet.onerror = resolve;
  setTimeout(resolve, LONGEST_MS);
  document.head.append(sheet);
});
