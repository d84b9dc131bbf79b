/**
 * @module
 * The words after `deno task build`, read strictly: what to build, for which platforms, and where to put it.
 */
import { BadInput } from "../../src/domain/errors.ts";
import { nearest } from "../../src/domain/nearest.ts";

/** The platforms for which Deno has the base of an executable. */
export const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
] as const;

/** One of them. */
export type Target = typeof TARGETS[number];

/** What to build. */
export interface BuildOptions {
  /** The directory that everything goes to. */
  out: string;
  /** Platforms to compile for, each into a file that is named after it; empty is this one, as `queuectl`. */
  targets: readonly Target[];
  /** Compile nothing. */
  bundleOnly: boolean;
}

/** How to call it. */
export const USAGE = `Usage: deno task build [--target TARGET]… [--all] [--bundle-only] [--out DIR]

  --target TARGET  an executable for this platform, named after it: ${TARGETS.join(",\n                   ")}
  --all            for all of them; deno task build:all
  --bundle-only    only queuectl.js, which runs on any platform that has Deno
  --out DIR        where to put it all (default: dist)`;

const FLAGS = ["--target", "--all", "--bundle-only", "--out", "--help"];

/** Reads the words; null when they ask for help. @throws {BadInput} when they make no sense */
export function readOptions(words: readonly string[]): BuildOptions | null {
  const targets = new Set<Target>();
  let out = "dist", all = false, bundleOnly = false;
  const left = words.flatMap((word) => /^--\w[^=]*=/.test(word) ? splitOnce(word) : [word]);
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (word === "--help" || word === "-h") return null;
    else if (word === "--all") all = true;
    else if (word === "--bundle-only") bundleOnly = true;
    else if (word === "--out") out = valueOf(word, left.shift());
    else if (word === "--target") targets.add(readTarget(valueOf(word, left.shift())));
    else if (word.startsWith("-")) throw new BadInput(`Unknown flag ${word}${suggestion(word, FLAGS)}`);
    else throw new BadInput(`Unexpected word "${word}"; --help shows what it takes`);
  }
  if (bundleOnly && (all || targets.size > 0)) {
    throw new BadInput("Cannot use --bundle-only with a platform: the bundle is for all of them");
  }
  return { out, targets: all ? TARGETS : [...targets], bundleOnly };
}

function splitOnce(word: string): string[] {
  const at = word.indexOf("=");
  return [word.slice(0, at), word.slice(at + 1)];
}

function valueOf(flag: string, value: string | undefined): string {
  if (value) return value;
  throw new BadInput(`Missing a value for ${flag}; --help shows what it takes`);
}

function readTarget(value: string): Target {
  const target = TARGETS.find((one) => one === value);
  if (target) return target;
  throw new BadInput(`Unknown target "${value}": there are ${TARGETS.join(", ")}`);
}

function suggestion(word: string, known: readonly string[]): string {
  const close = nearest(word, known);
  return close ? `, did you mean ${close}?` : "; --help shows what it takes";
}
