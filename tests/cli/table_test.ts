/**
 * @module
 * Tables on terminals: nothing is wider than the terminal, however long what stands in it is, and nothing is cut without
 * need.
 */
import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { type Column, table } from "../../src/cli/show/table.ts";
import { fit, widthOf } from "../../src/cli/show/terminal.ts";
import { handWorker } from "../helpers/hand_worker.ts";
import { onTerminal, TERMINAL } from "../helpers/terminal.ts";
import { testStore } from "../helpers/worker.ts";

const screen = (columns: number) => ({ columns, paint: (_colour: unknown, text: string) => text });
const widest = (text: string) => Math.max(...text.split("\n").map(widthOf));

const TEXTS: Column<string[]>[] = [
  { title: "ID", value: ([id]) => id! },
  { title: "PRIORITY", short: "PRIO", value: ([, priority]) => priority!, align: "right" },
  { title: "LABEL", value: ([, , label]) => label! },
  { title: "COMMAND", value: ([, , , command]) => command! },
];

Deno.test("a table fits whatever stands in it, and numbers are whole", () => {
  const text = fc.oneof(
    fc.string({ maxLength: 130 }),
    fc.constantFrom("日本語".repeat(40), "👍🏽🇨🇭❤️".repeat(20)),
  );
  const number = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).map(String);
  const row = fc.tuple(text, number, text, text);
  fc.assert(
    fc.property(
      fc.array(row, { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 40, max: 200 }),
      (rows, columns) => {
        const shown = table(screen(columns), { columns: TEXTS, rows });
        assert.ok(widest(shown) <= columns, shown);
        rows.forEach(([, number], index) => assert.ok(shown.split("\n")[index + 1]!.includes(number), shown));
      },
    ),
  );
});

Deno.test("the widest columns give what is missing, and short ones stay as they are", () => {
  const rows = [["x".repeat(128), "-5", "nightly", "make ".repeat(40)]];
  assert.equal(
    table(screen(80), { columns: TEXTS, rows }),
    [
      `${"ID".padEnd(31)}  PRIO  LABEL    COMMAND`,
      `${"x".repeat(30)}…    -5  nightly  ${"make ".repeat(6)}m…`,
    ].join("\n"),
  );
  assert.ok(table(screen(Infinity), { columns: TEXTS, rows }).includes(rows[0]![0]!));
  assert.equal(widest(table(screen(400), { columns: TEXTS, rows })), 348);
});

Deno.test("wide characters count for two, and half of an emoji does not stay", () => {
  assert.deepEqual(["日本", "𠀀", "👍", "⚠️", "é", "e\u0301"].map(widthOf), [4, 2, 2, 2, 1, 1]);
  assert.equal(fit("日本語", 5), "日本…");
  assert.equal(fit("👩‍💻 and more", 4), "👩…");
});

Deno.test(
  "a page of jobs with everything as long as it may be fits 80 columns of a terminal",
  TERMINAL,
  async () => {
    using test = await testStore();
    const worker = await handWorker(test.store);
    const long = {
      queue: `q${"u".repeat(63)}`,
      label: "ラベル".repeat(42),
      priority: -(2 ** 31),
      maxRetries: 1_000_000,
    };
    await test.enqueue("true", { id: "first" });
    await (await worker.claim()).end({
      outcome: "failed",
      state: "dead",
      exitCode: 1,
      error: "e".repeat(300),
    });
    for (const n of [1, 2]) {
      await test.enqueue("echo ✅ ".repeat(99), {
        ...long,
        id: `${n}`.repeat(128),
        held: true,
      });
    }
    await test.store.setQueue(long.queue, { paused: true, concurrency: 1_000_000 });
    for (
      const words of ["list", "dlq list", "status", "queue list", "metrics", "worker list", "show first"]
    ) {
      const shown = await onTerminal(words.split(" "), { home: test.home, columns: 80 });
      assert.ok(widest(shown) <= 80 || words.startsWith("show"), `${words}: ${shown}`);
      assert.ok(shown.length > 20, `${words}: ${shown}`);
    }
    const wide = await onTerminal(["list"], { home: test.home, columns: 2000 });
    assert.ok(wide.includes("1".repeat(128)) && wide.includes(long.queue) && wide.includes(long.label));
  },
);
