/**
 * @module
 * How a command is kept within limits by means of `sh`: its process is forked off, limited there and becomes the
 * command's shell. A limit that cannot be set ends it before. Numbers and words of our own are all that comes into the
 * text.
 */
import { type Limits, REFUSED } from "../limits.ts";
import type { HostLimits } from "../platform.ts";
import { runShell } from "./shell.ts";

/** Above this the kernel kills; at the limit it sends SIGXCPU, which tells what happened. */
const CPU_GRACE_S = 5;

/** `idle`, and the last of the class that everybody else is in. */
const IO_CLASS: Readonly<Record<string, string>> = { idle: "-c 3", "best-effort": "-c 2 -n 7" };

/** Becomes `program`, words of the shell, in a process of its own that is limited. */
export function limited(program: string, { nice, io, cpuTimeMs, memory, maxProcs }: Limits): string {
  const words: string[] = [];
  const lines: string[] = [];
  if (nice) {
    lines.push(`command -v nice >/dev/null || exit ${REFUSED.nice}`);
    words.push(`nice -n ${nice}`);
  }
  if (io !== null) {
    const ionice = `ionice ${IO_CLASS[io]}`;
    lines.push(`${ionice} true 2>/dev/null || exit ${REFUSED.io}`);
    words.push(ionice);
  }
  if (cpuTimeMs !== null) {
    const seconds = Math.ceil(cpuTimeMs / 1000);
    lines.push(`ulimit -S -t ${seconds} || exit ${REFUSED.cpuTime}`, `ulimit -H -t ${seconds + CPU_GRACE_S}`);
  }
  if (memory !== null) lines.push(`ulimit -v ${Math.ceil(memory / 1024)} || exit ${REFUSED.memory}`);
  if (maxProcs !== null) {
    lines.push(
      `[ "$(id -u)" != 0 ] || exit ${REFUSED.root}`,
      // `-p` is that in dash and busybox, and the size of a pipe in bash, which cannot be set.
      `ulimit -u ${maxProcs} || ulimit -p ${maxProcs} || exit ${REFUSED.maxProcs}`,
    );
  }
  return `({ ${lines.map((line) => `${line}; `).join("")}} 2>/dev/null; exec ${
    [...words, program].join(" ")
  })`;
}

/**
 * A shell that runs this, and all that it starts, is rather ended by a kernel that runs out of memory than a worker. One that
 * is more so already stays as it is.
 */
export const EXPENDABLE =
  "{ read -r QUEUECTL_SLOT_OOM </proc/self/oom_score_adj && [ $QUEUECTL_SLOT_OOM -lt 500 ] && echo 500 >/proc/self/oom_score_adj; } 2>/dev/null; ";

/** A line for each limit: what it is, or nothing where it cannot be had. */
const PROBE = `command -v nice; echo
ionice -c 3 true 2>/dev/null && echo yes; echo
ulimit -H -t; echo
(ulimit -v 1048576) 2>/dev/null && ulimit -H -v; echo
[ "$(id -u)" = 0 ] && echo root || (ulimit -u 2>/dev/null || ulimit -p); echo
(read -r adj </proc/self/oom_score_adj && [ $adj -le 500 ] && echo 500 >/proc/self/oom_score_adj && echo yes) 2>/dev/null; echo
`;

/** Asks the machine. */
export async function probeLimits(): Promise<HostLimits> {
  const [nice, io, cpuTime, memory, maxProcs, expendable] = (await runShell(PROBE, [])).split("\n\n")
    .map((text) => text.trim());
  const most = (text: string | undefined) => text && /^\d+$/.test(text) ? Number(text) : null;
  return {
    nice: Boolean(nice),
    io: io === "yes",
    cpuTime: Boolean(cpuTime),
    mostCpuSeconds: most(cpuTime),
    memory: Boolean(memory),
    mostMemoryKib: most(memory),
    maxProcs: Boolean(maxProcs) && maxProcs !== "root",
    root: maxProcs === "root",
    expendable: expendable === "yes",
  };
}
