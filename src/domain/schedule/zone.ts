/**
 * @module
 * Names of time zones. A schedule keeps the name, never an offset: what it means is for each day anew. Pure.
 */
import { BadInput } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { quote } from "../spec.ts";

/** The zone as it was named. @throws {BadInput} for one that there is not, naming the nearest */
export function readZone(said: unknown): string {
  const name = typeof said === "string" ? said.trim() : "";
  const takes = "it takes a name such as Europe/Berlin or UTC";
  if (name === "" || /^[+-]|^(?:utc|gmt)[+-]/i.test(name)) {
    throw new BadInput(`Cannot use tz ${quote(said)}: ${takes}`);
  }
  if (isZone(name)) return zones().find((zone) => zone.toLowerCase() === name.toLowerCase()) ?? name;
  const near = nearestZone(name);
  throw new BadInput(
    `Cannot use tz ${quote(said)}: there is no such time zone${
      near === undefined ? `; ${takes}` : `, did you mean "${near}"?`
    }`,
  );
}

/** The zone of this machine. */
export function zoneHere(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function zones(): string[] {
  return ["UTC", ...Intl.supportedValuesOf("timeZone")];
}

/** The zone that was meant: by its whole name, else by the name of its city. */
export function nearestZone(name: string): string | undefined {
  const all = zones();
  const whole = nearest(name, all);
  if (whole !== undefined) return whole;
  const city = (zone: string) => zone.slice(zone.lastIndexOf("/") + 1);
  const near = nearest(city(name).replaceAll(" ", "_"), all.map(city));
  return all.find((zone) => city(zone) === near);
}
