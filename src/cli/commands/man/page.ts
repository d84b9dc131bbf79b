/**
 * @module
 * The manual page queuectl(1), from the command tree and the settings: what help says, in one place. Pure.
 */
import { describeRange, formatSetting, SETTINGS } from "../../../domain/settings.ts";
import { type CommandDefinition, GLOBAL_FLAGS, type Target } from "../../line/command.ts";
import type { Flags } from "../../line/flags.ts";
import { described, usageOf } from "../../line/help.ts";
import { bold, italic, list, paragraph, section, subsection } from "./roff.ts";

const ENVIRONMENT: readonly (readonly [string, string])[] = [
  ["QUEUECTL_HOME", "The home, unless --home names it."],
  ["QUEUECTL_STORE", "Where jobs are kept, unless --store names it."],
  ["HOME", "The home is .queuectl in this directory when nothing else names it."],
  ["NO_COLOR", "When it is set, nothing is printed in colour."],
  ["QUEUECTL_DEBUG", "When it is set, an error shows where it came from."],
];

const ENVIRONMENT_OF_JOBS: readonly (readonly [string, string])[] = [
  ["QUEUECTL_JOB_ID", "The id of the job."],
  ["QUEUECTL_ATTEMPT", "Which attempt this is: 1, 2, 3 …"],
  ["QUEUECTL_QUEUE", "The queue of the job."],
  ["QUEUECTL_GROUP", "The group of the job, where it is of one."],
  ["QUEUECTL_HOME", "The home, so that a job can enqueue others."],
  [
    "QUEUECTL_SAY",
    "A file to which it may append lines of JSON about how it is; see progress, snooze and alive.",
  ],
  ["QUEUECTL_RESULT", "A file for its result, of at most 64 KiB; see result."],
  [
    "QUEUECTL_NEEDS",
    "Of a job that needs others, a JSON file of what has become of them, by their ids, with their results.",
  ],
  [
    "QUEUECTL_CHECKPOINT",
    "A file of at most 64 KiB that the next attempt finds again. It is best written under another name and renamed.",
  ],
  [
    "QUEUECTL_STORE",
    "The store, where the home does not name it, so that a job can enqueue others: never with a password.",
  ],
  ["QUEUECTL_RUN", "Names this attempt: all processes with it belong to the job, and end with it."],
];

const FILES: readonly (readonly [string, string])[] = [
  [
    "queue.db",
    "The database, an SQLite file, with queue.db-wal and queue.db-shm beside it while it is in use.",
  ],
  ["store", "The address of the store, where that was chosen with store use."],
  ["doorbell", "An empty file that is touched when something has changed."],
  ["waiting", "An empty file that is touched by whoever waits for the database to be free."],
  ["spool/", "What running attempts print, and how they ended."],
  ["logs/", "What background workers did: worker-….log for each, and supervisors.log."],
];

const EXIT_STATUS: readonly (readonly [string, string])[] = [
  ["0", "Done."],
  ["1", "The answer is no: no such job, a job that did not complete, a problem found."],
  ["2", "Wrong usage or bad input; nothing was changed."],
  ["3", "The home or its database cannot be used."],
  ["4", "A permission is missing; the message names the flag that gives it."],
];

/** The page in roff, for a program of this version. */
export function manualPage(root: Target, version: string): string {
  const { brief, description = "", examples } = root.definition;
  return [
    `.TH QUEUECTL 1 "" "queuectl ${version}" "User Commands"`,
    // Commands that are broken at a hyphen or stretched cannot be copied.
    ".nh",
    ".ad l",
    ...section("NAME", [`queuectl \\- ${brief.charAt(0).toLowerCase()}${brief.slice(1)}`]),
    ...section("SYNOPSIS", [
      `${bold("queuectl")} ${italic("COMMAND")} [${italic("WORD…")}] [${italic("FLAGS")}]`,
    ]),
    ...section("DESCRIPTION", [
      ...paragraph(`${description} Everything is kept in one directory, the home.`),
      ...paragraph(
        "A duration is a number of seconds, or 90s, 10m, 1h30m, 2d, 1w, 90 minutes. A job is named by its id.",
      ),
      ...examplesOf(examples),
    ]),
    ...section("OPTIONS", [
      ...paragraph("Every command takes these, anywhere before a --."),
      ...flagList(GLOBAL_FLAGS),
      ...list([
        [`${bold("-h")}, ${bold("--help")}`, "print help for a command"],
        [`${bold("-V")}, ${bold("--version")}`, "print the version"],
      ]),
    ]),
    ...section("COMMANDS", [...commandsOf(root, ["queuectl"])]),
    ...section("SETTINGS", [
      ...paragraph("They are changed with queuectl config set; running workers follow at once."),
      ...list(SETTINGS.map((one) => [
        bold(one.key),
        `${sentence(one.brief)} Takes ${describeRange(one)}. Default: ${formatSetting(one, one.default)}.`,
      ])),
    ]),
    ...section("ENVIRONMENT", [
      ...inBold(ENVIRONMENT),
      ...paragraph("Jobs have the environment of their worker, and besides:"),
      ...inBold(ENVIRONMENT_OF_JOBS),
    ]),
    ...section("FILES", [
      ...paragraph("In the home, ~/.queuectl by default, which only its owner may enter:"),
      ...inBold(FILES),
    ]),
    ...section("EXIT STATUS", inBold(EXIT_STATUS)),
    ...section("SEE ALSO", [
      ["sh(1)", "nohup(1)", "batch(1)", "cron(8)", "systemd.unit(5)"].map((page) =>
        `${bold(page.slice(0, -3))}${page.slice(-3)}`
      ).join(", "),
    ]),
  ].join("\n");
}

function* commandsOf({ definition }: Target, path: readonly string[]): Generator<string> {
  if (!("routes" in definition)) return yield* commandPart(definition, path);
  const aliases = Object.entries(definition.aliases ?? {});
  for (const [name, target] of Object.entries(definition.routes)) {
    yield* commandsOf(target, [...path, name]);
    const others = aliases.filter(([, meant]) => meant === name).map(([alias]) => [...path, alias].join(" "));
    if (others.length > 0) {
      yield* paragraph(`${others.length > 1 ? "Other names" : "Another name"} for it: ${others.join(", ")}.`);
    }
  }
}

function commandPart(definition: CommandDefinition, path: readonly string[]): string[] {
  const { brief, description, examples, flags = {}, words } = definition;
  const takes = words ? ` ${italic(usageOf(words))}` : "";
  const hasFlags = Object.keys(flags).length > 0;
  return subsection(`${bold(path.join(" "))}${takes}${hasFlags ? ` [${italic("FLAGS")}]` : ""}`, [
    ...paragraph([sentence(brief), description].filter(Boolean).join(" ")),
    ...(words ? list([[italic(words.placeholder), words.brief]]) : []),
    ...flagList(flags),
    ...examplesOf(examples),
  ]);
}

function flagList(flags: Flags): string[] {
  return list(
    described(flags).map(({ short, long, value, brief }) => {
      const names = [short, long].filter((one) => one !== undefined).map(bold).join(", ");
      return [value === "" ? names : `${names} ${italic(value)}`, brief];
    }),
  );
}

function examplesOf(examples: CommandDefinition["examples"]): string[] {
  return [
    ...paragraph(examples.length === 1 ? "Example:" : "Examples:"),
    ...list(examples.map(([words, brief]) => [bold(`queuectl ${words}`), brief])),
  ];
}

function inBold(items: readonly (readonly [string, string])[]): string[] {
  return list(items.map(([thing, text]) => [bold(thing), text]));
}

function sentence(brief: string): string {
  return `${brief.charAt(0).toUpperCase()}${brief.slice(1)}.`;
}
