/**
 * @module
 * Paths and the home, on this system and on the others.
 */
import assert from "node:assert/strict";
import { StoreUnusable } from "../../src/domain/errors.ts";
import { shellOf } from "../../src/domain/settings.ts";
import { findHome } from "../../src/system/home.ts";
import { absolutePath, directoryOf, isAbsolute } from "../../src/system/paths.ts";

const POSIX: [path: string, base: string, absolute: string][] = [
  ["/a//b/./c/", "", "/a/b/c"],
  ["b", "/a", "/a/b"],
  ["../b", "/a/c", "/a/b"],
  ["../../../b", "/a", "/b"],
  ["..", "/", "/"],
  ["a\\b", "/c", "/c/a\\b"],
  ["C:/a", "/c", "/c/C:/a"],
];

const WINDOWS: typeof POSIX = [
  ["C:\\Users\\you", "", "C:\\Users/you"],
  ["c:/a//b/./c/", "", "c:/a/b/c"],
  ["b\\c", "D:\\a", "D:\\a/b/c"],
  ["..\\b", "C:\\a\\c", "C:\\a/b"],
  ["..\\..\\..\\b", "C:\\a", "C:\\b"],
  ["..", "C:\\", "C:\\"],
  ["\\\\host\\share\\a\\..\\b", "C:\\", "\\\\host\\share\\b"],
  ["..\\..\\b", "\\\\host\\share\\a", "\\\\host\\share\\b"],
  ["//host/share", "C:\\", "//host/share"],
  ["\\a", "C:\\", "\\a"],
];

for (const [name, windows, paths] of [["POSIX", false, POSIX], ["Windows", true, WINDOWS]] as const) {
  Deno.test(`paths are made absolute on ${name}, never above their root`, () => {
    for (const [path, base, absolute] of paths) {
      assert.equal(absolutePath(path, base, { windows }), absolute, path);
    }
  });
}

Deno.test("a path with a drive or a share is absolute on Windows only", () => {
  for (const path of ["C:\\a", "c:/", "\\\\host\\share"]) {
    assert.deepEqual([true, false].map((windows) => isAbsolute(path, { windows })), [true, false], path);
  }
  assert.equal(isAbsolute("C:a", { windows: true }), false);
});

Deno.test("the directory of a file is taken from its URL, on POSIX, on a drive and on a share", () => {
  assert.equal(directoryOf(new URL("file:///a/b%20c/main.ts"), { windows: false }), "/a/b c");
  assert.equal(directoryOf(new URL("file:///C:/a/b%20c/main.ts"), { windows: true }), "C:/a/b c");
  assert.equal(directoryOf(new URL("file://host/share/a/main.ts"), { windows: true }), "//host/share/a");
});

Deno.test("the home is in the user's own directory, which each system names differently", () => {
  const both: Record<string, string> = { HOME: "/home/you", USERPROFILE: "C:\\Users\\you" };
  const variable = (name: string) => both[name];
  assert.equal(findHome(undefined, { windows: false, variable }).dir, "/home/you/.queuectl");
  assert.equal(findHome(undefined, { windows: true, variable }).database, "C:\\Users/you/.queuectl/queue.db");
  both.QUEUECTL_HOME = "D:\\queue";
  assert.equal(findHome(undefined, { windows: true, variable }).dir, "D:\\queue");
  assert.equal(findHome("E:\\other", { windows: true, variable }).dir, "E:\\other");
  const none = { variable: () => undefined };
  assert.throws(() => findHome(undefined, { ...none, windows: true }), StoreUnusable);
  assert.throws(() => findHome(undefined, { ...none, windows: true }), /nor USERPROFILE is set/);
});

Deno.test("the shell is the one that is always there", () => {
  assert.deepEqual([shellOf("windows"), shellOf("linux"), shellOf("darwin")], ["cmd", "sh", "sh"]);
});
