/**
 * @module
 * The check of what piles up: logs of background workers, which nobody removes. Spools of workers that are gone are
 * removed by the next one.
 */
import { quoteWords } from "../../../system/shell_words.ts";
import type { Context } from "../../line/context.ts";
import { type Finding, ok, warning } from "./finding.ts";

/** More than this is worth a look. */
const MANY_BYTES = 256e6;
const MANY_FILES = 1000;

export function* checkLeftovers({ home }: Context): Generator<Finding> {
  const sizes = sizesIn(home.logs);
  if (!sizes) return;
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const found = `${sizes.length} ${sizes.length === 1 ? "file" : "files"}, ${(bytes / 1e6).toFixed(1)} MB`;
  if (bytes <= MANY_BYTES && sizes.length <= MANY_FILES) return yield ok("logs", found);
  yield warning("logs", found, `find ${quoteWords([home.logs])} -name '*.log' -mtime +30 -delete`);
}

/** The sizes of the files in a directory; undefined when there is none, or it cannot be read. */
function sizesIn(dir: string): number[] | undefined {
  try {
    return [...Deno.readDirSync(dir)].map(({ name }) => Deno.lstatSync(`${dir}/${name}`).size);
  } catch {
    return undefined;
  }
}
