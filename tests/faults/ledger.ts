/**
 * @module
 * What the jobs themselves write down: a line when they start and a line when they end. It tells what really ran,
 * whatever the store believes.
 */

/** Shell text that notes the start of an attempt. One short write to a file opened for appending is never torn. */
export const NOTE_START = 'echo "$QUEUECTL_JOB_ID $QUEUECTL_ATTEMPT" >>starts';

/** Shell text that notes its end. */
export const NOTE_END = 'echo "$QUEUECTL_JOB_ID $QUEUECTL_ATTEMPT" >>ends';

/**
 * Shell text that notes when the first process of another attempt of this job is still there. It tells it by its
 * token, since a pid alone may be another's by now.
 */
export const NOTE_OVERLAP =
  'if read -r pid run <"holder-$QUEUECTL_JOB_ID" && grep -qs "QUEUECTL_RUN=$run" "/proc/$pid/environ"; ' +
  'then echo "$QUEUECTL_JOB_ID $QUEUECTL_ATTEMPT" >>overlaps; fi 2>/dev/null; ' +
  'echo "$$ $QUEUECTL_RUN" >"holder-$QUEUECTL_JOB_ID"';

/** How often each attempt noted something. */
export class Ledger {
  readonly #lines = new Map<string, number>();
  readonly #attempts = new Map<string, number>();

  /** Reads what the jobs of a directory have noted in `starts`, `ends` or `overlaps`; nothing when there is no such file. */
  constructor(dir: string, name: "starts" | "ends" | "overlaps") {
    for (const line of readLines(`${dir}/${name}`)) {
      const [job, attempt] = split(line);
      const count = this.count(job, attempt);
      this.#lines.set(line, count + 1);
      if (count === 0) this.#attempts.set(job, this.attemptsOf(job) + 1);
    }
  }

  /** How often the attempt noted it. */
  count(job: string, attempt: number): number {
    return this.#lines.get(`${job} ${attempt}`) ?? 0;
  }

  /** How many attempts of a job noted it. */
  attemptsOf(job: string): number {
    return this.#attempts.get(job) ?? 0;
  }

  /** The attempts that noted it. */
  get attempts(): { job: string; attempt: number }[] {
    return [...this.#lines.keys()].map((line) => {
      const [job, attempt] = split(line);
      return { job, attempt };
    });
  }

  /** How many lines there are. */
  get size(): number {
    return [...this.#lines.values()].reduce((sum, count) => sum + count, 0);
  }
}

function readLines(path: string): string[] {
  try {
    return Deno.readTextFileSync(path).split("\n").filter((line) => line !== "");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function split(line: string): [job: string, attempt: number] {
  const [job = "", attempt = ""] = line.split(" ");
  return [job, Number(attempt)];
}
