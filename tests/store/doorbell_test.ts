/**
 * @module
 * The doorbell: what is put off is rung all the same, once.
 */
import assert from "node:assert/strict";
import { Doorbell } from "../../src/store/sqlite/engine/doorbell.ts";
import { FakeClock } from "../helpers/fake_clock.ts";
import { type TempDir, tempDir } from "../helpers/temp.ts";

/** The bell of a home that has just rung, and whether it has rung again since that was last forgotten. */
function rungBell(dir: TempDir, clock: FakeClock) {
  Deno.mkdirSync(dir.home.dir);
  Deno.writeTextFileSync(dir.home.database, "");
  const bell = new Doorbell(dir.home, clock);
  const longAgo = new Date(1000);
  const forget = () => Deno.utimeSync(dir.home.doorbell, longAgo, longAgo);
  bell.ring(); // makes it
  bell.ring();
  forget();
  return { bell, forget, rung: () => Deno.statSync(dir.home.doorbell).mtime!.getTime() > longAgo.getTime() };
}

Deno.test("a ring that is put off since it has just rung is heard a moment later, once", async () => {
  using dir = tempDir();
  const clock = new FakeClock();
  const { bell, forget, rung } = rungBell(dir, clock);
  for (let round = 0; round < 3; round++) {
    bell.ringSoon();
    bell.ringSoon();
    await clock.pass(19);
    assert.equal(rung(), false);
    await clock.pass(1);
    assert.equal(rung(), true);
    forget();
  }
  await clock.pass(20);
  assert.equal(rung(), false);
  // The next one after a pause comes at once.
  bell.ringSoon();
  assert.equal(rung(), true);
  bell.close();
});

Deno.test("a ring that was put off is not lost when the store is closed", async () => {
  using dir = tempDir();
  const clock = new FakeClock();
  const { bell, rung } = rungBell(dir, clock);
  bell.ringSoon();
  bell.close();
  await clock.pass(0);
  assert.equal(rung(), true);
  assert.equal(Deno.statSync(dir.home.doorbell).size, 0);
});
