/**
 * @module
 * The files that shells share to note their ends: they do not grow for ever, and none goes too early.
 */
import assert from "node:assert/strict";
import { EndsFiles } from "../../src/worker/spool/ends_files.ts";
import { endsPath, spooledEnd } from "../../src/worker/spool/spool.ts";
import { tempDir } from "../helpers/temp.ts";

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

Deno.test("a line that is half written is no end yet, whatever its half says", () => {
  using dir = tempDir();
  const path = endsPath(dir.path, 0);
  const endOf = (token: string) => spooledEnd(dir.file(token))?.exitCode;
  const text = "one 0\nother 137\n";
  for (let length = 0; length <= text.length; length++) {
    Deno.writeTextFileSync(path, text.slice(0, length));
    assert.equal(endOf("one"), length < 6 ? undefined : 0, text.slice(0, length));
    assert.equal(endOf("other"), length < text.length ? undefined : 137, text.slice(0, length));
  }
});
