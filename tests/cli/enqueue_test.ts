/**
 * @module
 * `queuectl enqueue` in all its forms, as real processes: what is stored, what is printed, what is refused.
 */
import assert from "node:assert/strict";
import { queuectl as asProcess } from "../helpers/cli.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { testStore } from "../helpers/worker.ts";

/** Enqueues, which must work, and returns what it printed. */
async function enqueue(home: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await queuectl(["enqueue", "--quiet", ...args], { home });
  assert.deepEqual([code, stderr], [0, ""]);
  return stdout.trimEnd();
}

Deno.test("enqueue takes a job as JSON", async () => {
  using test = await testStore();
  const json = '{"id":"job1","command":"sleep 10","priority":1,"timeout":5}';
  assert.equal(await enqueue(test.home, json), "job1");
  const job = await test.store.get("job1");
  assert.deepEqual([job?.command, job?.priority, job?.timeoutMs, job?.state], [
    "sleep 10",
    1,
    5000,
    "pending",
  ]);
  assert.equal(job?.cwd, Deno.cwd());
  assert.equal(await enqueue(test.home, '{"command":"sleep 5","max_retries":5}'), "j2");
  assert.equal((await test.store.get("j2"))?.maxRetries, 5);
});

Deno.test("enqueue takes a time to start at", async () => {
  using test = await testStore();
  await enqueue(test.home, '{"id":"s","command":"echo done","run_at":"2130-01-01T14:00:00Z"}');
  const job = await test.store.get("s");
  assert.deepEqual([job?.state, job?.runAt], ["scheduled", Date.UTC(2130, 0, 1, 14)]);
});

Deno.test("enqueue takes a command as text, with flags, as a flag, and by its words", async () => {
  using test = await testStore();
  const command = async (...args: string[]) =>
    (await test.store.get(await enqueue(test.home, ...args)))?.command;
  assert.equal(await command("echo 'Hello world'"), "echo 'Hello world'");
  assert.equal(await command("--timeout", "30", "ls -la"), "ls -la");
  assert.equal(
    await command("--command", "python3 script.py", "--id", "job-123", "--max-retries", "3"),
    "python3 script.py",
  );
  assert.equal(await command("--", "ls", "-la", "it's here", "--json"), `ls -la 'it'\\''s here' --json`);
  assert.equal(await command("--command={ echo a; }"), "{ echo a; }");
  assert.equal(await command("--command=echo a\necho b"), "echo a\necho b");
  assert.equal(await command("[ -f x ] && echo yes"), "[ -f x ] && echo yes");
});

Deno.test("every flag of enqueue is stored, in either spelling", async () => {
  using test = await testStore();
  const id = await enqueue(
    test.home,
    ...["--queue", "mail", "--priority", "-5", "--max_retries", "7", "--timeout", "1m", "--label", "night"],
    ...[
      "--cwd",
      "/tmp",
      "--env",
      "A=1",
      "--env",
      "B=x=y",
      "--hold",
      "--run-at=2130-01-01T00:00:00+01:00",
      "true",
    ],
  );
  const job = await test.store.get(id);
  assert.deepEqual(
    [
      job?.queue,
      job?.priority,
      job?.maxRetries,
      job?.timeoutMs,
      job?.label,
      job?.cwd,
      job?.env,
      job?.held,
      job?.runAt,
    ],
    ["mail", -5, 7, 60_000, "night", "/tmp", { A: "1", B: "x=y" }, true, Date.UTC(2129, 11, 31, 23)],
  );
});

Deno.test("flags fill in what the JSON does not say", async () => {
  using test = await testStore();
  const id = await enqueue(test.home, "--priority", "3", "--queue", "a", '{"command":"true","queue":"b"}');
  const job = await test.store.get(id);
  assert.deepEqual([job?.priority, job?.queue], [3, "b"]);
});

Deno.test("settings are the defaults of new jobs", async () => {
  using test = await testStore();
  await test.store.changeSettings(
    new Map([["max_retries", "9"], ["priority", "4"], ["timeout", "10m"], ["id_format", "uuid"]]),
  );
  const id = await enqueue(test.home, "true");
  assert.match(id, /^[\da-f]{8}-/);
  const job = await test.store.get(id);
  assert.deepEqual([job?.maxRetries, job?.priority, job?.timeoutMs], [9, 4, 600_000]);
});

Deno.test("enqueue --json prints the job as it was stored", async () => {
  using test = await testStore();
  const job = JSON.parse(await enqueue(test.home, "--json", "--delay", "1h", "--timeout", "90s", "true"));
  assert.deepEqual([job.id, job.state, job.timeout, job.label], ["j1", "scheduled", 90, null]);
  assert.equal(Date.parse(job.run_at) - Date.parse(job.created_at), 3_600_000);
});

Deno.test("a file of jobs is queued in its order, from a path or standard input", async () => {
  using test = await testStore();
  const path = `${test.dir.path}/jobs.ndjson`;
  await Deno.writeTextFile(path, '{"command":"a","id":"first"}\n\n{"command":"b"}\n');
  assert.equal(await enqueue(test.home, "--file", path, "--queue", "bulk"), "first\nj2");
  assert.equal((await test.store.get("j2"))?.queue, "bulk");

  const piped = await queuectl(["enqueue", "--file", "-", "--json"], {
    home: test.home,
    stdin: "# all\necho c\necho d",
  });
  assert.deepEqual(JSON.parse(piped.stdout), { ids: ["j3", "j4"] });
  assert.equal((await test.store.get("j4"))?.command, "echo d");

  const array = await queuectl(["enqueue", "--file=-"], {
    home: test.home,
    stdin: '[{"command":"e"},{"command":"f"}]',
  });
  assert.equal(array.stdout, "j5\nj6\n");
  assert.equal((await queuectl(["enqueue", "--file", "-"], { home: test.home, stdin: "\n" })).stdout, "");
});

Deno.test("a file with one bad line in its middle queues nothing and names the line", async () => {
  using test = await testStore();
  await enqueue(test.home, "--id", "taken", "true");
  const cases: [string, string, number][] = [
    [
      '{"command":"a"}\n{"command":}\n{"command":"c"}',
      'In line 2 of standard input: cannot read the JSON: unexpected "}" at column 12',
      2,
    ],
    [
      '{"command":"a"}\n{"command":"b","priority":"x"}',
      'In line 2 of standard input: cannot use priority "x": it takes a whole number from -2147483648 to 2147483647',
      2,
    ],
    [
      '{"command":"a"}\n\n{"command":"b","id":"taken"}',
      'In line 3 of standard input: cannot enqueue job "taken": the id is taken',
      1,
    ],
    [
      '{"command":"a","id":"x"}\n{"command":"b","id":"x"}',
      'In line 2 of standard input: cannot enqueue job "x": the id is taken',
      1,
    ],
  ];
  for (const [stdin, message, exitCode] of cases) {
    const { code, stdout, stderr } = await queuectl(["enqueue", "--file", "-"], { home: test.home, stdin });
    assert.deepEqual([code, stdout, stderr], [exitCode, "", `${message}\n`]);
  }
  assert.equal((await test.store.list({ limit: 10 })).jobs.length, 1);
});

Deno.test("bad input gets one sentence and exit code 2, and changes nothing", async () => {
  using test = await testStore();
  const words = "quote the whole command, or put -- before it";
  const cases: [string[], string][] = [
    [
      ["{"],
      "Cannot read the JSON: unexpected end at column 2; for a command that begins with {, use --command",
    ],
    [["[1]"], 'Cannot enqueue a JSON array: a job is a JSON object such as {"command": "ls"}'],
    [[], "Missing COMMAND: give a command, a job as JSON, or --file FILE"],
    [[""], "Cannot enqueue a job without a command: it is blank"],
    [["--", ""], "Cannot enqueue a job without a command: it is blank"],
    [["  "], "Cannot enqueue a job without a command: it is blank"],
    [['{"command":""}'], "Cannot enqueue a job without a command: it is blank"],
    [["{}"], 'Cannot enqueue a job without a command: give "command"'],
    [
      ['{"command":"a\\u0000"}'],
      'Cannot use command "a\\u0000": it takes text that is not blank, without NUL bytes',
    ],
    [['{"command":"x","priorty":1}'], 'Unknown field "priorty", did you mean "priority"?'],
    [['{"command":"x","state":"dead"}'], 'Cannot set "state" of a job: it is set by queuectl'],
    [['{"command":"x","attempts":0}'], 'Cannot set "attempts" of a job: it is set by queuectl'],
    [
      ["--id", "j7", "true"],
      'Cannot use id "j7": it takes 1 to 128 of the characters A-Z a-z 0-9 . _ : -, and not j with a number, which queuectl gives',
    ],
    [
      ["--priority", "2147483648", "true"],
      "Cannot use priority 2147483648: it takes a whole number from -2147483648 to 2147483647",
    ],
    [
      ["--max-retries", "many", "true"],
      'Cannot use max_retries "many": it takes a whole number from 0 to 1000000',
    ],
    [
      ["--timeout=-1", "true"],
      'Cannot use timeout "-1": it takes a duration from 0 to 3650d (seconds, or "90s", "10m", "1h30m", "2d")',
    ],
    [
      ["--run-at", "2030-02-30T00:00:00Z", "true"],
      'Cannot use run_at "2030-02-30T00:00:00Z": it takes a time, such as 2030-01-01T14:00:00Z, "tomorrow 9:00", "friday 18:00 Europe/Berlin" or +2h',
    ],
    [
      ["--env", "=A", "true"],
      'Cannot use env "=A": it takes NAME=VALUE, or NAME of a variable that is set here',
    ],
    [["--label=", "true"], 'Cannot use label "": it takes 1 to 128 characters on one line'],
    [["--priorty", "1", "true"], "Unknown flag --priorty, did you mean --priority?"],
    [["--priority"], "Missing value for --priority"],
    [["--id", "a", "--id", "b", "true"], 'Cannot use --id "b": the flag was already given'],
    [["ls", "-la"], `Cannot tell whose flag -la is: put it before the command, or ${words}`],
    [["ls", "src"], `Unexpected word "src" after "ls": ${words}`],
    [["--x"], "Unknown flag --x; --help shows what it takes"],
    [["ls", "--", "src"], `Unexpected word "src" after "ls": ${words}`],
    [["--command", "a", "b"], "Cannot take two commands: give one as text or with --command"],
    [["--file", "/nowhere/jobs"], 'Cannot read "/nowhere/jobs": no such file'],
    [["--file", "/"], 'Cannot read "/": it is a directory'],
    [["--file", "-", "true"], "Cannot use --file with a command or an id: the file says them"],
    [["--file", "-", "--id", "a"], "Cannot use --file with a command or an id: the file says them"],
  ];
  await Promise.all([0, 1].map(async (half) => {
    for (const [args, message] of cases.filter((_, index) => index % 2 === half)) {
      const { code, stdout, stderr } = await queuectl(["enqueue", ...args], { home: test.home });
      assert.deepEqual([code, stdout, stderr], [2, "", `${message}\n`], args.join(" "));
    }
  }));
  assert.deepEqual((await test.store.list({ limit: 10 })).jobs, []);
});

Deno.test("a taken id is refused with exit code 1", async () => {
  using test = await testStore();
  await enqueue(test.home, "--id", "x", "true");
  const again = await queuectl(["enqueue", "--id", "x", "false"], { home: test.home });
  assert.deepEqual([again.code, again.stderr], [1, 'Cannot enqueue job "x": the id is taken\n']);
  assert.equal((await test.store.get("x"))?.command, "true");
});

Deno.test("a command that is too long for the system is refused with advice", async () => {
  using test = await testStore();
  const stdin = `${"x".repeat(131_072)}\n`;
  const { code, stderr } = await queuectl(["enqueue", "--file", "-"], { home: test.home, stdin });
  assert.equal(code, 2);
  assert.match(stderr, /a command of 131072 bytes: the system takes at most 131071; put it into a script/);
});

Deno.test("a home that cannot be one is refused with exit code 3", async () => {
  using test = await testStore();
  await Deno.writeTextFile(`${test.dir.path}/file`, "");
  const { code, stdout, stderr } = await queuectl(["enqueue", "true", "--home", `${test.dir.path}/file`], {
    home: test.home,
  });
  assert.deepEqual([code, stdout, stderr.split("\n").length], [3, "", 2]);
});

Deno.test("a home where the runtime lets nobody write is refused with exit code 3, not with a flag that would not help", async () => {
  using test = await testStore();
  for (const home of ["/dev/null/home", "/proc/home"]) {
    const { code, stderr } = await asProcess(["enqueue", "true", "--home", home], { home: test.home });
    assert.deepEqual(
      [code, stderr],
      [
        3,
        `Cannot use the home "${home}": Deno keeps programs out of /dev, /proc and /sys; choose another directory\n`,
      ],
    );
  }
});

Deno.test("input that is no text is refused", async () => {
  using test = await testStore();
  Deno.writeFileSync(test.dir.file("jobs"), new Uint8Array([0x65, 0xff, 0x0a]));
  const { code, stderr } = await queuectl(["enqueue", "--file", "jobs"], {
    home: test.home,
    cwd: test.dir.path,
  });
  assert.deepEqual([code, stderr], [2, "Cannot read jobs: it is not UTF-8 text\n"]);
});
