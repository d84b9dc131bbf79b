/**
 * @module
 * The unit file for systemd. Pure.
 *
 * Its invariant: to stop or restart the service takes moments and interrupts no job. SIGTERM reaches only the worker
 * process, which leaves what it runs (`--leave`); the jobs stay behind, and the next start adopts them.
 */
import type { Kind, Service } from "./service.ts";

/** Units for systemd: of a user, or of the whole machine. */
export const systemd: Kind = { unit, path, install };

function unit(service: Service): string {
  const { description, home, user } = service;
  const system = user !== null;
  return `# Printed by queuectl service print.
[Unit]
Description=${description}
${
    system
      ? SYSTEM_ORDER + requiredMounts(home)
      : ""
  }# What is missing now, such as a disk, may come: it never gives up.
StartLimitIntervalSec=0

[Service]
Type=exec
${system ? `User=${escapeSpecifiers(user)}\n` : ""}ExecStart=${commandLine(service.words)}
# To stop takes moments: the worker leaves what it runs, and only it is signalled. Jobs run on; the next start adopts them.
KillMode=process
TimeoutStopSec=10
# "queuectl worker stop" (0) is meant; wrong usage (2) and a missing permission (4) do not pass by themselves.
Restart=on-failure
RestartSec=5
RestartPreventExitStatus=2 4
# One job that is killed for want of memory is no reason to stop.
OOMPolicy=continue
# Jobs get the environment of this service. To give them more of it: Environment="PATH=/usr/local/bin:/usr/bin:/bin"

[Install]
WantedBy=${system ? "multi-user.target" : "default.target"}
`;
}

/** Jobs may need the network, and their times a clock that is right. */
const SYSTEM_ORDER = `Wants=network-online.target
After=network-online.target time-set.target
`;

function path({ name, user }: Service, userHome: string): string {
  return user === null
    ? `${userHome}/.config/systemd/user/${name}.service`
    : `/etc/systemd/system/${name}.service`;
}

function install({ name, user }: Service): readonly string[] {
  const own = user === null ? " --user" : "";
  return [
    `systemctl${own} daemon-reload`,
    `systemctl${own} enable --now ${name}.service`,
    ...(user === null
      ? ["loginctl enable-linger    # it runs from boot on, and when nobody is logged in"]
      : []),
    `journalctl${own} -u ${name}.service    # what its workers do`,
  ];
}

/** The mounts it waits for; a path that this setting cannot spell goes without. */
function requiredMounts(home: string): string {
  return hasControls(home) ? "" : `RequiresMountsFor=${escapeSpecifiers(quote(home))}\n`;
}

/** Characters that systemd has in no program's path, however they are written. */
// deno-lint-ignore no-control-regex -- control characters are among them
const NOT_IN_A_PROGRAM = /["'\\\x00-\x1f\x7f]/;

/** Words as `ExecStart=` takes them. Variables are replaced in all of them but the first, which names the program. */
export function commandLine(words: readonly string[]): string {
  const [program, ...args] = NOT_IN_A_PROGRAM.test(words[0]!)
    ? ["/bin/sh", "-c", 'exec "$0" "$@"', ...words]
    : words;
  const quoted = [quote(program!), ...args.map((arg) => quote(arg).replaceAll("$", "$$$$"))];
  return escapeSpecifiers(quoted.join(" "));
}

/** A word between double quotes, where it needs them: there, systemd knows the escapes of C. */
function quote(word: string): string {
  if (/^[\w@+:,./=$%-]+$/.test(word)) return word;
  // deno-lint-ignore no-control-regex -- the point is to write them out
  const escaped = word.replace(/["\\]/g, "\\$&").replace(/[\x00-\x1f\x7f]/g, (char) => {
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
  return `"${escaped}"`;
}

/** `%` begins a specifier in every value. */
function escapeSpecifiers(value: string): string {
  return value.replaceAll("%", "%%");
}

function hasControls(text: string): boolean {
  // deno-lint-ignore no-control-regex -- the point is to find them
  return /[\x00-\x1f\x7f]/.test(text);
}
