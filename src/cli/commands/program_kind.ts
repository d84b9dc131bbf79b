/**
 * @module
 * In which form the program that runs has come: what a report of a defect has to say.
 */

/** One file that needs no Deno, one bundled file, source files from elsewhere, or source files on disk. */
export type ProgramKind = "executable" | "bundle" | "url" | "checkout";

export function programKind(): ProgramKind {
  if (Deno.build.standalone) return "executable";
  if (new URL(Deno.mainModule).protocol !== "file:") return "url";
  // This module is a file of its own unless it was bundled with the entry.
  return import.meta.url === Deno.mainModule ? "bundle" : "checkout";
}
