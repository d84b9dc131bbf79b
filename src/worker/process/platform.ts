/**
 * @module
 * What queuectl has to know of the operating system's processes. Everybody goes through this interface; `this_platform.ts`
 * chooses whose it is.
 */

import type { Limits } from "./limits.ts";

export type { Limits };

/** The variable whose value names a run in the environment of all its processes. */
export const RUN_VARIABLE = "QUEUECTL_RUN";

/** What says which run a process belongs to, and where that says something of itself, when it belongs to none. */
export const NO_RUN: Readonly<Record<string, string>> = {
  [RUN_VARIABLE]: "",
  QUEUECTL_SAY: "",
  QUEUECTL_RESULT: "",
  QUEUECTL_CHECKPOINT: "",
  QUEUECTL_NEEDS: "",
};

/** The processes of an operating system. */
export interface Platform {
  /** The programs that `--allow-run` has to name. */
  readonly programs: readonly string[];
  /** By which a person asks a worker to stop. */
  readonly stopSignals: readonly Deno.Signal[];
  /** For one worker that starts commands. */
  launcher(): Launcher;
  /**
   * The runs whose first process is alive, by mark, or undefined when nobody can tell. A mark is a run's token or its
   * whole spool; none is part of another.
   */
  findRuns(marks: readonly string[], byToken: boolean): Promise<Map<string, Found> | undefined>;
  /** Sends a signal to every process of a run, or none with signal 0, and returns those that are there. */
  signalTree(tree: Tree, signal: TreeSignal, byToken: boolean): Promise<Signalled[]>;
  /**
   * What the processes of runs take of the host now, by token; without those of which none was found. Undefined where
   * nobody can tell.
   */
  usageOf(tokens: readonly string[], byToken: boolean): Promise<Map<string, RunUsage> | undefined>;
  /** What runs can be stopped, and go on: `signalTree` takes STOP and CONT. */
  readonly canPause: boolean;
  /**
   * Lets process groups stand still until what is returned is disposed of, or this thread is gone; one call at a time.
   * `setsid` is as in `Host`. Rejects when it cannot be done now.
   */
  haltGroups(groups: readonly number[], how: { setsid: boolean }): Promise<Halted>;
  /** Asks the machine. */
  probeHost(): Promise<Host>;
  /** Asks the machine; undefined where commands run within no limits at all. */
  probeLimits(): Promise<HostLimits | undefined>;
  /** Starts a program, given as words, that goes on without this process and its terminal; `log` gets its output. */
  startInBackground(program: readonly string[], log: string): Promise<Background>;
  /** Variables that this process has and that what it starts does not get; see `Host.withheld` for their values. */
  withheldNames(): Promise<string[]>;
  /** Whether a variable is set, also one that may not be read; undefined where nobody can tell. */
  hasVariable(name: string): Promise<boolean | undefined>;
  /** Whether there is a program by this name or path. */
  hasProgram(name: string): Promise<boolean>;
  /** The absolute paths of all programs with one of these names on the PATH. None on a system without services of ours. */
  findOnPath(names: readonly string[]): Promise<string[]>;
  /** Whether a program runs commands as a shell does. */
  isShell(program: string): Promise<boolean>;
  /**
   * Gives back to the disk what a file holds in a range, which reads as zeros from then on. Returns false where that
   * cannot be done.
   */
  punchHole(path: string, range: { from: number; length: number }): Promise<boolean>;
  /**
   * Finds the removed files below a directory that some process still has open, and empties those larger than `most`.
   * None where nobody can tell.
   */
  emptyRemoved(directory: string, most: number): Promise<RemovedFile[]>;
  /** What a command prints is appended to its files also when they have become shorter meanwhile. */
  readonly appends: boolean;
  /** The disk that a directory is on; undefined when nobody can tell. */
  disk(directory: string): Promise<Disk | undefined>;
  /** Whether the runtime can tell where this program is; asked in vain, it would crash. */
  knowsOwnPath(): Promise<boolean>;
}

/** Process groups stand still. */
export interface Halted extends Disposable {
  /** Which do. */
  halted: ReadonlySet<number>;
}

/** What the processes of a run take of the host. */
export interface RunUsage {
  /** The memory that they have together, in bytes; what several of them share counts for each. */
  memory: number;
  /** The most that one of them has had, in bytes. */
  largest: number;
  /** Their CPU time and that of those they have waited for, in ms. */
  cpuMs: number;
}

/** A file that was removed while some process has it open. */
export interface RemovedFile {
  /** Where it was. */
  path: string;
  /** Its size when it was found. */
  size: number;
}

/** A disk. */
export interface Disk {
  /** A device, or `host:/path`. */
  source: string;
  /** The kind of its file system, such as `ext4`; undefined where the system does not say. */
  type: string | undefined;
  /** How many bytes this user can still write. */
  available: number;
}

/** One command to run. */
export interface Launch {
  /** Any shell text. */
  command: string;
  /** `sh`, or the name or path of another shell that takes `-c COMMAND`; on Windows `cmd`. */
  shell: string;
  /** The path that the names of the spool files begin with. */
  spool: string;
  /** The file in the same directory in which commands without a witness note their ends. */
  endsFile: string;
  /** The directory to run in; null is this process's own. */
  cwd: string | null;
  /** Laid over this process's own environment. */
  env: Readonly<Record<string, string>>;
  /** It reads what has been put into the spool for it; unless given, its stdin is closed. */
  reads?: boolean;
  /** It will probably take moments only, and `sh` does not run its EXIT trap when a signal ends it. */
  brief: boolean;
  /** It runs within these; left out is as the host has it. */
  limits?: Limits;
  /** As in `Host`. */
  byToken: boolean;
  /** As in `Host`. */
  setsid: boolean;
}

/** Which limits the machine sees to. */
export interface HostLimits {
  /** Commands can give way to others. */
  nice: boolean;
  /** They can do so at the disk. */
  io: boolean;
  /** CPU time can be limited, to at most so many seconds; null is any number. */
  cpuTime: boolean;
  /** See `cpuTime`. */
  mostCpuSeconds: number | null;
  /** Address space can be limited, to at most so many KiB; null is any number. */
  memory: boolean;
  /** See `memory`. */
  mostMemoryKib: number | null;
  /** The number of processes can be limited. */
  maxProcs: boolean;
  /** This is root, whom that does not hold for. */
  root: boolean;
  /** A command is ended before its worker where memory runs out. */
  expendable: boolean;
}

/** Starts commands. Disposing of it ends none of them. */
export interface Launcher extends AsyncDisposable {
  /**
   * Starts a command with its stdin closed or from the spool, and its output going there, in a session that it shares with no other
   * command that runs.
   * @throws when it cannot be started, for example because `cwd` does not exist
   */
  launch(launch: Launch): Launched;
}

/** A command that was started. */
export interface Launched {
  /** Resolves when its first process has ended, or when nobody waits for it any more. */
  ended: Promise<LaunchEnd>;
  /** There is a witness, which leaves the end as a file of its own. */
  witnessed: boolean;
  /** As in `Tree`; to be asked by those who are about to end it. */
  root(): number | null;
  /** The number of its process group as long as that is certain to be its own; null where it is known to have none. */
  group(): number | null;
}

/**
 * How the first process of a command ended, with the CPU time of all that was waited for, in ms, where the spool does not
 * say it. `failed`: it could not be started. `unstarted`:
 * it has never begun and never will. `orphaned`: a signal ended
 * the shell that waited for it; it may run on, and how it ends shows in the spool.
 */
export type LaunchEnd =
  | { kind: "ended"; code: number; signal: string | null; cpuMs?: number }
  | { kind: "failed"; error: string }
  | { kind: "unstarted" }
  | { kind: "orphaned"; signal: string | null };

/** The first process of a run. */
export interface Found {
  /** The pid of the leader of its process group: its own, if it was started in a group of its own. */
  group: number;
  /** For how long it has been running, in ms by the machine's monotonic clock where that tells. */
  ageMs: number;
}

/** A signal to the processes of a run; 0 is none, and only looks. */
export type TreeSignal = "TERM" | "KILL" | "STOP" | "CONT" | "0";

/** The processes of a run. */
export interface Tree {
  /** What `QUEUECTL_RUN` is in the environment of its processes. */
  token: string;
  /** Its spool, where some of them may be told by nothing but that they print there. */
  spool?: string;
  /**
   * The pid of its first process, or of the leader of its group, as long as it is certain to be that: a pid is never
   * used after its process may have been reaped.
   */
  root: number | null;
  /** Processes of it that were seen before, and may be told by nothing else any more. */
  seen?: readonly Signalled[];
  /** The pid of one that STOP leaves alone: it waits for the others, and shall notice when they are killed. */
  waiter?: number | null;
}

/** A process of a run that was there when it was signalled. */
export interface Signalled {
  /** Its pid. */
  pid: number;
  /** Its parent's, where that is known. */
  parent: number | null;
  /** Tells it from others that had its pid or will have it. */
  start: string;
  /** It is another user's, and may not be signalled. */
  refused: boolean;
  /** It stood still already, or waits for the kernel and will then. */
  still: boolean;
}

/** The machine, as far as its processes are concerned. */
export interface Host {
  /** The host's name. */
  name: string;
  /** Names this boot of the host; empty where the system does not say. */
  bootId: string;
  /** Names the table of processes that can be seen from here: containers have their own. Empty as above. */
  pidNamespace: string;
  /** Whether the processes of a run can be told by its token; else only by its process group. */
  byToken: boolean;
  /** Whether `sh` runs its EXIT trap also when a signal ends it, as bash does: then the trap says nothing of its end. */
  trapsOnSignal: boolean;
  /** There is a `setsid`, which makes the process that becomes it the first of a session of its own. */
  setsid: boolean;
  /** Variables of this process that its children do not get from it. */
  withheld: Withheld;
}

/** What is withheld from what this process starts. */
export interface Withheld {
  /** The variables whose values are known. */
  values: Readonly<Record<string, string>>;
  /** The names of those whose values nobody can tell, or that no shell could export. */
  unknown: readonly string[];
}

/** A program in the background. */
export interface Background {
  /** It was seen to have ended. */
  readonly ended: boolean;
  /** Its processes. */
  pids(): Promise<readonly number[]>;
  /** Lets this process end before it. */
  leave(): void;
}
