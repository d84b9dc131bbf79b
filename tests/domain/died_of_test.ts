/**
 * @module
 * What dead jobs of one kind have in common.
 */
import assert from "node:assert/strict";
import { diedOf } from "../../src/domain/died_of.ts";

const failed = (stderr: string) => diedOf({ error: "exit code 1", stderr });

Deno.test("diedOf() takes the last line of stderr where there is an exit code", () => {
  assert.equal(failed("starting\nsmtp: connection refused\n"), "smtp: connection refused");
  assert.equal(failed("10%\r50%\rdisk is full\n\n  \n"), "disk is full");
  assert.equal(failed("\x1b[31merror:\x1b[0m no such table\n-----\n"), "error: no such table");
});

Deno.test("diedOf() says the error where nothing was printed, or the error explains itself", () => {
  assert.equal(failed(""), "exit code 1");
  assert.equal(failed("--- \n ^^^\n"), "exit code 1");
  assert.equal(diedOf({ error: "timed out after 30s", stderr: "frame= 12" }), "timed out");
  assert.equal(
    diedOf({ error: "killed by SIGABRT", stderr: "out of range" }),
    "killed by SIGABRT: out of range",
  );
  assert.equal(diedOf({ error: null, stderr: "x" }), "unknown");
});

Deno.test("diedOf() is the same for what differs in numbers, ids, paths, times and people", () => {
  const alike: [string, ...string[]][] = [
    [
      "cat: …: No such file or directory",
      "cat: /data/in/1.csv: No such file or directory",
      "cat: ./x/y: No such file or directory",
    ],
    ["invoice-N.csv is empty", "invoice-57.csv is empty", "invoice-1234.csv is empty"],
    [
      "lock … is held for Ns",
      "lock 0xdeadbeef is held for 3s",
      "lock 3f2504e0-4f89-41d3-9a0c-0305e82c3301 is held for 1.5s",
    ],
    [
      "… ERROR no route",
      "2030-01-02T10:11:12.123Z ERROR no route",
      "2031-11-12 01:02:03,5 ERROR no route",
      "10:11:12 ERROR no route",
    ],
    ["no mailbox …@…", "no mailbox ada@example.com", "no mailbox g.hopper@navy.mil"],
    [
      "commit … is gone",
      "commit 9fceb02d0ae598e95dc970b74767f19372d61af8 is gone",
      "commit 12345678 is gone",
    ],
    ["took N of N", "took 1,234.5 of 2", "took 3 of 4"],
    [
      "connect postgres://…@db/app",
      "connect postgres://app:hunter2@db/app",
      "connect postgres://root@db/app",
    ],
  ];
  for (const [same, ...lines] of alike) {
    for (const line of lines) assert.equal(failed(line), same, line);
  }
});

Deno.test("diedOf() keeps the numbers that tell kinds apart", () => {
  for (const line of ["HTTP 503", "status code: 404", "utf8 codec", "errno=28", "error 1045: denied"]) {
    assert.equal(failed(line), line);
  }
  assert.equal(diedOf({ error: "exit code 75", stderr: "" }), "exit code 75");
});

Deno.test("diedOf() passes over what runtimes say after what went wrong", () => {
  assert.equal(
    failed(
      "TypeError: x is not a function\n    at f (/a/b.js:1:2)\n    at g (/a/b.js:3:4)\n\nNode.js v22.1.0\n",
    ),
    "TypeError: x is not a function",
  );
  assert.equal(
    failed("Caused by: java.io.IOException: closed\n\tat a.B.c(B.java:12)\n\t... 12 more\n"),
    "Caused by: java.io.IOException: closed",
  );
  assert.equal(
    failed(
      "thread 'main' panicked at 'no'\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n",
    ),
    "thread 'main' panicked at 'no'",
  );
});

Deno.test("diedOf() is short, and soon done, whatever was printed", () => {
  const start = performance.now();
  for (
    const text of [
      "a/".repeat(50_000),
      "a.b@".repeat(50_000),
      "1".repeat(100_000),
      "x".repeat(100_000),
      "://".repeat(50_000),
    ]
  ) {
    assert.ok(failed(text).length <= 200);
  }
  assert.ok(performance.now() - start < 2000);
});
