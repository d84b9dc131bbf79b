/**
 * @module
 * Jobs with keys over HTTP; each answer held against the API's document.
 */
import assert from "node:assert/strict";
import { testApplication } from "../helpers/application.ts";

Deno.test("a job whose key another one has is answered with that one, which created says", async () => {
  using app = await testApplication();
  const post = async (job: object) =>
    await app.send("POST", "/jobs", { command: "make", unique_key: "k", ...job });
  const placed = async (job: object) => {
    const { json: { id, created, unique_key } } = await post(job);
    return [id, created, unique_key];
  };
  assert.deepEqual(await placed({}), ["j1", true, "k"]);
  assert.deepEqual(await placed({}), ["j1", false, "k"]);
  assert.deepEqual(await placed({ on_conflict: "after" }), ["j2", true, "k"]);
  assert.equal((await post({ on_conflict: "error" })).status, 409);
  assert.equal((await post({ on_conflict: "never" })).status, 400);
  const many = await app.send("POST", "/bulk/enqueue", {
    jobs: [{ command: "a", unique_key: "l" }, { command: "b", unique_key: "l" }, { command: "c" }],
  });
  assert.deepEqual(many.json, { ids: ["j3", "j3", "j4"], created: [true, false, true] });
  const { json } = await app.send("GET", "/jobs?unique_key=l");
  assert.deepEqual(json.jobs.map(({ id }: { id: string }) => id), ["j3"]);
});
