/**
 * @module
 * Which variables of a whole environment a job is given: not those that a shell sets for itself, nor the runtime
 * linker's, nor queuectl's own, nor what may be a secret. Pure.
 */

/** What shells set anew, or what is a terminal's. */
const OF_SHELLS: ReadonlySet<string> = new Set(["_", "PWD", "OLDPWD", "SHLVL", "COLUMNS", "LINES"]);

/**
 * What is loaded into every program belongs to the machine it runs on, and jobs see their worker's; names of ours are
 * set for each job, or are for the dashboard.
 */
const NEVER = /^(?:(?:LD|DYLD)_|QUEUECTL_)/i;

/** An environment, divided. */
export interface Choice {
  /** What the job gets. */
  taken: Record<string, string>;
  /** The names that the patterns kept out, in order. */
  excluded: string[];
}

/** Chooses from a whole environment. `excludes` are globs, separated by commas (see `isGlobs`). */
export function chooseVariables(environment: Readonly<Record<string, string>>, excludes: string): Choice {
  const isExcluded = matcher(excludes);
  const choice: Choice = { taken: {}, excluded: [] };
  for (const [name, value] of Object.entries(environment)) {
    if (OF_SHELLS.has(name) || NEVER.test(name)) continue;
    if (isExcluded(name)) choice.excluded.push(name);
    else choice.taken[name] = value;
  }
  choice.excluded.sort();
  return choice;
}

function matcher(globs: string): (name: string) => boolean {
  const patterns = globs === "none"
    ? []
    : globs.split(",").map((glob) =>
      new RegExp(`^${glob.replaceAll("*", ".*").replaceAll("?", ".")}$`, "is")
    );
  return (name) => patterns.some((pattern) => pattern.test(name));
}
