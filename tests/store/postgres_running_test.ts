/**
 * @module
 * The store in PostgreSQL: what of the contract is about running jobs. Slow.
 */
import { postgresServer, testWith } from "../helpers/postgres.ts";
import { openedOn } from "../helpers/postgres_store.ts";
import { RUNNING, storeContract } from "../store_contract/contract.ts";

const server = await postgresServer();

storeContract(
  "PostgreSQL",
  () => openedOn(server, { keep: true }),
  (sentence, run) => testWith(server, sentence, run, { keeps: true }),
  RUNNING,
);
