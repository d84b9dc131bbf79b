/**
 * @module
 * The store in PostgreSQL: the contract, and whatever is done to it in whatever order. Exchanges of few jobs and of many
 * are two functions of the schema, so what goes through them is tried with both. Slow.
 */
import { postgresServer, testWith } from "../helpers/postgres.ts";
import { openedOn } from "../helpers/postgres_store.ts";
import { EXCHANGING, storeContract } from "../store_contract/contract.ts";
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

const manyOnly = () => openedOn(server, { few: 0 });
storeContract(
  "PostgreSQL, all at once",
  manyOnly,
  (sentence, run) => testWith(server, sentence, run),
  EXCHANGING,
);
storeProperties((sentence, run) => testWith(server, `PostgreSQL, all at once: ${sentence}`, run), manyOnly, {
  anySteps: 12,
  lanes: 2,
});
