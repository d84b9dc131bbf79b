/**
 * @module
 * `SHA256SUMS`: what `sha256sum -c` reads.
 */

/** The lines for some files of a directory, by their names. */
export async function sumsOf(dir: string, names: readonly string[]): Promise<string> {
  let lines = "";
  for (const name of names) {
    const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(`${dir}/${name}`));
    lines += `${new Uint8Array(digest).toHex()}  ${name}\n`;
  }
  return lines;
}
