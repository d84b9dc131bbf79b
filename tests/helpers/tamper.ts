/**
 * @module
 * Doing something on a server behind the store's back.
 */
import { readAddress } from "../../src/store/postgres/engine/address.ts";
import { Connection } from "../../src/store/postgres/engine/driver.ts";

/** Runs SQL, in which `SCHEMA.` is the schema of the address, and returns its rows. */
export async function tamper(address: string, sql: string): Promise<Record<string, unknown>[]> {
  const target = readAddress(address);
  const connection = await Connection.open(target);
  try {
    const text = sql.replaceAll("SCHEMA.", `"${target.schema}".`);
    return (await connection.query<Record<string, unknown>>({ sql: text }, 10_000)).rows;
  } finally {
    connection.close();
  }
}
