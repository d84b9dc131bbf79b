/** The job's page has a stylesheet of its own, fetched with it. */

const sheet = document.createElement("link");
sheet.rel = "stylesheet";
sheet.href = "/assets/job.css";

/** Resolves once it is there, or cannot be had: the page is there either way. */
export const styled = new Promise((resolve) => {
  sheet.onload = sheet.onerror = resolve;
  document.head.append(sheet);
});
