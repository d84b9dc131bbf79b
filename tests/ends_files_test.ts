/**
 * @module
 * The files that shells share to note their ends: they do not grow for ever, and none goes too early.
 */
import assert from "node:assert/strict";
import { EndsFiles } from "../src/worker/ends_files.ts";
import { tempDir } from "./helpers/temp.ts";

Deno.test("a file for ends goes once all who share it are settled, and no sooner", () => {
  using dir = tempDir();
  const files = new EndsFiles(dir.path);
  const tokens = Array.from({ length: 1200 }, (_, i) => `token-${i}`);
  const paths = tokens.map((token) => files.pathFor(token));
  const different = [...new Set(paths)];
  assert.equal(different.length, 3);
  for (const path of different) Deno.writeTextFileSync(path, "");
  const left = () => Array.from(Deno.readDirSync(dir.path)).length;
  assert.equal(files.pathFor(tokens[0]!), paths[0], "it stays with its file");
  for (const token of tokens.slice(1)) files.settled(token);
  files.settled(tokens[1]!);
  assert.equal(left(), 2, "one is still in use by the first, one by those to come");
  files.settled(tokens[0]!);
  assert.equal(left(), 1);
});
