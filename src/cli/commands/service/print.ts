/**
 * @module
 * `queuectl service print`: a unit file that runs workers at boot. It prints, and installs nothing.
 */
import { BadInput } from "../../../domain/errors.ts";
import { holdsPassword } from "../../../domain/secrets.ts";
import { VARIABLES_OF_QUEUECTL } from "../../../domain/spec.ts";
import { readThings } from "../../../domain/units.ts";
import { nameFor } from "../../../store/choice.ts";
import { envVariable } from "../../../system/environment.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import type { Context } from "../../line/context.ts";
import { text, toggle } from "../../line/flags.ts";
import { ownProgram } from "../own_program.ts";
import { WORKER_FLAGS } from "../worker/flags.ts";
import { readQueues } from "../worker/queues.ts";
import { lastingPath } from "./lasting_path.ts";
import type { Kind, Service } from "./service.ts";

const KINDS = {
  systemd: async (): Promise<Kind> => (await import("./systemd.ts")).systemd,
  launchd: async (): Promise<Kind> => (await import("./launchd.ts")).launchd,
} as const;

/** What a file of a unit may be called, and users. */
const NAME = /^[A-Za-z0-9][\w.:-]{0,199}$/;
// deno-lint-ignore no-control-regex -- the point is to refuse control characters
const USER = /^[^-\s/:\x00-\x1f\x7f][^\s/:\x00-\x1f\x7f]{0,255}$/;

export const command: Target = defineCommand({
  brief: "Print a unit file that runs workers at boot",
  description:
    "For systemd or launchd, whichever this system has: workers start at boot, go on after logout, and start again " +
    "when they fail. To stop or restart them takes moments and interrupts no job: what runs goes on, and the next " +
    "start adopts it. How to install the file is said on standard error.",
  examples: [
    ["service print > ~/.config/systemd/user/queuectl.service", "workers of your own, on Linux"],
    ["service print --count 4 --queue mail --name queuectl-mail", "four workers for one queue"],
    ["service print --system --user ci --home /srv/ci/queue", "workers that the whole machine looks after"],
  ],
  flags: {
    systemd: toggle("for systemd (default: on Linux)"),
    launchd: toggle("for launchd (default: on macOS)"),
    system: toggle("for the whole machine, not for one user's own services"),
    user: text("NAME", "with --system, whom the workers run as (default: root)"),
    name: text("NAME", "what the service is called (default: queuectl)"),
    ...WORKER_FLAGS,
  },
  async run(context, flags) {
    const name = kindOf(flags);
    const service = await serviceOf(context, flags);
    const kind = await KINDS[name]();
    const userHome = envVariable("HOME") ?? "~";
    const path = kind.path(service, userHome);
    const unit = kind.unit(service);
    context.print.result({ kind: name, path, unit }, () => unit.trimEnd());
    context.print.hint(`Save it as ${path}, then run:`);
    for (const line of kind.install(service, userHome)) context.print.hint(`  ${line}`);
    if (service.words[0]!.includes("/_npx/")) {
      context.print.hint(
        `npx may remove ${service.words[0]}, which it names: install Deno, or the executable, to stay`,
      );
    }
  },
});

function kindOf({ systemd, launchd }: { systemd: boolean; launchd: boolean }): keyof typeof KINDS {
  if (systemd && launchd) {
    throw new BadInput("Cannot use --systemd with --launchd: a unit file is for one of them");
  }
  if (systemd || Deno.build.os === "linux" && !launchd) return "systemd";
  if (launchd || Deno.build.os === "darwin") return "launchd";
  throw new BadInput(`Cannot tell what starts services on ${Deno.build.os}: give --systemd or --launchd`);
}

/** What the flags say of a service. */
interface ServiceFlags {
  system: boolean;
  user: string | undefined;
  name: string | undefined;
  count: number | undefined;
  slots: number | undefined;
  queue: readonly string[] | undefined;
  has: readonly string[] | undefined;
}

async function serviceOf(context: Context, flags: ServiceFlags): Promise<Service> {
  const { system, user, name = "queuectl", count = 1, slots = 1 } = flags;
  if (!NAME.test(name)) {
    throw new BadInput(`Cannot use --name "${name}": it takes 1 to 200 of A-Z a-z 0-9 . _ : -`);
  }
  const queues = readQueues(flags.queue);
  checkUser(context, { system, user });
  const { home } = context;
  const [program, ...flagsOfProgram] = await ownProgram(context);
  const words = ["worker", "start", "--leave", "--home", home.dir];
  const { meant } = context;
  if (meant.address !== undefined && meant.said === meant.address && holdsPassword(meant.address)) {
    throw new BadInput(
      "Cannot put a password into a unit file: give --store file:PATH of a file with the address",
    );
  }
  const store = nameFor(home, meant);
  if (store !== undefined) words.push("--store", store);
  words.push(
    "--count",
    String(count),
    "--slots",
    String(slots),
    ...(queues ? ["--queue", queues.join(",")] : []),
    ...[...readThings(flags.has ?? [], VARIABLES_OF_QUEUECTL)].flatMap((
      [name, units],
    ) => ["--has", `${name}=${units}`]),
  );
  return {
    name,
    description: queues ? `queuectl workers for ${queues.join(" ")}` : "queuectl workers",
    words: [await lastingPath(program!), ...flagsOfProgram, ...words],
    home: home.dir,
    user: system ? user ?? "root" : null,
  };
}

/** Whoever may write to a home can run commands as the user whose workers serve it: it has to be that user's own. */
function checkUser(context: Context, { system, user }: { system: boolean; user: string | undefined }): void {
  if (user !== undefined && !system) {
    throw new BadInput("Cannot use --user without --system: your own services run as you");
  }
  if (user !== undefined && !USER.test(user)) {
    throw new BadInput(`Cannot use --user "${user}": that is no name of a user`);
  }
  if (user !== undefined && !context.homeIsNamed) {
    throw new BadInput(`Cannot tell where the home of ${user} is: give --home DIR`);
  }
  if (system && user === undefined && isOfAnotherThanRoot(context.home.dir)) {
    throw new BadInput(
      `Cannot run workers as root on "${context.home.dir}": it is another's, give --user NAME`,
    );
  }
}

function isOfAnotherThanRoot(dir: string): boolean {
  try {
    return (Deno.statSync(dir).uid ?? 0) !== 0;
  } catch {
    return false; // it is not there yet, or may not be looked at
  }
}
