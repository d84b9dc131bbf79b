/**
 * @module
 * What every store must do. Output of attempts.
 */
import assert from "node:assert/strict";
import { claimOne, enqueue, exchangeOf, newSupervisor, settlement } from "../helpers/jobs.ts";
import { bytes, type Test } from "./suite.ts";

/** Output of attempts. */
export function printing(test: Test): void {
  test("output is kept byte for byte, in order, by attempt", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, {});
    const { token } = await claimOne(store, "s");
    const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    await store.exchange(exchangeOf("s", {
      output: [{
        token,
        pieces: [
          { stream: "stdout", start: 0, bytes: everyByte },
          { stream: "stderr", start: 0, bytes: bytes("oh") },
        ],
      }],
    }));
    // the rest may come together with the end
    await store.exchange(exchangeOf("s", {
      output: [{ token, pieces: [{ stream: "stdout", start: 256, bytes: bytes("end") }] }],
      settlements: [settlement(token)],
    }));
    const pieces = await store.output("j1", 1);
    assert.deepEqual(
      pieces.map(({ stream, start, bytes }) => [stream, start, [...bytes]]),
      [["stdout", 0, [...everyByte]], ["stderr", 0, [...bytes("oh")]], ["stdout", 256, [...bytes("end")]]],
    );
    assert.deepEqual(await store.output("j1", 2), []);
    const [first] = await store.output("j1", 1, { limit: 1 });
    assert.deepEqual(await store.output("j1", 1, { after: first!.piece }), pieces.slice(1));
  });

  test("output has the time at which it was seen, where that is said", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, {});
    const { token } = await claimOne(store, "s");
    const piece = { stream: "stdout" as const, bytes: bytes("x") };
    const pieces = [{ ...piece, start: 0, seenAt: 1_800_000_000_123 }, { ...piece, start: 1 }];
    await store.exchange(exchangeOf("s", { output: [{ token, pieces }] }));
    assert.deepEqual((await store.output("j1", 1)).map(({ seenAt }) => seenAt), [1_800_000_000_123, null]);
  });

  test("dropping removes the pieces that lie wholly within the range, of that stream only", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, {});
    const { token } = await claimOne(store, "s");
    const piece = (stream: "stdout" | "stderr", start: number) => ({
      stream,
      start,
      bytes: bytes("0123456789"),
    });
    const stored = [0, 10, 20, 30].map((start) => piece("stdout", start));
    await store.exchange(exchangeOf("s", { output: [{ token, pieces: [...stored, piece("stderr", 10)] }] }));
    const last = (await store.output("j1", 1)).at(-1)!.piece;
    const next = { ...piece("stdout", 40), drop: { from: 5, to: 40 } };
    await store.exchange(exchangeOf("s", { output: [{ token, pieces: [next] }] }));
    const kept = await store.output("j1", 1);
    assert.deepEqual(
      kept.map(({ stream, start }) => `${stream} ${start}`),
      ["stdout 0", "stderr 10", "stdout 40"],
    );
    assert.ok(kept.at(-1)!.piece > last, "a number is never given twice, or a follower would miss the piece");
  });
}
