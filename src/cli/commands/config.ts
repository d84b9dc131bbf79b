/**
 * @module
 * `queuectl config`: reads and changes the settings. A change is checked as a whole before any of it is stored.
 */
import { BadInput } from "../../domain/errors.ts";
import { findSetting, formatSetting, parseSetting, type Setting, SETTINGS } from "../../domain/settings.ts";
import { quoteWords } from "../../system/shell_words.ts";
import { settingEntries, settingJson } from "../../views/settings_json.ts";
import { defineCommand, defineGroup, type Target } from "../line/command.ts";
import type { Context } from "../line/context.ts";
import { type Flag, text } from "../line/flags.ts";

const KEYS = SETTINGS.map(({ key }) => key);

const list = defineCommand({
  brief: "List all settings, what they are and what they do",
  examples: [["config list", "all settings"], ["config list --json", "the same for programs"]],
  async run(context) {
    const { table } = await import("../show/table.ts");
    const entries = await settingEntries(await context.store(), SETTINGS);
    context.print.result(
      entries.map(settingJson),
      () =>
        table(context.print, {
          rows: entries,
          columns: [
            { title: "SETTING", value: ({ setting }) => setting.key },
            { title: "VALUE", value: ({ setting, value }) => formatSetting(setting, value) },
            { title: "SET", value: ({ set }) => set ? "yes" : "default" },
            { title: "WHAT IT IS", value: ({ setting }) => setting.brief },
          ],
        }),
    );
  },
});

const get = defineCommand({
  brief: "Print the value of a setting",
  examples: [["config get backoff-base", "one value"]],
  words: { placeholder: "KEY", brief: "the setting", min: 1, max: 1, choices: KEYS },
  async run(context, _flags, [key]) {
    const [entry] = await settingEntries(await context.store(), [findSetting(key!)]);
    context.print.result(settingJson(entry!), () => formatSetting(entry!.setting, entry!.value));
  },
});

const set = defineCommand({
  brief: "Change settings; running workers follow within two seconds",
  description: "Either all of the given values are taken or none.",
  examples: [
    ["config set max-retries 5", "one setting"],
    ["config set --max-retries 5 --backoff-base 2 --backoff-factor 3", "several at once"],
  ],
  flags: Object.fromEntries(SETTINGS.map((setting) => [fieldName(setting.key), flagFor(setting)])),
  words: { placeholder: "KEY VALUE", brief: "a setting and its new value", max: 2, choices: KEYS },
  async run(context, flags, words) {
    const wanted = new Map<Setting, string>();
    for (const setting of SETTINGS) {
      const value = flags[fieldName(setting.key)];
      if (value !== undefined) wanted.set(setting, value);
    }
    const [, key, value] = words.length === 1 ? /^([\w-]+)=(.*)$/s.exec(words[0]!) ?? [] : [];
    if (key !== undefined) {
      throw new BadInput(
        `Cannot set "${words[0]}": give the value as a word of its own, ${
          quoteWords(["config", "set", findSetting(key).key, value!])
        }`,
      );
    }
    if (words.length === 1) throw new BadInput(`Cannot set ${findSetting(words[0]!).key} without a value`);
    if (words.length === 2) {
      const setting = findSetting(words[0]!);
      if (wanted.has(setting)) throw new BadInput(`Cannot set ${setting.key} to two values at once`);
      wanted.set(setting, words[1]!);
    }
    if (wanted.size === 0) {
      throw new BadInput("Nothing to set: give KEY VALUE, or flags such as --max-retries 5");
    }
    const changes = [...wanted].map(([setting, value]): [string, string] => [
      setting.key,
      formatSetting(setting, parseSetting(setting, value)),
    ]);
    for (const [key, value] of changes) {
      if (key !== "shell") continue;
      const { checkShell } = await import("./check_shell.ts");
      await checkShell(value);
    }
    const store = await context.store();
    await store.changeSettings(new Map(changes));
    await printEntries(context, [...wanted.keys()]);
  },
});

const reset = defineCommand({
  brief: "Put settings back to their defaults",
  examples: [["config reset", "all of them"], ["config reset backoff-base", "one"]],
  words: { placeholder: "KEY", brief: "the settings; all when none is given", choices: KEYS },
  async run(context, _flags, keys) {
    const settings = keys.length === 0 ? SETTINGS : keys.map(findSetting);
    const store = await context.store();
    await store.changeSettings(new Map(settings.map(({ key }) => [key, null])));
    await printEntries(context, settings);
  },
});

export const command: Target = defineGroup({
  brief: "Read and change settings",
  description: "In names `-` and `_` are the same. Durations are seconds, or 90s, 10m, 1h30m, 2d.",
  examples: [["config list", "all settings"], ["config set max-retries 5", "change one"]],
  routes: { list, get, set, reset },
  aliases: { show: "list" },
});

/** `max_retries` as flags are named in code: `maxRetries` (`--max-retries`). */
function fieldName(key: string): string {
  return key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function flagFor({ brief, kind }: Setting): Flag<string | undefined> {
  return { ...text("VALUE", brief), choices: kind.type === "choice" ? kind.choices : [] };
}

async function printEntries(context: Context, settings: readonly Setting[]): Promise<void> {
  const entries = await settingEntries(await context.store(), settings);
  context.print.result(
    entries.map(settingJson),
    () =>
      entries.map(({ setting, value }) => `${setting.key} is ${formatSetting(setting, value)}`).join("\n"),
  );
}
