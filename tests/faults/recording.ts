/**
 * @module
 * What a process did to its files, act by act, as `recorder.c` saw it.
 */
import { fileURLToPath } from "node:url";
import { preload } from "./preload.ts";

/** One act. Paths are relative to the recorded directory, `""` is that directory itself. */
export type Act =
  | { act: "make" | "makeDirectory" | "flush" | "remove" | "unknown"; path: string }
  | { act: "write"; path: string; offset: number; bytes: Uint8Array<ArrayBuffer> }
  | { act: "truncate"; path: string; size: number }
  /** `length` bytes on stdout. */
  | { act: "print"; length: number };

/** In the order of the numbers in `recorder.c`, which begin at 1. */
const ACTS = ["make", "makeDirectory", "write", "truncate", "flush", "remove", "print", "unknown"] as const;

/** What is recorded, and by what. */
export interface RecordOptions {
  /** The directory whose files are watched. */
  directory: string;
  /** An empty directory for the recorder and its log. */
  scratch: string;
  /** What the program reads. */
  stdin: string;
}

/** Runs a program of this folder to its end and returns what it did. @throws when it fails */
export async function record(program: string, options: RecordOptions): Promise<Act[]> {
  const { directory, scratch, stdin } = options;
  const log = `${scratch}/log`;
  const path = fileURLToPath(new URL(program, import.meta.url));
  const env = { ...await preload("recorder.c", scratch), RECORD_DIR: directory, RECORD_LOG: log };
  await run(
    Deno.execPath(),
    ["run", "--no-prompt", "--quiet", "--no-check", "--allow-all", path],
    env,
    stdin,
  );
  return [...acts(await Deno.readFile(log), directory)];
}

async function run(program: string, args: string[], env: Record<string, string>, input: string) {
  const command = new Deno.Command(program, { args, env, stdin: "piped", stdout: "piped", stderr: "piped" });
  const child = command.spawn();
  const output = child.output();
  const stdin = child.stdin.getWriter();
  await stdin.write(new TextEncoder().encode(input));
  await stdin.close();
  const { success, stderr } = await output;
  if (!success) throw new Error(`${program} failed: ${new TextDecoder().decode(stderr)}`);
}

/** Bytes of a record's header: kind, length of the path, offset, length. */
const HEADER = 24;

function* acts(log: Uint8Array<ArrayBuffer>, directory: string): Iterable<Act> {
  const view = new DataView(log.buffer);
  const text = new TextDecoder();
  for (let at = 0; at < log.length;) {
    const act = ACTS[view.getUint32(at, true) - 1]!;
    const pathEnd = at + HEADER + view.getUint32(at + 4, true);
    const offset = Number(view.getBigUint64(at + 8, true));
    const length = Number(view.getBigUint64(at + 16, true));
    const path = text.decode(log.subarray(at + HEADER, pathEnd)).slice(directory.length + 1);
    at = pathEnd;
    if (act === "write") {
      yield { act, path, offset, bytes: log.slice(at, at + length) };
      at += length;
    } else if (act === "truncate") {
      yield { act, path, size: offset };
    } else if (act === "print") {
      yield { act, length };
    } else {
      yield { act, path };
    }
  }
}
