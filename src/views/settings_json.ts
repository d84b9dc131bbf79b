/**
 * @module
 * The settings as they hold now, and the same as JSON, on the command line and over HTTP.
 */
import { defaultOf, describeRange, type Setting, type Settings, settingsFrom } from "../domain/settings.ts";
import type { Store } from "../store/contract.ts";

/** A setting as it holds now. */
export interface SettingEntry {
  /** The setting. */
  setting: Setting;
  /** Its value now. */
  value: Settings[keyof Settings];
  /** What it is in this store unless somebody sets it. */
  default: Settings[keyof Settings];
  /** Somebody set it; otherwise it is the default. */
  set: boolean;
}

/** Asks the store for some settings. */
export async function settingEntries(
  store: Pick<Store, "settings" | "defaults">,
  settings: readonly Setting[],
): Promise<SettingEntry[]> {
  const stored = await store.settings();
  const { defaults } = store;
  const values = settingsFrom(stored, defaults);
  return settings.map((setting) => ({
    setting,
    value: values[setting.field],
    default: defaultOf(setting, defaults),
    set: stored.has(setting.key),
  }));
}

/** Durations in seconds, sizes in bytes. */
export function settingJson(
  { setting, value, default: otherwise, set }: SettingEntry,
): Record<string, unknown> {
  const inUnits = (one: Settings[keyof Settings]) =>
    setting.kind.type === "duration" ? one as number / 1000 : one;
  return {
    key: setting.key,
    value: inUnits(value),
    default: inUnits(otherwise),
    set,
    takes: describeRange(setting),
    brief: setting.brief,
  };
}
