/**
 * @module
 * Which of a supervisor's jobs shall stand still: threads are told what has changed of that, and the store what came
 * of it.
 */
import type { ClaimedJob, Orders, PausedAttempt, Store } from "../../store/contract.ts";
import { sayUnstopped } from "../process/stop_tree.ts";
import type { Journal } from "./journal.ts";

export interface PausesOptions {
  /** The supervisor whose attempts these are. */
  id: string;
  store: Pick<Store, "notePaused">;
  journal: Journal;
  /** Tells whoever runs an attempt. Returns whether there was somebody to be told. */
  tell(token: string, since: number | null): boolean;
}

export class Pauses {
  readonly #options: PausesOptions;
  /** By which wish attempts were told to stand still. */
  readonly #told = new Map<string, number>();
  #news: PausedAttempt[] = [];

  constructor(options: PausesOptions) {
    this.#options = options;
  }

  /** There is something to be stored. */
  get hasNews(): boolean {
    return this.#news.length > 0;
  }

  /** Tells threads what they do not know yet of all that shall stand still. */
  follow(pauses: Orders["pauses"]): void {
    const { tell } = this.#options;
    const wanted = new Map(pauses.map(({ token, since }) => [token, since]));
    for (const token of this.#told.keys()) {
      if (wanted.has(token)) continue;
      this.#told.delete(token);
      tell(token, null);
    }
    for (const [token, since] of wanted) {
      if (this.#told.get(token) !== since && tell(token, since)) this.#told.set(token, since);
    }
  }

  /** A job stands still. */
  paused(job: ClaimedJob, { since, unstopped }: Omit<PausedAttempt, "token">): void {
    this.#news.push({ token: job.token, since, unstopped });
    this.#options.journal.note(`${job.id} is paused${sayUnstopped(unstopped)}`, job.worker);
  }

  /** Brings the store what it does not know. */
  async store(): Promise<void> {
    const { id, store } = this.#options;
    const news = [...this.#news];
    await store.notePaused(id, news);
    this.#news = this.#news.slice(news.length);
  }
}
