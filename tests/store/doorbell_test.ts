/**
 * @module
 * The doorbell: what is put off is rung all the same, once.
 */
import assert from "node:assert/strict";
import { Doorbell } from "../../src/store/sqlite/engine/doorbell.ts";
import { tempDir } from "../helpers/temp.ts";
import { until } from "../helpers/until.ts";

Deno.test("a ring that is put off since it has just rung is heard a moment later", async () => {
  using dir = tempDir();
  Deno.mkdirSync(dir.home.dir);
  Deno.writeTextFileSync(dir.home.database, "");
  const bell = new Doorbell(dir.home);
  const longAgo = new Date(1000);
  const rung = () => Deno.statSync(dir.home.doorbell).mtime!.getTime() > longAgo.getTime();
  bell.ring(); // makes it
  for (let round = 0; round < 3; round++) {
    bell.ring();
    Deno.utimeSync(dir.home.doorbell, longAgo, longAgo);
    bell.ringSoon();
    bell.ringSoon();
    await until("it has rung", rung);
  }
  // The next one after a pause comes at once.
  Deno.utimeSync(dir.home.doorbell, longAgo, longAgo);
  await until("it has rung", () => {
    bell.ringSoon();
    return rung();
  });
  bell.close();
});

Deno.test("a ring that was put off is not lost when the store is closed", async () => {
  using dir = tempDir();
  Deno.mkdirSync(dir.home.dir);
  Deno.writeTextFileSync(dir.home.database, "");
  const bell = new Doorbell(dir.home);
  const longAgo = new Date(1000);
  bell.ring();
  bell.ring();
  Deno.utimeSync(dir.home.doorbell, longAgo, longAgo);
  bell.ringSoon();
  bell.close();
  await until("it has rung", () => Deno.statSync(dir.home.doorbell).mtime!.getTime() > longAgo.getTime());
  assert.equal(Deno.statSync(dir.home.doorbell).size, 0);
});
