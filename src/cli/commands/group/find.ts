/**
 * @module
 * A group that is asked for by its name.
 */
import { NoSuch } from "../../../domain/errors.ts";
import type { Group } from "../../../store/contract.ts";
import type { Context } from "../../line/context.ts";
import { groupNames, withOthers } from "../unknown_names.ts";
import { groupName } from "./names.ts";

/** The group. @throws {NoSuch} with what there is instead */
export async function findGroup(context: Context, verb: string, name: string): Promise<Group> {
  const store = await context.store();
  const group = await store.group(groupName(name));
  if (group) return group;
  throw withOthers(
    new NoSuch(`Cannot ${verb} group "${name}": no such group`),
    name,
    await groupNames(store),
  );
}
