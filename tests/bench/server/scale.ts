/**
 * @module
 * What must not slow a store on a server down: a million jobs that wait, a hundred queues, plans that were made while it
 * was empty, and a transaction elsewhere that keeps the server from tidying up.
 */
import { readAddress } from "../../../src/store/postgres/engine/address.ts";
import { Connection } from "../../../src/store/postgres/engine/driver.ts";
import { systemClock } from "../../../src/system/clock.ts";
import type { Server } from "../../helpers/postgres.ts";
import { inTurns, median } from "../measure.ts";
import type { Result } from "../row.ts";
import { perSecond } from "./rival.ts";
import { type Shape, Supervised } from "./supervised.ts";

const ROUNDS = 3;
const JOBS = 20_000;
const MILLION = 1_000_000;
const BULK = 100_000;
const SHAPE: Shape = { supervisors: 10, batch: 100 };
/** Few who take many: what each of them has run is what an exchange might read again. */
const FEW: Shape = { supervisors: 2, batch: 250 };
const LIMIT_MS = 60_000;

/** Enqueueing very many, and draining with a million more that wait. */
export async function pending(server: Server): Promise<Result[]> {
  using few = await Supervised.on(server, SHAPE);
  using many = await Supervised.on(server, SHAPE);
  const speeds: number[] = [];
  for (let n = 0; n < MILLION; n += BULK) speeds.push(await many.fill(BULK));
  const { first, second, ratio } = await inTurns(
    () => few.refill(JOBS),
    async () => {
      await many.fill(JOBS);
      return await many.drain(JOBS);
    },
    ROUNDS,
  );
  return [{
    what: `bulk enqueue of ${BULK}`,
    measured: perSecond(median(speeds)),
    against: "",
    figure: median(speeds),
    target: { atLeast: 30_000 },
  }, {
    what: "claim + settle with 1,000,000 more that wait",
    measured: perSecond(second),
    against: `with none ${perSecond(first)}`,
    figure: ratio,
    target: { atMost: 1.3 },
  }];
}

/** Many queues. */
export async function queues(server: Server): Promise<Result[]> {
  using one = await Supervised.on(server, SHAPE);
  using hundred = await Supervised.on(server, SHAPE);
  const { first, second, ratio } = await inTurns(
    () => one.refill(JOBS),
    () => hundred.refill(JOBS, 100),
    ROUNDS,
  );
  return [{
    what: "claim + settle, 100 queues",
    measured: perSecond(second),
    against: `one ${perSecond(first)}`,
    figure: ratio,
    target: { atMost: 1.3 },
  }];
}

/** A bulk enqueue into a store that was drained, one at a time and many. */
export async function emptied(server: Server): Promise<Result[]> {
  const results: Result[] = [];
  for (const { batch, some } of [{ batch: 100, some: JOBS }, { batch: 1, some: 2000 }]) {
    using store = await Supervised.on(server, { supervisors: 10, batch });
    const before = median([await store.refill(some), await store.refill(some), await store.refill(some)]);
    await store.fill(BULK);
    const after = median([await store.drain(some), await store.drain(some), await store.drain(some)]);
    results.push({
      what: `a bulk enqueue of ${BULK} into the drained store, ${batch} at a time`,
      measured: perSecond(after),
      against: `before ${perSecond(before)}`,
      figure: after / before,
      target: { atLeast: 0.8 },
    });
  }
  return results;
}

/** A transaction elsewhere that goes on reading, as a dump does: nothing that is deleted meanwhile can be tidied up. */
export async function heldSnapshot(server: Server): Promise<Result[]> {
  using store = await Supervised.on(server, FEW);
  const connection = await Connection.open(readAddress(server.url!));
  try {
    await connection.query({ sql: "BEGIN ISOLATION LEVEL REPEATABLE READ" }, LIMIT_MS);
    await connection.query({ sql: "SELECT txid_current()" }, LIMIT_MS);
    await store.fill(BULK);
    const speeds: number[] = [];
    let [since, from] = [systemClock.monotonicMs(), 0];
    await store.drain(Infinity, (claimed) => {
      if (claimed < from + BULK / 20) return;
      const now = systemClock.monotonicMs();
      speeds.push((claimed - from) / (now - since) * 1000);
      [since, from] = [now, claimed];
    });
    const [first, last] = [median(speeds.slice(0, 3)), median(speeds.slice(-3))];
    return [{
      what: `claim + settle beside an open transaction, after ${BULK} jobs`,
      measured: perSecond(last),
      against: `at its beginning ${perSecond(first)}`,
      figure: last / first,
      target: { atLeast: 0.8 },
    }];
  } finally {
    connection.close();
  }
}
