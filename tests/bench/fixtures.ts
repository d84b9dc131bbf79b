/**
 * @module
 * Homes for the bench: fresh ones, and one with a million pending jobs that several rows share, since filling
 * it takes longer than measuring it.
 */
import type { NewJob } from "../../src/domain/job.ts";
import { openStore } from "../../src/store/open.ts";
import { systemClock } from "../../src/system/clock.ts";
import { newJob } from "../helpers/jobs.ts";
import { type TempDir, tempDir } from "../helpers/temp.ts";

/** How many jobs the big home holds. */
const MILLION = 1_000_000;

/** Jobs inserted in one transaction when a home is filled. */
const BATCH = 100_000;

/** Homes that last as long as the bench. */
export class Fixtures implements Disposable {
  #million: Promise<TempDir> | undefined;
  readonly #dirs: TempDir[] = [];

  /** A directory whose home does not exist yet. */
  fresh(): TempDir {
    const dir = tempDir();
    this.#dirs.push(dir);
    return dir;
  }

  /** A home with a million pending jobs. */
  million(): Promise<TempDir> {
    return this.#million ??= this.filled(MILLION);
  }

  /** A home with `count` pending jobs. */
  async filled(count: number): Promise<TempDir> {
    const dir = this.fresh();
    await fill(dir, count);
    return dir;
  }

  /** Removes every home. */
  [Symbol.dispose](): void {
    for (const dir of this.#dirs) dir[Symbol.dispose]();
  }
}

/** Enqueues `count` jobs that run `true`. */
export async function fill({ home }: TempDir, count: number): Promise<void> {
  const store = await openStore(home);
  for (let done = 0; done < count; done += BATCH) {
    const jobs = new Array<NewJob>(Math.min(BATCH, count - done)).fill(newJob());
    await store.enqueue(jobs, { now: systemClock.now(), idFormat: "short" });
  }
  store.close();
}
