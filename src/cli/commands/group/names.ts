/**
 * @module
 * The group that commands on one group take.
 */
import { BadInput } from "../../../domain/errors.ts";
import { FIELDS, GROUP_PATTERN } from "../../../domain/fields.ts";
import type { Words } from "../../line/command.ts";

export const ONE_GROUP: Words = { placeholder: "GROUP", brief: "name of the group", min: 1, max: 1 };

/** The name, if a group may have it. @throws {BadInput} for a name that no group can have */
export function groupName(name: string): string {
  if (GROUP_PATTERN.test(name)) return name;
  throw new BadInput(`Cannot use group "${name}": a name takes ${FIELDS.group.kind.takes}`);
}
