/**
 * @module
 * The store in PostgreSQL: the contract. Slow.
 */
import { postgresServer, testWith } from "../helpers/postgres.ts";
import { openedOn } from "../helpers/postgres_store.ts";
import { LIMITING, storeContract } from "../store_contract/contract.ts";

const server = await postgresServer();

storeContract("PostgreSQL", () => openedOn(server), (sentence, run) => testWith(server, sentence, run));
storeContract(
  "PostgreSQL",
  () => openedOn(server),
  (sentence, run) => testWith(server, sentence, run),
  LIMITING,
);
