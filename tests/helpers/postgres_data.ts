/**
 * @module
 * What a PostgreSQL server begins with: made once, and copied for every other server of the process.
 */

/**
 * Makes `data` in a directory. `blank` is where a server that is begun in its directory leaves a copy, which others without
 * a password begin with: that takes a twentieth of the time of `initdb`.
 */
export async function makeData(
  dir: string,
  password: string | undefined,
  { bin, as, blank }: { bin: string; as: Deno.CommandOptions; blank: string },
): Promise<void> {
  if (password === undefined && isThere(blank)) {
    const failed = await run("cp", ["-R", blank, `${dir}/data`], as);
    if (failed !== undefined) throw new Error(failed);
    return;
  }
  const how = password === undefined ? ["trust"] : ["scram-sha-256", `--pwfile=${dir}/password`];
  if (password !== undefined) Deno.writeTextFileSync(`${dir}/password`, password);
  const make = ["-D", `${dir}/data`, "-U", "queuectl", "-E", "UTF8", "--no-sync", "-A", ...how];
  // a language whose order is not that of codes shows where the order of codes was not asked for
  const icu = ["--locale-provider=icu", "--icu-locale=en"];
  const made = [await run(`${bin}/initdb`, [...make, ...icu], as)];
  if (made[0] !== undefined) {
    if (isThere(`${dir}/data`)) Deno.removeSync(`${dir}/data`, { recursive: true });
    made.push(await run(`${bin}/initdb`, make, as));
  }
  if (made.at(-1) !== undefined) throw new Error(made.at(-1));
  if (blank !== `${dir}/blank`) return;
  const failed = await run("cp", ["-R", `${dir}/data`, `${blank}.new`], as);
  if (failed === undefined) Deno.renameSync(`${blank}.new`, blank);
}

/** Runs a program and returns what it complained of; undefined when it did well. */
export async function run(
  program: string,
  args: string[],
  as: Deno.CommandOptions,
): Promise<string | undefined> {
  const { success, stderr } = await new Deno.Command(program, {
    args,
    ...as,
    stdout: "null",
    stderr: "piped",
  })
    .output();
  return success ? undefined : new TextDecoder().decode(stderr).trim();
}

export function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
