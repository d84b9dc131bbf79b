/**
 * @module
 * The reserve is made whole again by those who run jobs, as far as the disk has room.
 */
import assert from "node:assert/strict";
import { RESERVE, reserveSize } from "../../src/store/reserve.ts";
import { systemClock } from "../../src/system/clock.ts";
import { ReserveWatch } from "../../src/worker/supervisor/reserve_watch.ts";
import { tempDir } from "../helpers/temp.ts";

const MB = 1024 * 1024;
const DISK = { source: "/dev/made-up", type: undefined };

Deno.test("the reserve is filled up where there is room, and only as far as that goes", async () => {
  using dir = tempDir();
  const { home } = dir;
  Deno.mkdirSync(home.dir, { recursive: true });
  let available: number | undefined;
  const disk = () => Promise.resolve(available === undefined ? undefined : { ...DISK, available });
  const watch = new ReserveWatch({ home, clock: systemClock, disk });
  const { signal } = new AbortController();
  await watch.round(signal);
  assert.equal(reserveSize(home), 0, "nobody knows how much room there is");
  available = 8 * MB;
  await watch.round(signal);
  assert.equal(reserveSize(home), MB);
  available = 1000 * MB;
  await watch.round(signal);
  assert.equal(reserveSize(home), RESERVE);
});

Deno.test("filling up stops when the supervisor closes", async () => {
  using dir = tempDir();
  Deno.mkdirSync(dir.home.dir, { recursive: true });
  const disk = () => Promise.resolve({ ...DISK, available: 1000 * MB });
  const watch = new ReserveWatch({ home: dir.home, clock: systemClock, disk });
  const closing = new AbortController();
  closing.abort();
  await watch.round(closing.signal);
  assert.ok(reserveSize(dir.home) < RESERVE);
});
