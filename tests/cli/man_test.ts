/**
 * @module
 * `queuectl man`: the page as the programs that show it see it.
 */
import assert from "node:assert/strict";
import { bold, list, paragraph, section, subsection } from "../../src/cli/commands/man/roff.ts";
import type { Target } from "../../src/cli/line/command.ts";
import { GLOBAL_FLAGS } from "../../src/cli/line/command.ts";
import { flagName } from "../../src/cli/line/flags.ts";
import { loadWholeTree } from "../../src/cli/line/tree.ts";
import { SETTINGS } from "../../src/domain/settings.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { succeeds } from "../helpers/finished.ts";
import { type TempDir, tempDir } from "../helpers/temp.ts";

/** What a program that shows manual pages makes of one, without bold and underlining, and what it complains about. */
interface Shown {
  text: string;
  complaints: string;
}

const VIEWERS: Readonly<Record<string, { show: string; isThere: boolean }>> = {
  groff: { show: 'groff -ww -man -Tutf8 -rLL=200n -P-cbou "$1"', isThere: succeeds("groff", "--version") },
  man: {
    show: 'MANWIDTH=200 man --warnings -E UTF-8 -l "$1"',
    isThere: succeeds(
      "sh",
      "-c",
      `printf '.TH X 1\\n.SH NAME\\n' | man --warnings -E UTF-8 -l - | grep NAME`,
    ),
  },
  mandoc: {
    // A page that is printed by the program it is about has no date.
    show:
      'mandoc -Tlint -Wwarning "$1" | grep -v "missing date" >&2; mandoc -Tutf8 -O width=200 "$1" | col -bx',
    isThere: succeeds("sh", "-c", "command -v mandoc && command -v col"),
  },
};

function shown(dir: TempDir, page: string, viewer: string): Shown {
  const path = dir.file("queuectl.1");
  Deno.writeTextFileSync(path, page);
  const { stdout, stderr } = new Deno.Command("sh", {
    args: ["-c", VIEWERS[viewer]!.show, "sh", path],
    env: { LC_ALL: "C.UTF-8" },
  }).outputSync();
  const text = new TextDecoder();
  return { text: text.decode(stdout), complaints: text.decode(stderr) };
}

/** Every command by its words, with its flags as they are typed. */
function* commands({ definition }: Target, path = "queuectl"): Generator<{ path: string; flags: string[] }> {
  if ("routes" in definition) {
    for (const [name, target] of Object.entries(definition.routes)) {
      yield* commands(target, `${path} ${name}`);
    }
  } else yield { path, flags: Object.keys(definition.flags ?? {}).map((name) => `--${flagName(name)}`) };
}

for (const [viewer, { isThere: there }] of Object.entries(VIEWERS)) {
  Deno.test(`${viewer} shows every command, flag and setting on the manual page, and complains of nothing`, {
    ignore: !there,
  }, async () => {
    using dir = tempDir();
    const { code, stdout } = await queuectl(["man"], { home: dir.home.dir });
    assert.equal(code, 0);
    const { text, complaints } = shown(dir, stdout, viewer);
    assert.equal(complaints, "");
    const parts = text.split(/^ {1,3}(?=queuectl )/m);
    for (const { path, flags } of commands(await loadWholeTree())) {
      const part = parts.find((one) =>
        one === path || one.startsWith(`${path}\n`) || one.startsWith(`${path} `)
      );
      assert.ok(part, `${path} is missing`);
      const missing = flags.filter((flag) => !new RegExp(`^ +(?:-\\w, )?${flag}(?: |$)`, "m").test(part));
      assert.deepEqual(missing, [], path);
    }
    for (const flag of Object.keys(GLOBAL_FLAGS)) assert.match(text, new RegExp(`^ +--${flag}(?: |$)`, "m"));
    for (const { key } of SETTINGS) assert.match(text, new RegExp(`^ +${key}(?: |$)`, "m"));
    for (const title of ["NAME", "SYNOPSIS", "ENVIRONMENT", "FILES", "EXIT STATUS", "SEE ALSO"]) {
      assert.match(text, new RegExp(`^${title}$`, "m"));
    }
  });

  Deno.test(`${viewer} shows any text as it is`, { ignore: !there }, () => {
    using dir = tempDir();
    const texts = [
      ".SH no request",
      "'br none either",
      'a\\fBc\\n(.d \\" \\',
      `"it's" \`quoted\` --so ^and~ -5`,
      "… × − ü 漢",
    ];
    const page = [
      '.TH QUEUECTL 1 "" "" ""',
      ".SH NAME",
      "queuectl \\- test",
      ...section("TEXTS", texts.flatMap(paragraph)),
      ...texts.flatMap((text) => subsection(bold(text), paragraph(text))),
      ...list(texts.map((text) => [bold(text), text])),
    ].join("\n");
    const { text, complaints } = shown(dir, page, viewer);
    assert.equal(complaints, "");
    const lines = text.split("\n").map((line) => line.trim());
    for (const one of texts) {
      const times = lines.filter((line) => line === one).length;
      assert.equal(times, 5, `${one}\n${text}`);
    }
  });
}

Deno.test("the manual page is JSON when asked for", async () => {
  using dir = tempDir();
  const page = (await queuectl(["man"], { home: dir.home.dir })).stdout;
  assert.match(page, /^\.TH QUEUECTL 1 /);
  const json = await queuectl(["man", "--json"], { home: dir.home.dir });
  assert.deepEqual(JSON.parse(json.stdout), { page: page.trimEnd() });
});
