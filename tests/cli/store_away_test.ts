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
  for (const { line, timeout } of JSON.parse(Deno.args[1])) {
    Deno.env.set("PGCONNECT_TIMEOUT", timeout ?? "");
    const code = await runCli([...line, "--home", Deno.args[2]]);
    console.log("\\n#" + JSON.stringify({ line: line[0] + " " + (line[1] ?? ""), code }));
  }
  Deno.exit(0);`;

interface Command {
  line: string[];
  /** What the environment says. */
  timeout?: string;
}

async function run(
  commands: readonly Command[],
): Promise<{ came: { line: string; code: number }[]; stderr: string }> {
  using dir = tempDir();
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-check", "--no-lock", "--allow-all", "-"],
      ...[new URL("src/cli/line/app.ts", MAIN_URL).href, JSON.stringify(commands), dir.home.dir],
    ],
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
  const { came, stderr } = await run(lines.map((line) => ({ line: [...line, "--store", address] })));
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
  const commands: Command[] = [];
  for (const line of [["list"], ["enqueue", "true"], ["cancel", "j1"]]) {
    commands.push({ line: [...line, "--store", `${address}?connect_timeout=1`], timeout: "600" });
    commands.push({ line: [...line, "--store", address], timeout: "1" });
  }
  const { came, stderr } = await run([...commands, { line: ["list", "--store", address], timeout: "soon" }]);
  assert.deepEqual(came.map(({ code }) => code), [3, 3, 3, 3, 3, 3, 2], stderr);
  const late = `Cannot use the store "${address}": no answer within 1 seconds\n`;
  const wrong =
    `Cannot use the store "${address}": PGCONNECT_TIMEOUT takes a number of seconds from 1 to 3600\n`;
  assert.equal(stderr, late.repeat(6) + wrong);
  assert.equal(connections.length, 6);
  deaf.close();
  await accepting;
  for (const one of connections) one.close();
});
