/**
 * @module
 * Patterns of file names, as shells have them: `*`, `?` and `[…]` within a name, and `**` for any directories between.
 * Pure. A name that begins with a dot is meant only by a pattern that does.
 */

/** Whether a text is a pattern, and not a name. */
export function isGlob(text: string): boolean {
  return /[*?[]/.test(text);
}

/** One name of a path: text that is meant as it is, a pattern, or any directories. */
export type GlobPart = { name: string } | { matches: (name: string) => boolean } | { anyDepth: true };

/** The names that a pattern consists of; without the slashes between them, or before the first. */
export function globParts(glob: string): GlobPart[] {
  return glob.split("/").filter((part) => part !== "").map((part) => {
    if (part === "**") return { anyDepth: true };
    if (!isGlob(part)) return { name: part };
    const pattern = new RegExp(`^${patternOf(part)}$`, "su");
    return { matches: (name) => (part.startsWith(".") || !name.startsWith(".")) && pattern.test(name) };
  });
}

function patternOf(part: string): string {
  return part.replace(/\[([!^]?)(\]?[^\]]*)\]|[^]/gu, (whole, not?: string, set?: string) => {
    if (set !== undefined && set !== "") {
      return `[${not === "" ? "" : "^"}${set.replace(/[\\\][^&|~]/g, "\\$&")}]`;
    }
    if (whole === "*") return ".*";
    return whole === "?" ? "." : whole.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  });
}
