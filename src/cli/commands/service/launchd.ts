/**
 * @module
 * The property list for launchd, on macOS. Pure.
 *
 * Its invariant is that of `systemd.ts`: to stop it takes moments and interrupts no job, since launchd then signals
 * only the worker process, which leaves what it runs, and lets its children be.
 */
import { BadInput } from "../../../domain/errors.ts";
import { quoteWords } from "../../../system/shell_words.ts";
import { visible } from "../../show/terminal.ts";
import type { Kind, Service } from "./service.ts";

/** Agents of a user, and daemons of the whole machine. */
export const launchd: Kind = { unit, path, install };

/** Seconds between two starts, and between SIGTERM and SIGKILL. */
const RESTART_SECONDS = 5;
const STOP_SECONDS = 10;

function unit(service: Service): string {
  const { name, words, user } = service;
  const entries = [
    entry("Label", string(name)),
    ...(user === null ? [] : [entry("UserName", string(user))]),
    entry(
      "ProgramArguments",
      ["<array>", ...words.map((word) => `  ${string(word)}`), "</array>"].join("\n  "),
    ),
    entry("RunAtLoad", "<true/>"),
    "<!-- Started again unless it ended well, as after queuectl worker stop. -->",
    entry("KeepAlive", "<dict>\n    <key>SuccessfulExit</key>\n    <false/>\n  </dict>"),
    entry("ThrottleInterval", `<integer>${RESTART_SECONDS}</integer>`),
    "<!-- To stop takes moments: the worker leaves what it runs, and jobs run on; the next start adopts them. -->",
    entry("AbandonProcessGroup", "<true/>"),
    entry("ExitTimeOut", `<integer>${STOP_SECONDS}</integer>`),
    "<!-- Otherwise jobs would be slowed down. -->",
    entry("ProcessType", string("Interactive")),
    entry("StandardOutPath", string(logOf(service))),
    entry("StandardErrorPath", string(logOf(service))),
  ];
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- Printed by queuectl service print. -->
<plist version="1.0">
<dict>
  ${entries.join("\n  ")}
</dict>
</plist>
`;
}

function path({ name, user }: Service, userHome: string): string {
  return user === null
    ? `${userHome}/Library/LaunchAgents/${name}.plist`
    : `/Library/LaunchDaemons/${name}.plist`;
}

function install(service: Service, userHome: string): readonly string[] {
  const logs = `mkdir -p -m 700 ${quoteWords([service.home, logsOf(service)])}`;
  const domain = service.user === null ? 'gui/"$(id -u)"' : "system";
  return [
    service.user === null ? logs : `sudo -u ${quoteWords([service.user])} ${logs}`,
    `launchctl bootstrap ${domain} ${inShell(path(service, userHome))}`,
    ...(service.user === null
      ? ["# an agent ends when you log out; --system --user NAME runs it from boot on"]
      : []),
  ];
}

/** A leading `~` is for the shell to replace. */
function inShell(path: string): string {
  return path.startsWith("~/") ? `~/${quoteWords([path.slice(2)])}` : quoteWords([path]);
}

function logsOf({ home }: Service): string {
  return `${home}/logs`;
}

/** Where what `worker start` prints goes: launchd would throw it away. */
function logOf(service: Service): string {
  return `${logsOf(service)}/${service.name}.log`;
}

function entry(key: string, value: string): string {
  return `<key>${key}</key>\n  ${value}`;
}

function string(text: string): string {
  return `<string>${escapeXml(text)}</string>`;
}

/**
 * Text as it stands in XML. A reader turns a bare carriage return into a newline, so it is written as a reference.
 * @throws {BadInput} for what XML cannot say at all
 */
export function escapeXml(text: string): string {
  // deno-lint-ignore no-control-regex -- the point is to find them
  if (/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\p{Cs}]/u.test(text)) {
    throw new BadInput(
      `Cannot write "${visible(text)}" into a property list: it has characters that XML lacks`,
    );
  }
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll(
    "\r",
    "&#13;",
  );
}
