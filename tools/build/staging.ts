/**
 * @module
 * Building in a directory beside the results, which are put in their places only when all of them are there: what
 * fails leaves everything as it was.
 */
import { Refused } from "../../src/domain/errors.ts";

/** A directory for what is not ready yet. It goes with the scope. */
export class Staging implements Disposable {
  readonly #out: string;
  /** The directory's absolute path. */
  readonly path: string;

  /** Makes the directory `out`, if need be, and one within it. @throws {Refused} when that cannot be done */
  constructor(out: string) {
    this.#out = out;
    try {
      Deno.mkdirSync(out, { recursive: true });
      this.path = Deno.realPathSync(Deno.makeTempDirSync({ dir: out, prefix: ".building-" }));
    } catch (error) {
      throw cannotWrite(out, error);
    }
  }

  /** @throws {Refused} when a directory is where one of the results has to go */
  requireRoom(names: readonly string[]): void {
    for (const name of names) {
      if (isDirectory(`${this.#out}/${name}`)) {
        throw new Refused(`Cannot write "${this.#out}/${name}": there is a directory of that name`);
      }
    }
  }

  /** Puts the results in their places. */
  publish(names: readonly string[]): void {
    for (const name of names) {
      try {
        Deno.renameSync(`${this.path}/${name}`, `${this.#out}/${name}`);
      } catch (error) {
        throw cannotWrite(`${this.#out}/${name}`, error);
      }
    }
  }

  /** Removes the directory with all that is still in it. */
  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

/** The sentence for a path that cannot be written. */
function cannotWrite(path: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const reason = error instanceof Deno.errors.AlreadyExists
    ? "there is a file of that name"
    : error.message.replace(/ \(os error \d+\).*$/s, "").replace(/^./, (first) => first.toLowerCase());
  return new Refused(`Cannot write "${path}": ${reason}`);
}

function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
