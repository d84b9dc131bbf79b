/**
 * @module
 * Small libraries in C that change what a process sees of the system, loaded before everything else.
 */
import { fileURLToPath } from "node:url";

/** Why that is not possible here; undefined when it is. */
export function whyNoPreload(): string | undefined {
  if (Deno.build.os !== "linux") return "only Linux lets libraries be loaded before everything else";
  try {
    new Deno.Command("cc", { args: ["--version"], stdout: "null", stderr: "null" }).outputSync();
    return undefined;
  } catch {
    return "there is no C compiler, cc";
  }
}

/** Compiles a source file of this folder, and returns the environment in which a process loads it. */
export async function preload(source: string, directory: string): Promise<{ LD_PRELOAD: string }> {
  const library = `${directory}/${source}.so`;
  const path = fileURLToPath(new URL(source, import.meta.url));
  const { success, stderr } = await new Deno.Command("cc", {
    args: ["-shared", "-fPIC", "-O1", "-o", library, path],
  }).output();
  if (!success) throw new Error(`cc failed: ${new TextDecoder().decode(stderr)}`);
  return { LD_PRELOAD: library };
}
