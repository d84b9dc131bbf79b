/**
 * @module
 * Durations, read and written.
 */
import fc from "npm:fast-check@4.10.2";
import assert from "node:assert/strict";
import { formatDuration, parseDuration } from "../../src/domain/duration.ts";

Deno.test("durations are seconds, or numbers with units, largest first", () => {
  const read: Record<string, number> = {
    "0": 0,
    "5": 5000,
    "1.5": 1500,
    ".5": 500,
    " 5 ": 5000,
    "90s": 90_000,
    "10m": 600_000,
    "1h30m": 5_400_000,
    "2d": 172_800_000,
    "1d1h1m1s1ms": 90_061_001,
    "0.5h": 1_800_000,
    "250ms": 250,
    "1 h": 3_600_000,
    "1w": 604_800_000,
    "90 minutes": 5_400_000,
    "1 minute": 60_000,
    "2 hours": 7_200_000,
    "1.5 hours": 5_400_000,
    "1 hour 30 minutes": 5_400_000,
    "1h 30m": 5_400_000,
    "2 weeks 1 day": 1_296_000_000,
    "10 min": 600_000,
    "3 hrs": 10_800_000,
    "90 sec": 90_000,
    "5m 10 ms": 300_010,
  };
  for (const [text, ms] of Object.entries(read)) assert.equal(parseDuration(text), ms, text);
  assert.equal(parseDuration(1.5), 1500);
});

Deno.test("what is no duration is none", () => {
  for (
    const text of [
      "",
      " ",
      "-1",
      "5x",
      "1m1h",
      "s",
      "1e3",
      "Infinity",
      "NaN",
      "0x10",
      "1  h",
      "1 month",
      "1 hour and a half",
      "30 minutes 1 hour",
      "1h30",
      "1hm",
      "minutes",
      "1.5ms",
      "9".repeat(30),
    ]
  ) {
    assert.equal(parseDuration(text), undefined, text);
  }
  for (const number of [-1, Infinity, NaN, 1e300]) assert.equal(parseDuration(number), undefined);
});

Deno.test("durations are written with at most two units", () => {
  const written: [number, string][] = [
    [0, "0ms"],
    [850, "850ms"],
    [1500, "1.5s"],
    [59_940, "59.9s"],
    [60_000, "1m"],
    [90_000, "1m30s"],
    [7_200_000, "2h"],
    [273_600_000, "3d4h"],
  ];
  for (const [ms, text] of written) assert.equal(formatDuration(ms), text);
});

Deno.test("whole seconds, minutes, hours and days read back as they were written", () => {
  const unit = fc.constantFrom([1000, 60], [60_000, 60], [3_600_000, 24], [86_400_000, 3650]);
  fc.assert(fc.property(unit, fc.nat(), ([ms, most], n) => {
    const duration = (1 + n % (most! - 1)) * ms!;
    assert.equal(parseDuration(formatDuration(duration)), duration);
  }));
});
