/**
 * @module
 * The store in PostgreSQL: the contract, and whatever is done to it in whatever order. Slow.
 */
import { postgresServer, testWith } from "../helpers/postgres.ts";
import { openedOn } from "../helpers/postgres_store.ts";
import { storeContract } from "../store_contract/contract.ts";
import { needingProperties } from "../store_contract/needing_properties.ts";
import { storeProperties } from "../store_contract/properties.ts";

const server = await postgresServer();
const open = () => openedOn(server);

storeContract("PostgreSQL", open, (sentence, run) => testWith(server, sentence, run));
storeProperties((sentence, run) => testWith(server, `PostgreSQL: ${sentence}`, run), open, {
  anySteps: 12,
  lanes: 2,
});
needingProperties((sentence, run) => testWith(server, `PostgreSQL: ${sentence}`, run), open, {
  runs: 3,
  steps: 60,
});
