/**
 * @module
 * Templates, and patterns of file names: what they make of items and names.
 */
import fc from "npm:fast-check@4.10.2";
import assert from "node:assert/strict";
import { commandsFor } from "../../src/domain/each.ts";
import { globParts, isGlob } from "../../src/domain/glob.ts";
import { quoteWords as quote } from "../../src/system/shell_words.ts";

const ofText = (text: string, ...items: string[]) => commandsFor(items, { template: { text }, quote });
const ofWords = (words: string[], ...items: string[]) => commandsFor(items, { template: { words }, quote });

Deno.test("marks stand for the item and its parts, as GNU parallel has them", () => {
  const cases: [mark: string, item: string, value: string][] = [
    ["{}", "a/b.tar.gz", "a/b.tar.gz"],
    ["{.}", "a/b.tar.gz", "a/b.tar"],
    ["{/}", "a/b.tar.gz", "b.tar.gz"],
    ["{/.}", "a/b.tar.gz", "b.tar"],
    ["{//}", "a/b.tar.gz", "a"],
    ["{.}", "a.d/b", "a.d/b"],
    ["{.}", ".hidden", ".hidden"],
    ["{.}", "a/.hidden", "a/.hidden"],
    ["{..}", "a/b.tar.gz", "a/b"],
    ["{...}", "a/b.x.tar.gz", "a/b"],
    ["{/..}", "a/b.tar.gz", "b"],
    ["{..}", "a.d/b.gz", "a.d/b"],
    ["{//}", "b", "."],
    ["{//}", "/b", "/"],
    ["{//}", "/a/b/", "/a"],
    ["{/}", "/a/b/", "b"],
    ["{#}", "b", "1"],
  ];
  for (const [mark, item, value] of cases) {
    assert.deepEqual(ofWords([mark], item), [quote([value])], `${mark} of ${item}`);
  }
});

Deno.test("without a mark the item comes last; marks may stand anywhere and often", () => {
  assert.deepEqual(ofWords(["gzip"], "a b"), ["gzip 'a b'"]);
  assert.deepEqual(ofText("gzip -9", "a b"), ["gzip -9 'a b'"]);
  assert.deepEqual(ofText("lame {} out/{/.}.mp3", "in/my song.wav"), [
    "lame 'in/my song.wav' out/'my song'.mp3",
  ]);
  assert.deepEqual(ofWords(["echo", "{#}: {} {}"], "a", "b"), ["echo '1: a a'", "echo '2: b b'"]);
  assert.deepEqual(ofText("awk '{print}' {}", "f"), ["awk '{print}' f"]);
  assert.deepEqual(ofText("echo {x} ${HOME}", "f"), ["echo {x} ${HOME} f"]);
});

Deno.test("marks of GNU parallel that there are not are refused, where nothing else can be meant", () => {
  assert.throws(() => ofText("x --gpu {%} {}", "a"), { name: "BadInput", message: /^Cannot use \{%\}: / });
  assert.throws(() => ofWords(["cp", "{1}", "{2}"], "a"), {
    message: /^Cannot use \{1\}: a job has one item/,
  });
  assert.deepEqual(ofText("grep -E 'x{2}' {}", "a"), ["grep -E 'x{2}' a"]);
  assert.deepEqual(ofWords(["grep", "x{2}"], "a"), ["grep 'x{2}' a"]);
  assert.deepEqual(commandsFor(["a"], { template: { words: ["cp", "{1}", "%"] }, mark: "%", quote }), [
    "cp '{1}' a",
  ]);
});

Deno.test("a mark within quotes is refused, since an item there could become a command", () => {
  for (const text of ['echo "{}"', "echo '{}'", 'echo "a {/.} b"', "echo `cat {}`", "echo \\{}"]) {
    assert.throws(() => ofText(text, "x"), {
      name: "BadInput",
      message: /^Cannot use \{\S*\} within quotes/,
    });
  }
  assert.deepEqual(ofText(`echo "it's" {} "b"`, "x"), [`echo "it's" x "b"`]);
  assert.deepEqual(ofText("echo 'a\"b' {}", "x"), ["echo 'a\"b' x"]);
});

Deno.test("whatever an item is, a shell sees it as one word", async () => {
  const item = fc.string({ unit: fc.constantFrom(..."ab '\"\\$`;|&*?~#\n!{}()<>é") }).filter((one) =>
    one !== ""
  );
  const items = fc.sample(item, 300);
  for (const commands of [ofText("put {}", ...items), ofWords(["put", "{}"], ...items)]) {
    const script = `put() { [ $# = 1 ] || echo "$# words"; printf '%s\\0' "$1"; }\n${commands.join("\n")}`;
    const { stdout } = await new Deno.Command("sh", { args: ["-c", script] }).output();
    assert.deepEqual(new TextDecoder().decode(stdout).split("\0").slice(0, -1), items);
  }
});

Deno.test("a pattern of a name means what it means to a shell", () => {
  const cases: [pattern: string, yes: string[], no: string[]][] = [
    ["*.wav", ["a.wav", "a b.wav", "a\nb.wav"], ["a.wa", ".wav", ".a.wav", "awav"]],
    ["?.c", ["a.c", "é.c"], ["ab.c", ".c"]],
    ["[a-c]x", ["ax", "cx"], ["dx", "-x"]],
    ["[!a]x", ["bx"], ["ax"]],
    ["[]a]x", ["]x", "ax"], ["bx"]],
    ["a[", ["a["], ["a"]],
    ["a+(b)*", ["a+(b)c"], ["aab"]],
    [".*", [".a"], ["a"]],
  ];
  for (const [pattern, yes, no] of cases) {
    const [part] = globParts(pattern);
    assert.ok(part && "matches" in part, pattern);
    assert.deepEqual(yes.filter((name) => !part.matches(name)), [], pattern);
    assert.deepEqual(no.filter((name) => part.matches(name)), [], pattern);
  }
  assert.deepEqual(["a", "-", "a/b.txt", "a*", "x?", "[a]"].map(isGlob), [
    false,
    false,
    false,
    true,
    true,
    true,
  ]);
});

Deno.test("with a mark of one's own nothing else stands for the item", () => {
  const marked = (mark: string, text: string) => commandsFor(["a b"], { template: { text }, quote, mark })[0];
  assert.equal(marked("%", "find . -name % -exec ls {} +"), "find . -name 'a b' -exec ls {} +");
  assert.equal(marked("{}", "cp {} {.}"), "cp 'a b' {.}");
  assert.equal(marked("$^.*", "echo $^.*"), "echo 'a b'");
  assert.equal(marked("%", "ls"), "ls 'a b'");
  assert.deepEqual(commandsFor(["a b"], { template: { words: ["x%", "{}"] }, quote, mark: "%" }), [
    "'xa b' '{}'",
  ]);
  for (const text of ["echo '%'", 'echo "%"', "echo \\%"]) {
    assert.throws(() => marked("%", text), {
      message: "Cannot use % within quotes or after a backslash: what it stands for is quoted already",
    });
  }
  assert.throws(() => marked("", "ls"), { name: "BadInput" });
});
