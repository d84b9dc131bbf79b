/**
 * @module
 * How long the loop of this thread is held at a time, by the processor time that the thread uses between two turns of a
 * timer: so a machine that does something else meanwhile counts for little. What waits for the disk is not seen.
 */

/** Of Linux. */
const CLOCK_THREAD_CPUTIME_ID = 3;

/** The processor time of this thread. */
export class ThreadTime implements Disposable {
  readonly #libc = Deno.dlopen("libc.so.6", {
    clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
  });
  readonly #time = new BigInt64Array(2);

  /** In ms, from some beginning. */
  get usedMs(): number {
    this.#libc.symbols.clock_gettime(CLOCK_THREAD_CPUTIME_ID, this.#time);
    return Number(this.#time[0]) * 1e3 + Number(this.#time[1]) / 1e6;
  }

  [Symbol.dispose](): void {
    this.#libc.close();
  }
}

/** The ms of each turn while `work` goes on, the longest first. */
export async function loopTurns(work: () => Promise<unknown>): Promise<number[]> {
  using time = new ThreadTime();
  const turns: number[] = [];
  let before = time.usedMs;
  const turn = () => {
    const now = time.usedMs;
    turns.push(now - before);
    before = now;
  };
  const timer = setInterval(turn, 0);
  try {
    await work();
    turn();
  } finally {
    clearInterval(timer);
  }
  return turns.sort((a, b) => b - a);
}
