/**
 * @module
 * What the pages say people type is typed, in a real terminal, and prints what they say. And what there is to look at
 * fits terminals of 80 and of 200 columns. With `UPDATE=1` the fixtures are written as they are now, instead of compared.
 * Slow, so `deno task test:quick` leaves it out.
 */
import assert from "node:assert/strict";
import { tempDir } from "../helpers/temp.ts";
import {
  comparable,
  type Exchange,
  hasTerminal,
  play,
  readSession,
  renewed,
  sessionsOn,
  writeSession,
} from "../helpers/transcript.ts";

const textAt = (path: string) => Deno.readTextFileSync(new URL(`../../${path}`, import.meta.url));

async function played(exchanges: readonly Exchange[], columns: number): Promise<Exchange[]> {
  using dir = tempDir();
  return await play(exchanges.map(({ command }) => command), { dir, columns });
}

/** Sections of pages with sessions in them; each is played from its first line to its last. */
const PAGES: readonly (readonly [name: string, text: string])[] = [
  ["the tour in README.md", /^## Five minutes\n[^]*?^## /m.exec(textAt("README.md"))![0]],
  ["docs/recipes.md", textAt("docs/recipes.md")],
];

for (const [name, text] of PAGES) {
  Deno.test(`${name} is true, line by line, and ends`, { ignore: !hasTerminal }, async () => {
    const told = sessionsOn(text);
    assert.ok(told.length > 20, "the sessions are found");
    assert.equal(comparable(await played(told, 100)), comparable(told));
  });
}

/** Tables whose cells depend on how long something took: only their width is looked at. */
const PASSING = ["queuectl list", "queuectl dlq list", "queuectl show j2 | tail -n 3"];

for (const columns of [80, 200]) {
  Deno.test(`what there is to look at fits ${columns} columns`, { ignore: !hasTerminal }, async () => {
    const fixture = `tests/fixtures/sessions/${columns}.txt`;
    const told = readSession(textAt(fixture));
    assert.ok(told.length > 10, "the session is found");
    const passing = PASSING.map((command) => ({ command, printed: "" }));
    const seen = await played([...told, ...passing], columns);
    for (const { command, printed } of seen.filter(({ command }) => / (list|status|metrics)/.test(command))) {
      assert.deepEqual(printed.split("\n").filter((line) => line.length > columns), [], command);
    }
    const now = seen.slice(0, told.length);
    if (Deno.env.get("UPDATE") === "1") {
      Deno.writeTextFileSync(new URL(`../../${fixture}`, import.meta.url), writeSession(renewed(told, now)));
    } else assert.equal(comparable(now), comparable(told));
  });
}

Deno.test("a session that is written anew changes where something else is said, and nowhere else", () => {
  const told = readSession("$ a\n1s ago\n$ b\n> c\nold\n");
  const seen = readSession("$ a\n2s ago\n$ b\n> c\nnew\nlines\n");
  assert.equal(writeSession(renewed(told, seen)), "$ a\n1s ago\n$ b\n> c\nnew\nlines\n");
});
