/**
 * @module
 * The routes of settings.
 */
import { BadInput } from "../../domain/errors.ts";
import { findSetting, formatSetting, parseSetting, SETTINGS } from "../../domain/settings.ts";
import type { Store } from "../../store/contract.ts";
import { settingEntries, settingJson } from "../../views/settings_json.ts";
import { type Input, isObject } from "../inputs.ts";
import { defineRoute, type Route } from "../route.ts";
import { listOf, record, SETTING } from "../schemas.ts";

const tag = "settings";
const answer = {
  description: "All settings as they are now",
  schema: record({ settings: listOf(SETTING) }),
};

const CHANGES: Input<Record<string, unknown>> = {
  brief: "the new values by their keys; null puts a setting back to its default",
  schema: {
    type: "object",
    properties: Object.fromEntries(
      SETTINGS.map(({ key, brief }) => [key, { type: ["string", "number", "null"], description: brief }]),
    ),
    additionalProperties: false,
    minProperties: 1,
  },
  takes: "an object with at least one setting",
  read: (value) => isObject(value) && Object.keys(value).length > 0 ? value : undefined,
};

async function allSettings(store: Store): Promise<unknown> {
  return { settings: (await settingEntries(store, SETTINGS)).map(settingJson) };
}

/** The routes. */
export const SETTING_ROUTES: readonly Route[] = [
  defineRoute({
    method: "GET",
    url: "/settings",
    summary: "All settings: their values, defaults, ranges and meanings",
    tag,
    answer,
    run: ({ store }) => allSettings(store),
  }),
  defineRoute({
    method: "PATCH",
    url: "/settings",
    summary: "Changes settings, all or none; running workers follow within two seconds",
    tag,
    body: CHANGES,
    answer,
    async run({ store, body, machine }) {
      const changes = Object.entries(body).map(([name, value]): [string, string | null] => {
        const setting = findSetting(name);
        if (value === null) return [setting.key, null];
        if (typeof value !== "string" && typeof value !== "number") {
          throw new BadInput(`Cannot use ${setting.key} ${JSON.stringify(value)}: it takes text or a number`);
        }
        return [setting.key, formatSetting(setting, parseSetting(setting, String(value)))];
      });
      for (const [key, value] of changes) {
        if (key === "shell" && value !== null) await machine.checkShell(value);
      }
      await store.changeSettings(new Map(changes));
      return await allSettings(store);
    },
  }),
];
