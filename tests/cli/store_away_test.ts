/**
 * @module
 * A server that is away ends every command in the same way, and none waits for it longer than was said.
 */
import assert from "node:assert/strict";
import { MAIN_URL } from "../helpers/cli.ts";
import { tempDir } from "../helpers/temp.ts";

const COMMANDS = [
  ...["list", "show j1", "status", "wait j1 --timeout 1h", "logs j1", "result j1", "needs j1", "metrics"],
  ...["cancel j1", "retry j1", "delete j1", "hold j1", "edit j1 --priority 3", "dlq list", "prune"],
  ...["queue list", "queue pause mail", "config list", "config set lease 5m", "worker list", "worker stop"],
  ...["worker start", "dashboard", "backup copy.db", "doctor", "store show", "store check", "store roles"],
];
/** Another word for the exit code of each. */
const WITHOUT_STORE = new Set(["store roles"]);

/** Runs commands one after the other in one process, and says what each came to. */
const PROGRAM = `
  const { runCli } = await import(Deno.args[0]);
  for (const line of JSON.parse(Deno.args[1])) {
    const start = performance.now();
    const code = await runCli([...line, ...Deno.args.slice(2)]);
    console.log("\\n#" + JSON.stringify({ line: line.join(" "), code, ms: performance.now() - start }));
  }
  Deno.exit(0);`;

interface Came {
  line: string;
  code: number;
  ms: number;
}

async function run(
  lines: readonly string[][],
  address: string,
  env: Record<string, string> = {},
): Promise<{ came: Came[]; stderr: string }> {
  using dir = tempDir();
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...[
        "run",
        "--quiet",
        "--no-check",
        "--no-lock",
        "--allow-all",
        "-",
        new URL("src/cli/line/app.ts", MAIN_URL).href,
      ],
      ...[JSON.stringify(lines), "--home", dir.home.dir, "--store", address],
    ],
    env,
    cwd: dir.path,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const input = child.stdin.getWriter();
  await input.write(new TextEncoder().encode(PROGRAM));
  await input.close();
  const { stdout, stderr } = await child.output();
  const said = new TextDecoder().decode(stdout).split("\n").filter((line) => line.startsWith("#"));
  return {
    came: said.map((line) => JSON.parse(line.slice(1))),
    stderr: new TextDecoder().decode(stderr),
  };
}

Deno.test("a server that is away ends every command with exit code 3", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  taken.close();
  const address = `postgres://u:secret@127.0.0.1:${port}/x`;
  const lines = [
    ["enqueue", "true"],
    ["enqueue", "--wait", "true"],
    ...COMMANDS.map((line) => line.split(" ")),
  ];
  const { came, stderr } = await run(lines, address);
  assert.equal(came.length, lines.length, stderr);
  for (const { line, code } of came) {
    assert.equal(code, WITHOUT_STORE.has(line) ? 0 : 3, `${line}: ${stderr}`);
  }
  assert.doesNotMatch(stderr, /secret/);
  for (const said of stderr.split("\n").filter((line) => line !== "")) {
    assert.match(said, /^Cannot use the store "postgres:\/\/u@127\.0\.0\.1:\d+\/x": no server answers there/);
  }
});

Deno.test("a server that does not answer is waited for once, as long as the address or the environment says", async () => {
  using deaf = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const one of deaf) connections.push(one);
  })();
  const address = `postgres://u@127.0.0.1:${deaf.addr.port}/x`;
  const lines = [["list"], ["enqueue", "true"], ["cancel", "j1"]];
  const said = "no answer within 1 seconds";
  const ways: [string, Record<string, string>][] = [
    [`${address}?connect_timeout=1`, { PGCONNECT_TIMEOUT: "600" }],
    [address, { PGCONNECT_TIMEOUT: "1" }],
  ];
  for (const [address, env] of ways) {
    const { came, stderr } = await run(lines, address, env);
    assert.deepEqual(came.map(({ code }) => code), [3, 3, 3]);
    assert.equal(stderr.match(new RegExp(said, "g"))?.length, 3, stderr);
  }
  assert.equal(connections.length, 6);
  const { came, stderr } = await run([["list"]], address, { PGCONNECT_TIMEOUT: "soon" });
  assert.deepEqual([came[0]!.code, stderr], [
    2,
    `Cannot use the store "${address}": PGCONNECT_TIMEOUT takes a number of seconds from 1 to 3600\n`,
  ]);
  deaf.close();
  await accepting;
  for (const one of connections) one.close();
});
