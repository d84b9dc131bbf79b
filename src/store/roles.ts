/**
 * @module
 * The SQL for roles on the server of a store that is meant.
 */
import { BadInput } from "../domain/errors.ts";
import type { Meant } from "./meant.ts";
import type { RoleNames } from "./postgres/roles.ts";

export type { RoleNames };

/** The SQL, for whoever owns the schema there. @throws {BadInput} where jobs are kept on no server */
export async function rolesFor({ address }: Meant, names: RoleNames): Promise<string> {
  if (address === undefined) {
    throw new BadInput("Cannot print roles for a store in the home: give --store ADDRESS of one on a server");
  }
  const [{ rolesSql }, { readAddress }] = await Promise.all([
    import("./postgres/roles.ts"),
    import("./postgres/engine/address.ts"),
  ]);
  return rolesSql(readAddress(address).schema, names);
}
