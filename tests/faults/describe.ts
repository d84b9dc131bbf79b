/**
 * @module
 * A report as text, for people.
 */
import type { Report } from "./fault.ts";

/** More findings than this say nothing new. */
const MOST_SHOWN = 20;

/** What was broken, what was checked, and what did not hold, a line each. */
export function describe(name: string, { injected, checked, found }: Report): string {
  const lines = [`${name}: ${injected}`, `  checked: ${checked.join("; ")}`];
  for (const finding of found.slice(0, MOST_SHOWN)) lines.push(`  FOUND: ${finding}`);
  if (found.length > MOST_SHOWN) lines.push(`  FOUND: and ${found.length - MOST_SHOWN} more`);
  if (found.length === 0) lines.push("  found: nothing");
  return lines.join("\n");
}
