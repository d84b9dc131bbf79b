/**
 * @module
 * The store in PostgreSQL, whose exchanges of few jobs and of many are two functions of the schema: what of the contract
 * goes through them, with that for many. Slow.
 */
import { postgresServer, testWith } from "../helpers/postgres.ts";
import { openedOn } from "../helpers/postgres_store.ts";
import { EXCHANGING, LIMITING, storeContract } from "../store_contract/contract.ts";

const server = await postgresServer();

storeContract(
  "PostgreSQL, all at once",
  () => openedOn(server, { few: 0, keep: true }),
  (sentence, run) => testWith(server, sentence, run, { keeps: true }),
  [...EXCHANGING, ...LIMITING],
);
