/**
 * @module
 * Settings: names, values, ranges, and texts that read back.
 */
import fc from "npm:fast-check@4.10.2";
import assert from "node:assert/strict";
import {
  DEFAULT_SETTINGS,
  findSetting,
  formatSetting,
  parseSetting,
  type Setting,
  SETTINGS,
  settingsFrom,
  shellOf,
} from "../../src/domain/settings.ts";

const value = (key: string, text: string) => parseSetting(findSetting(key), text);

Deno.test("the defaults are those of the design", () => {
  assert.deepEqual(DEFAULT_SETTINGS, {
    maxRetries: 3,
    backoffBase: 2,
    backoffFactor: null,
    backoffMaxMs: 3_600_000,
    backoffJitter: 0,
    priority: 0,
    timeoutMs: 0,
    pollIntervalMs: 1000,
    leaseMs: 30_000,
    killGraceMs: 5000,
    outputLimit: 1_048_576,
    maxOutput: 0,
    retentionMs: 30 * 86_400_000,
    retentionDeadMs: 0,
    idFormat: "short",
    envExclude:
      "*TOKEN*,*SECRET*,*PASSW*,*_PWD,*PASSPHRASE*,*CREDENTIAL*,*APIKEY*,*_KEY,*_KEY_ID,*_AUTH,*COOKIE*,*DATABASE_URL,*_DSN,AWS_*",
    shell: shellOf(Deno.build.os),
  });
});

Deno.test("a setting is found by its name, with - or _, and by its older name", () => {
  for (
    const name of ["max_retries", "max-retries", "MAX_RETRIES", "max_retries_default", "max-retries-default"]
  ) {
    assert.equal(findSetting(name).key, "max_retries");
  }
});

Deno.test("an unknown setting is refused, with the one that was meant", () => {
  assert.throws(() => findSetting("backof_base"), {
    name: "BadInput",
    message: 'Unknown setting "backof_base", did you mean backoff_base?',
  });
  assert.throws(() => findSetting("colour"), {
    message: /^Unknown setting "colour": there are max_retries, backoff_base, .*, shell$/,
  });
});

Deno.test("values are read in their own units", () => {
  assert.equal(value("poll_interval", "1.5"), 1500);
  assert.equal(value("retention", "2d"), 172_800_000);
  assert.equal(value("output_limit", "64K"), 65_536);
  assert.equal(value("output_limit", "1.5MiB"), 1_572_864);
  assert.equal(value("backoff_factor", "unset"), null);
  assert.equal(value("priority", "-7"), -7);
  assert.equal(value("backoff_jitter", "1e-1"), 0.1);
});

Deno.test("values that make no sense are refused with the range that does", () => {
  const bad: [key: string, texts: string[]][] = [
    ["backoff_base", ["abc", "-1", "Infinity", "NaN", "", "0x10", "86401"]],
    ["backoff_factor", ["0.5", "0", "null"]],
    ["max_retries", ["1.5", "-1", "1e3", "1000001", "unset"]],
    ["priority", ["2147483648", "x"]],
    ["lease", ["0", "999ms", "25h"]],
    ["output_limit", ["-1", "257M", "1T"]],
    ["id_format", ["long"]],
    ["env_exclude", ["", "A,,B", "A B", "[A]*", "A=B"]],
    ["shell", ["", "s\nh", "a\0b"]],
  ];
  for (const [key, texts] of bad) {
    for (const text of texts) {
      assert.throws(
        () => value(key, text),
        { name: "BadInput", message: /^Cannot set \w+ to "/ },
        `${key} ${text}`,
      );
    }
  }
  assert.throws(() => value("max_retries", "x"), {
    message: 'Cannot set max_retries to "x": it takes a whole number from 0 to 1000000',
  });
});

Deno.test("every value that is allowed reads back from the text it is written as", () => {
  for (const setting of SETTINGS) {
    fc.assert(fc.property(allowed(setting), (value) => {
      assert.deepEqual(parseSetting(setting, formatSetting(setting, value)), value);
    }));
  }
});

function allowed({ kind }: Setting): fc.Arbitrary<string | number> {
  switch (kind.type) {
    case "choice":
      return fc.constantFrom(...kind.choices);
    case "globs":
      return fc.constantFrom("none", "A", "*_TOKEN,AWS_?");
    case "text":
      return fc.constantFrom("sh", "bash", "/bin/my shell");
    case "number":
      return fc.double({ min: kind.min, max: kind.max, noNaN: true });
    default:
      return fc.integer({ min: kind.min, max: kind.max });
  }
}

Deno.test("stored texts of another version that cannot be read count as unset", () => {
  const stored = new Map([["max_retries", "lots"], ["lease", "10"], ["colour", "blue"]]);
  assert.deepEqual(settingsFrom(stored), { ...DEFAULT_SETTINGS, leaseMs: 10_000 });
});
