/**
 * @module
 * Who gets in, and what those try who should not: other sites, other names, wrong tokens, requests made to hurt.
 */
import assert from "node:assert/strict";
import { AuditLog } from "../../src/http/audit.ts";
import { systemClock } from "../../src/system/clock.ts";
import { MAIN } from "../helpers/cli.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { ApiClient, READ_TOKEN, startDashboard, TOKEN } from "../helpers/dashboard.ts";
import { finished, succeeds } from "../helpers/finished.ts";
import { tempDir } from "../helpers/temp.ts";
import { testStore } from "../helpers/worker.ts";

const BEARER = { authorization: `Bearer ${TOKEN}` };
const JSON_TYPE = { "content-type": "application/json" };
const HARMLESS = {
  method: "POST",
  body: '{"command":"touch /tmp/never"}',
  headers: { ...BEARER, ...JSON_TYPE },
};

/** How many jobs there are: none of the tries may have made one. */
async function jobsOf(api: ApiClient): Promise<number> {
  return (await api.send("GET", "/bulk/count")).json.count;
}

Deno.test("without a token nothing is told or changed, but that the server is there", async () => {
  using test = await testStore();
  await using server = await startDashboard(test.home);
  const api = await ApiClient.of(server);
  for (const url of Object.keys(api.document.paths)) {
    for (const method of Object.keys(api.document.paths[url])) {
      const path = url.replace("/api/v1", "").replaceAll(/\{\w+\}/g, "x");
      for (const token of [null, "not-the-right-token"]) {
        if (token !== null && path !== "/status") continue; // wrong ones are slowed down
        const { status, text } = await api.send(method.toUpperCase(), path, { token });
        assert.equal(status, 401, `${method} ${path}`);
        assert.ok(!text.includes(TOKEN));
      }
    }
  }
  for (const path of ["metrics", "api/v1/openapi.json", "api/v1/nothing", "nothing"]) {
    const response = await fetch(server.url + path);
    await response.body?.cancel();
    assert.equal(response.status, 401, path);
  }
  for (const path of ["healthz", "readyz"]) {
    assert.equal(await (await fetch(server.url + path)).text(), "ok\n");
  }
});

Deno.test("the printed address gives a browser a cookie, once, and leaves no token in the address", async () => {
  using test = await testStore();
  await using server = await startDashboard(test.home);
  const first = await fetch(`${server.url}jobs?state=dead&token=${TOKEN}`, { redirect: "manual" });
  await first.body?.cancel();
  assert.deepEqual([first.status, first.headers.get("location")], [303, "/jobs?state=dead"]);
  const cookie = first.headers.get("set-cookie")!;
  assert.match(cookie, /; HttpOnly; SameSite=Strict;/);
  const [pair] = cookie.split(";");
  const page = await fetch(`${server.url}jobs`, { headers: { cookie: pair! } });
  assert.match(await page.text(), /<div id="app">/);
  const stranger = await fetch(`${server.url}jobs`);
  assert.equal(stranger.status, 401);
  assert.match(await stranger.text(), /<form id="login">/);
  const wrong = await fetch(`${server.url}?token=wrong`, { redirect: "manual" });
  await wrong.body?.cancel();
  assert.deepEqual([wrong.status, wrong.headers.get("set-cookie")], [401, null]);
});

Deno.test("a token from before, and one that is nearly right, are refused", async () => {
  using test = await testStore();
  await using server = await startDashboard(test.home, ["--token", "another-token-of-today"]);
  for (const token of [TOKEN, "another-token-of-toda", "another-token-of-todaY", "", "undefined", "null"]) {
    const response = await fetch(`${server.url}api/v1/status`, {
      headers: { authorization: `Bearer ${token}` },
    });
    await response.body?.cancel();
    assert.equal(response.status, 401, token);
  }
});

Deno.test("wrong tokens are slowed down, and too many at once refused, without hurting those with a right one", async () => {
  using test = await testStore();
  await using server = await startDashboard(test.home);
  const tries = await Promise.all(Array.from({ length: 30 }, async () => {
    const response = await fetch(`${server.url}api/v1/status`, {
      headers: { authorization: "Bearer wrong" },
    });
    await response.body?.cancel();
    return response.status;
  }));
  assert.ok(tries.includes(429), String(tries));
  assert.ok(tries.every((status) => status === 401 || status === 429));
  const right = await fetch(`${server.url}api/v1/status`, { headers: BEARER });
  await right.body?.cancel();
  assert.equal(right.status, 200);
});

Deno.test("the reading token, and a read-only server, change nothing", async () => {
  using test = await testStore();
  const id = await test.enqueue("true");
  for (const [args, token] of [[[], READ_TOKEN], [["--read-only"], TOKEN]] as const) {
    await using server = await startDashboard(test.home, args);
    const api = await ApiClient.of(server);
    for (const url of Object.keys(api.document.paths)) {
      for (const method of Object.keys(api.document.paths[url]).filter((method) => method !== "get")) {
        const path = url.replace("/api/v1", "").replace("{id}", id).replace("{name}", "default");
        const { status } = await api.send(method.toUpperCase(), path, { token, body: {} });
        assert.equal(status, 403, `${method} ${path}`);
      }
    }
    assert.equal((await api.send("GET", `/jobs/${id}`, { token })).json.state, "pending");
    assert.equal((await api.send("GET", "/rights", { token })).json.right, "read");
    const head = await fetch(`${server.url}api/v1/jobs/${id}`, { method: "HEAD", headers: BEARER });
    assert.equal(head.status, 200);
  }
});

Deno.test("another site's form, script or name gets nothing done", async () => {
  using test = await testStore();
  await using server = await startDashboard(test.home);
  const api = await ApiClient.of(server);
  const cookie = { cookie: `queuectl_${new URL(server.url).port}=${TOKEN}` };
  const tries: [what: string, status: number, init: RequestInit][] = [
    ["a form", 403, { ...HARMLESS, headers: { ...cookie, ...JSON_TYPE, "sec-fetch-site": "cross-site" } }],
    ["another port of this machine", 403, {
      ...HARMLESS,
      headers: { ...cookie, ...JSON_TYPE, "sec-fetch-site": "same-site" },
    }],
    ["a script", 403, { ...HARMLESS, headers: { ...cookie, ...JSON_TYPE, origin: "https://evil.example" } }],
    ["a sandboxed frame", 403, { ...HARMLESS, headers: { ...cookie, ...JSON_TYPE, origin: "null" } }],
    ["plain text, as forms send it", 415, {
      ...HARMLESS,
      headers: { ...cookie, "content-type": "text/plain" },
    }],
    ["a form's own type", 415, {
      ...HARMLESS,
      headers: { ...cookie, "content-type": "application/x-www-form-urlencoded" },
    }],
    ["no type", 415, { ...HARMLESS, headers: cookie, body: new Blob([HARMLESS.body]) }],
    ["a question from elsewhere before a change", 401, {
      method: "OPTIONS",
      headers: { origin: "https://evil.example" },
    }],
  ];
  for (const [what, status, init] of tries) {
    const response = await fetch(`${server.url}api/v1/jobs`, init);
    assert.equal(response.headers.get("access-control-allow-origin"), null, what);
    await response.body?.cancel();
    assert.equal(response.status, status, what);
  }
  assert.equal(await jobsOf(api), 0);
  const own = new URL(server.url).origin;
  const ours = await fetch(`${server.url}api/v1/jobs`, {
    ...HARMLESS,
    headers: { ...cookie, ...JSON_TYPE, origin: own, "sec-fetch-site": "same-origin" },
  });
  await ours.body?.cancel();
  assert.equal(ours.status, 201);
});

Deno.test("a name that was made to lead here is not answered to, unless it was given", async () => {
  using test = await testStore();
  await using server = await startDashboard(test.home, ["--name", "queue.example,other.example"]);
  const { port } = new URL(server.url);
  const ask = async (host: string) => {
    // fetch() sets the host itself
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
    const request =
      `GET /api/v1/status HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${TOKEN}\r\nConnection: close\r\n\r\n`;
    await connection.write(new TextEncoder().encode(request));
    return Number(/^HTTP\/1\.1 (\d+)/.exec(await new Response(connection.readable).text())?.[1]);
  };
  for (
    const host of [
      `127.0.0.1:${port}`,
      `localhost:${port}`,
      `[::1]:${port}`,
      "queue.example",
      "OTHER.example:80",
    ]
  ) {
    assert.equal(await ask(host), 200, host);
  }
  for (
    const host of [
      "evil.example",
      `evil.example:${port}`,
      "127.0.0.1.evil.example",
      "localhost.evil.example",
      "x127.0.0.1",
    ]
  ) {
    assert.equal(await ask(host), 421, host);
  }
});

Deno.test("bodies that are no JSON, too large, or of the wrong kind are refused, and the server goes on", async () => {
  using test = await testStore();
  await using server = await startDashboard(test.home);
  const api = await ApiClient.of(server);
  for (
    const body of [
      "{",
      "[]",
      "null",
      '"x"',
      "1",
      "[[[[",
      '{"command":1}',
      '{"command":"a","x":1}',
      "\ufeff{}",
    ]
  ) {
    const { status } = await api.send("POST", "/jobs", { body });
    assert.equal(status, 400, body);
  }
  const deep = "[".repeat(1_000_000);
  assert.equal((await api.send("POST", "/jobs", { body: deep })).status, 400);
  const large = new Uint8Array(100 * 1024 * 1024).fill(32);
  const response = await fetch(`${server.url}api/v1/jobs`, { ...HARMLESS, body: large }).catch(() =>
    undefined
  );
  if (response) {
    await response.body?.cancel();
    assert.equal(response.status, 413);
  }
  assert.equal(await jobsOf(api), 0);
});

Deno.test("ids are never paths, and nothing but its own files is served", async () => {
  using test = await testStore();
  await using server = await startDashboard(test.home);
  for (
    const path of [
      "assets/..%2f..%2fetc%2fpasswd",
      "assets/__proto__",
      "assets/constructor",
      "api/v1/jobs/..%2f..%2fetc%2fpasswd",
      "api/v1/jobs/%2e%2e%2f%2e%2e/output",
      "..%2fqueue.db",
      "queue.db",
    ]
  ) {
    const response = await fetch(server.url + path, { headers: BEARER });
    const text = await response.text();
    assert.equal(response.status, 404, `${path}: ${text}`);
    assert.ok(!text.includes("root:"));
  }
});

Deno.test("every answer forbids frames, foreign scripts and being kept", async () => {
  using test = await testStore();
  await using server = await startDashboard(test.home);
  for (const path of ["", "jobs", "api/v1/status", "api/v1/nothing", "assets/icon.svg", "healthz"]) {
    const response = await fetch(server.url + path, { headers: BEARER });
    await response.body?.cancel();
    const { headers } = response;
    assert.match(
      headers.get("content-security-policy")!,
      /default-src 'none'; script-src 'self'; style-src 'self';/,
      path,
    );
    assert.ok(!/unsafe/.test(headers.get("content-security-policy")!));
    assert.equal(headers.get("x-content-type-options"), "nosniff", path);
    assert.equal(headers.get("x-frame-options"), "DENY", path);
    assert.equal(headers.get("cache-control"), "no-store", path);
  }
});

Deno.test("scripts and styles are asked for again, and not sent again when they are the same", async () => {
  using test = await testStore();
  await using server = await startDashboard(test.home);
  const first = await fetch(`${server.url}assets/app.js`);
  await first.body?.cancel();
  const { headers } = first;
  assert.deepEqual([headers.get("cache-control"), headers.get("x-content-type-options")], [
    "no-cache",
    "nosniff",
  ]);
  const tag = headers.get("etag")!;
  // a proxy that compresses makes the tag a weak one, and a cache may have several versions
  for (const known of [tag, `W/${tag}`, `"another", ${tag}`, "*"]) {
    const again = await fetch(`${server.url}assets/app.js`, { headers: { "if-none-match": known } });
    assert.deepEqual([known, again.status, await again.text()], [known, 304, ""]);
  }
  const other = await fetch(`${server.url}assets/app.js`, { headers: { "if-none-match": '"another"' } });
  assert.equal(other.status, 200);
  await other.body?.cancel();
});

Deno.test("more listeners than there is room for are told so; when some leave, there is room again", async () => {
  using test = await testStore();
  await using server = await startDashboard(test.home);
  for (let n = 0; n < 250; n++) {
    const head = await fetch(`${server.url}api/v1/events`, { headers: BEARER, method: "HEAD" });
    assert.equal(head.status, 200, "a question for the headers alone takes no room");
  }
  const leaving = new AbortController();
  const listen = () => fetch(`${server.url}api/v1/events`, { headers: BEARER, signal: leaving.signal });
  const responses = await Promise.all(Array.from({ length: 210 }, listen));
  const refused = responses.filter(({ status }) => status === 429);
  assert.deepEqual([responses.length - refused.length, refused.length], [200, 10]);
  for (const response of refused) {
    assert.equal(response.headers.get("retry-after"), "10");
    await response.body?.cancel();
  }
  const status = await fetch(`${server.url}api/v1/status`, { headers: BEARER });
  await status.body?.cancel();
  assert.equal(status.status, 200);
  leaving.abort();
  await Promise.allSettled(responses.map((response) => response.body?.cancel()));
  const { until } = await import("../helpers/until.ts");
  await until("there is room again", async () => {
    const response = await fetch(`${server.url}api/v1/events`, { headers: BEARER });
    await response.body?.cancel();
    return response.status === 200;
  });
});

Deno.test("every change that was asked for is noted: who, what, when", async () => {
  using test = await testStore();
  await using server = await startDashboard(test.home);
  const api = await ApiClient.of(server);
  await api.send("POST", "/jobs", { body: { command: "true" } });
  await api.send("POST", "/jobs/j9/cancel");
  await api.send("GET", "/jobs");
  const log = `${test.home}/logs/audit.log`;
  const lines = Deno.readTextFileSync(log).trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(
    lines.map(({ method, path, status, address, via }) => [method, path, status, address, via]),
    [
      ["POST", "/api/v1/jobs", 201, "127.0.0.1", "token"],
      ["POST", "/api/v1/jobs/j9/cancel", 404, "127.0.0.1", "token"],
    ],
  );
  assert.equal(Deno.statSync(log).mode! & 0o777, 0o600);
});

Deno.test("what is refused and who tries to get in is noted, too", async () => {
  using test = await testStore();
  await using server = await startDashboard(test.home);
  const send = async (method: string, path: string, init: RequestInit = {}) => {
    const response = await fetch(server.url + path, { method, redirect: "manual", ...init });
    await response.body?.cancel();
  };
  const json = (token: string) => ({
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token }),
  });
  await send("POST", "api/v1/jobs"); // no token
  await send("POST", "api/v1/jobs", { headers: { authorization: `Bearer ${READ_TOKEN}` } });
  await send("DELETE", "api/v1/jobs/j1", { headers: { ...BEARER, origin: "http://elsewhere.example" } });
  await send("POST", "session", json("wrong"));
  await send("POST", "session", json(TOKEN));
  await send("GET", `?token=${TOKEN}`);
  await send("GET", "api/v1/jobs", { headers: { authorization: "Bearer wrong" } });
  await send("GET", "api/v1/jobs", { headers: BEARER }); // to look is no change
  await send("POST", "nowhere", { headers: BEARER });
  const lines = Deno.readTextFileSync(`${test.home}/logs/audit.log`).trim().split("\n");
  assert.ok(!lines.some((line) => line.includes(TOKEN)));
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)).map(({ method, path, status }) => [method, path, status]),
    [
      ["POST", "/api/v1/jobs", 401],
      ["POST", "/api/v1/jobs", 403],
      ["DELETE", "/api/v1/jobs/j1", 403],
      ["POST", "/session", 401],
      ["POST", "/session", 204],
      ["GET", "/", 303],
      ["GET", "/api/v1/jobs", 401],
      ["POST", "/nowhere", 404],
    ],
  );
});

Deno.test("senders without a token cannot fill the audit log, and what was left out is counted", () => {
  using dir = tempDir();
  let now = 0;
  {
    const clock = { ...systemClock, now: () => now };
    using audit = new AuditLog(dir.file("audit.log"), { clock, onFailure: assert.fail });
    const request = new Request(`http://127.0.0.1/${"x".repeat(5000)}`, { method: "POST" });
    const note = (admitted: boolean) => audit.note(request, { address: "10.0.0.1", status: 401, admitted });
    for (let i = 0; i < 1000; i++) note(false);
    note(true);
    now = 60_000;
    note(false);
  }
  const text = Deno.readTextFileSync(dir.file("audit.log"));
  const lines = text.trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual([lines.length, lines[21].left_out, lines[22].status], [23, 980, 401]);
  assert.ok(text.length < 23 * 400);
});

Deno.test("a change that cannot be noted is done all the same, and somebody is told", async () => {
  using dir = tempDir();
  const failures: unknown[] = [];
  const audit = new AuditLog(dir.file("audit.log"), {
    clock: systemClock,
    onFailure: (error) => failures.push(error),
  });
  audit[Symbol.dispose](); // nothing can be written any more
  const request = new Request("http://127.0.0.1/api/v1/jobs", { method: "POST" });
  const response = await audit.noting(request, "127.0.0.1", () => Promise.resolve(new Response("done")));
  assert.deepEqual([await response.text(), failures.length], ["done", 1]);
});

for (
  const [args, message] of [
    [["--port", "70000"], 'Cannot use --port "70000": it takes a whole number from 0 to 65535'],
    [
      ["--no-auth", "--host", "0.0.0.0"],
      'Cannot use --no-auth on "0.0.0.0": whoever reaches it could run commands as you',
    ],
    [["--no-auth", "--token", "abcdefghijklmnop"], "Cannot use --no-auth with a token"],
    [
      ["--token", "short"],
      "Cannot use this token: it takes at least 16 of the characters A-Z a-z 0-9 . _ ~ + / = -",
    ],
    [["--token", TOKEN, "--read-token", TOKEN], "Cannot use the same token for changing and for looking"],
    [["--cert", "x"], "Cannot use --cert without --key, or the reverse"],
    [["--cert", "x", "--key", "y"], 'Cannot read "x": no such file'],
  ] as const
) {
  Deno.test(`dashboard ${args.join(" ")} is refused`, async () => {
    using dir = tempDir();
    const { code, stdout, stderr } = await queuectl(["dashboard", ...args], {
      home: dir.home.dir,
      cwd: dir.path,
    });
    assert.deepEqual([code, stdout, stderr], [2, "", `${message}\n`]);
    assert.throws(() => Deno.statSync(dir.home.dir), Deno.errors.NotFound);
  });
}

Deno.test("a dashboard needs its home and its address, and asks for what is missing by its flag", async () => {
  using test = await testStore();
  const needed = [`--allow-read=${test.home}`, `--allow-write=${test.home}`, "--allow-net=127.0.0.1:5001"];
  for (const missing of needed) {
    const { code, stderr } = await finished(Deno.execPath(), {
      args: [
        ...["run", "--no-prompt", ...needed.filter((flag) => flag !== missing), MAIN, "--home", test.home],
        ...["dashboard", "--port", "5001"],
      ],
      stdin: "null",
    });
    assert.deepEqual([code, stderr.endsWith(`: run again with ${missing}\n`)], [4, true], stderr);
  }
  await using _server = await startDashboard(test.home); // has just these
});

Deno.test("an address in use, and one of another machine, are refused in a sentence", async () => {
  using test = await testStore();
  await using server = await startDashboard(test.home);
  const { port } = new URL(server.url);
  const start = (...args: string[]) =>
    finished(Deno.execPath(), {
      args: ["run", "--no-prompt", "-A", MAIN, "--home", test.home, "dashboard", ...args],
      stdin: "null",
    });
  const taken = await start("--port", port);
  assert.deepEqual(
    [taken.code, taken.stdout, taken.stderr],
    [1, "", `Cannot listen on 127.0.0.1:${port}: it is in use; give --port, or 0 for any\n`],
  );
  const foreign = await start("--host", "192.0.2.1", "--port", "0");
  assert.deepEqual(
    [foreign.code, foreign.stderr],
    [2, "Cannot listen on 192.0.2.1:0: this machine does not have that address\n"],
  );
});

Deno.test("with a certificate it speaks TLS, and its cookie goes by nothing else", {
  ignore: !succeeds("openssl", "version"),
}, async () => {
  using test = await testStore();
  const [cert, key] = [test.dir.file("cert.pem"), test.dir.file("key.pem")];
  const made = new Deno.Command("openssl", {
    args: [
      ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"],
      ...[
        "-addext",
        "basicConstraints=critical,CA:FALSE",
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-keyout",
        key,
        "-out",
        cert,
      ],
    ],
    stderr: "null",
  }).outputSync();
  assert.ok(made.success);
  await using server = await startDashboard(test.home, ["--cert", cert, "--key", key], [cert, key]);
  assert.match(server.url, /^https:/);
  using client = Deno.createHttpClient({ caCerts: [Deno.readTextFileSync(cert)] });
  const response = await fetch(`${server.url}?token=${TOKEN}`, { client, redirect: "manual" });
  await response.body?.cancel();
  assert.match(response.headers.get("set-cookie")!, /; Secure$/);
  const wrong = await startDashboard(test.home, ["--cert", cert, "--key", cert], [cert, key]);
  assert.deepEqual([await wrong.ended, wrong.printed()], [2, "Cannot use this certificate with this key\n"]);
});

Deno.test("a client that sends its body slowly keeps nobody else waiting", async () => {
  using test = await testStore();
  await using server = await startDashboard(test.home);
  const { port } = new URL(server.url);
  using slow = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
  const head = `POST /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${TOKEN}\r\n` +
    `Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`;
  await slow.write(new TextEncoder().encode(head));
  const api = await ApiClient.of(server);
  assert.equal(await jobsOf(api), 0);
});

Deno.test("without a token of one's own, the server makes one, prints it, and says what it means to be reachable", async () => {
  using test = await testStore();
  await using server = await startDashboard(test.home, ["--no-auth"]);
  const open = await fetch(`${server.url}api/v1/status`);
  await open.body?.cancel();
  assert.equal(open.status, 200);
  server.signal("SIGINT");
  assert.equal(await server.ended, 0);
  assert.match(
    server.printed(),
    /Warning: every user of this machine can run commands as you through this server/,
  );
});
