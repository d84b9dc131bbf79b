/**
 * @module
 * What to know about the machine before running commands on it.
 */
import { runShell } from "./shell.ts";
import { type Withheld, withheld } from "./withheld.ts";

/** The machine, as far as its processes are concerned. */
export interface Host {
  /** The host's name. */
  name: string;
  /** Names this boot of the host; empty where the system does not say. */
  bootId: string;
  /** Names the table of processes that can be seen from here: containers have their own. Empty as above. */
  pidNamespace: string;
  /** Whether `/proc` shows the processes' command lines and environments. */
  procfs: boolean;
  /** Whether `sh` runs its EXIT trap also when a signal ends it, as bash does: then the trap says nothing of its end. */
  trapsOnSignal: boolean;
  /** Whether this process has a controlling terminal, whose signals would reach its children. */
  terminal: boolean;
  /** Variables of this process that its children do not get from it. */
  withheld: Withheld;
}

const PROBE = `uname -n
boot=; [ -r /proc/sys/kernel/random/boot_id ] && read -r boot </proc/sys/kernel/random/boot_id; echo "$boot"
space=$(readlink /proc/self/ns/pid 2>/dev/null); echo "$space"
[ -r /proc/self/environ ] && command -v grep >/dev/null && echo yes || echo no
[ "$(sh -c 'trap "echo trapped" EXIT; kill $$' 2>/dev/null)" = trapped ] && echo yes || echo no
(: </dev/tty) 2>/dev/null && echo yes || echo no`;

/** Asks the machine. */
export async function probeHost(): Promise<Host> {
  const lines = (await runShell(PROBE, [])).split("\n");
  const [name = "", bootId = "", pidNamespace = "", procfs, trapsOnSignal, terminal] = lines;
  return {
    name,
    bootId,
    pidNamespace,
    procfs: procfs === "yes",
    trapsOnSignal: trapsOnSignal === "yes",
    terminal: terminal === "yes",
    withheld: await withheld(),
  };
}
