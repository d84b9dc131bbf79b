/**
 * @module
 * Times as people say them, in whatever zone and across whatever changes of the clock.
 */
import fc from "npm:fast-check@4.10.2";
import assert from "node:assert/strict";
import { readWhen, timeReader } from "../../src/domain/when.ts";

/** A Thursday. */
const NOW = Date.parse("2026-11-26T15:00:00+01:00");

function says(text: string, iso: string, now = NOW, zone = "Europe/Berlin"): void {
  const ms = readWhen(text, { now, zone });
  assert.equal(ms === undefined ? undefined : new Date(ms).toISOString(), new Date(iso).toISOString(), text);
}

Deno.test("a time without a day is the next one", () => {
  says("16:00", "2026-11-26T16:00+01:00");
  says("14:00", "2026-11-27T14:00+01:00");
  says("15:00", "2026-11-27T15:00+01:00");
  says("15:00:01", "2026-11-26T15:00:01+01:00");
  says("noon", "2026-11-27T12:00+01:00");
  says("midnight", "2026-11-27T00:00+01:00");
  says("9am", "2026-11-27T09:00+01:00");
  says("at 9:30 PM", "2026-11-26T21:30+01:00");
  says("12am", "2026-11-27T00:00+01:00");
  says("12pm", "2026-11-27T12:00+01:00");
});

Deno.test("a day without a time begins at midnight; a day of the week is the next one", () => {
  says("tomorrow", "2026-11-27T00:00+01:00");
  says("Tomorrow 9:00", "2026-11-27T09:00+01:00");
  says("tomorrow at noon", "2026-11-27T12:00+01:00");
  says("today 14:00", "2026-11-26T14:00+01:00");
  says("friday", "2026-11-27T00:00+01:00");
  says("Fri 18:00", "2026-11-27T18:00+01:00");
  says("thursday", "2026-12-03T00:00+01:00");
  says("thursday 18:00", "2026-11-26T18:00+01:00");
  says("thursday 14:00", "2026-12-03T14:00+01:00");
  says("next monday 8am", "2026-11-30T08:00+01:00");
  says("2030-01-01", "2030-01-01T00:00+01:00");
  says("2030-07-01 14:00", "2030-07-01T14:00+02:00");
  says("2030-07-01T14:00:05", "2030-07-01T14:00:05+02:00");
});

Deno.test("as at(1) has it, a time may stand before its day, and days of months have names", () => {
  says("14:00 tomorrow", "2026-11-27T14:00+01:00");
  says("noon friday", "2026-11-27T12:00+01:00");
  says("9 a.m. next monday UTC", "2026-11-30T09:00Z");
  says("tomorrow at 9", "2026-11-27T09:00+01:00");
  says("dec 24", "2026-12-24T00:00+01:00");
  says("6pm Dec 24th", "2026-12-24T18:00+01:00");
  says("nov 26", "2027-11-26T00:00+01:00");
  says("26 november 16:00", "2026-11-26T16:00+01:00");
  says("the 1st of March 2028 at noon", "2028-03-01T12:00+01:00");
  says("feb 29", "2028-02-29T00:00+01:00");
  says("in an hour", "2026-11-26T16:00+01:00");
});

Deno.test("tonight is the evening of today and the night after it", () => {
  const night = Date.parse("2026-11-27T00:30+01:00");
  for (const text of ["tonight 2:00", "tonight at 2", "2am tonight"]) {
    says(text, "2026-11-27T02:00+01:00");
    says(text, "2026-11-27T02:00+01:00", night);
  }
  says("tonight 20:00", "2026-11-26T20:00+01:00");
  says("8pm tonight", "2026-11-26T20:00+01:00");
  says("tonight midnight", "2026-11-27T00:00+01:00");
});

Deno.test("a zone can be said, and so the day that is meant there", () => {
  says("2030-01-01 14:00 Europe/Berlin", "2030-01-01T13:00Z", NOW, "America/New_York");
  says("14:00 UTC", "2026-11-27T14:00Z");
  says("14:00 CET", "2026-11-27T14:00+01:00", NOW, "UTC");
  says("14:00+05:30", "2026-11-27T14:00+05:30");
  says("14:00 +05:30", "2026-11-27T14:00+05:30");
  says("friday America/Argentina/Buenos_Aires", "2026-11-27T00:00-03:00");
  says("tomorrow 1:00 Pacific/Auckland", "2026-11-28T01:00+13:00");
});

Deno.test("what is said from now on needs no clock", () => {
  says("now", "2026-11-26T15:00+01:00");
  says("now + 1 hour", "2026-11-26T16:00+01:00");
  for (const text of ["+2h", "+ 2h", "2h", "in 2 hours", "120 minutes", "In 2 Hours", "1h 60m"]) {
    says(text, "2026-11-26T17:00+01:00");
  }
  says("1w", "2026-12-03T15:00+01:00");
});

Deno.test("a time that the clock skips is later by what is skipped; one it shows twice is the first", () => {
  const spring = Date.parse("2026-03-28T12:00Z");
  says("2026-03-29 02:30", "2026-03-29T03:30+02:00");
  says("tomorrow 2:30", "2026-03-29T03:30+02:00", spring);
  says("2026-03-29 03:00", "2026-03-29T03:00+02:00");
  says("2026-10-25 02:30", "2026-10-25T02:30+02:00");
  says("2026-03-08 02:30", "2026-03-08T03:30-04:00", NOW, "America/New_York");
  says("2026-11-01 01:30", "2026-11-01T01:30-04:00", NOW, "America/New_York");
  // there, midnight itself is skipped
  says("2026-09-06", "2026-09-06T01:00-03:00", NOW, "America/Santiago");
  // a day that never was
  says("2011-12-30 10:00", "2011-12-31T10:00+14:00", NOW, "Pacific/Apia");
});

Deno.test("what is no time is none", () => {
  for (
    const text of [
      ...[
        "",
        " ",
        "5",
        "+5",
        "-2h",
        "25:00",
        "12:60",
        "13pm",
        "0am",
        "2030-02-30",
        "2030-13-01",
        "foo",
        "fr",
      ],
      ...[
        "friday friday",
        "14:00 Nowhere/City",
        "+2h UTC",
        "tomorrow +2h",
        "yesterday",
        "Z",
        "14:00 tomorrow friday",
        "tonight",
        "tonight 9:00",
        "at 25",
        "may",
        "31 feb",
        "feb 30 2027",
        "feb 5 5",
      ],
    ]
  ) assert.equal(readWhen(text, { now: NOW, zone: "Europe/Berlin" }), undefined, text);
});

const zones = fc.constantFrom(
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "Asia/Kolkata",
  "Pacific/Auckland",
  "Australia/Lord_Howe",
);
const moments = fc.integer({ min: Date.parse("1990-01-01"), max: Date.parse("2037-01-01") });
const two = (n: number) => String(n).padStart(2, "0");

Deno.test("whenever it is said, a time of day is the next that a clock shows, at most a day and what it skips ahead", () => {
  fc.assert(
    fc.property(moments, zones, fc.nat(23), fc.nat(59), (now, zone, hour, minute) => {
      const ms = readWhen(`${two(hour)}:${two(minute)}`, { now, zone })!;
      assert.ok(ms > now && ms - now <= 26 * 3_600_000, new Date(ms).toISOString());
      const shown = new Intl.DateTimeFormat("en-GB", {
        timeZone: zone,
        hour: "2-digit",
        minute: "2-digit",
        hourCycle: "h23",
      })
        .format(ms);
      const [h, m] = shown.split(":").map(Number) as [number, number];
      const late = (h * 60 + m - hour * 60 - minute + 1440) % 1440;
      assert.ok([0, 30, 60].includes(late), `${shown} for ${hour}:${minute}`);
    }),
    { numRuns: 500 },
  );
});

Deno.test("a date with a time is read as the clock of its zone shows it", () => {
  fc.assert(
    fc.property(moments, zones, (at, zone) => {
      const minute = Math.floor(at / 60_000) * 60_000;
      const parts = new Intl.DateTimeFormat("sv-SE", {
        timeZone: zone,
        dateStyle: "short",
        timeStyle: "short",
      }).format(minute);
      const read = readWhen(`${parts} ${zone}`, { now: 0, zone: "UTC" })!;
      // Of a time that is shown twice, the first.
      assert.ok(read === minute || [30, 60].includes((minute - read) / 60_000), `${parts} ${zone}`);
    }),
    { numRuns: 500 },
  );
});

Deno.test("a zone that there is not is named, with the nearest", () => {
  const read = timeReader(NOW);
  assert.throws(() => read("friday 18:00 Europe/Berln"), {
    name: "BadInput",
    message:
      'Cannot use run_at "friday 18:00 Europe/Berln": there is no time zone "Europe/Berln"; did you mean Europe/Berlin?',
  });
  assert.throws(() => read("14:00 XYZT"), {
    message: /there is no time zone "XYZT"; it takes one such as UTC/,
  });
  assert.equal(read("next Nowhere/City"), undefined);
});
