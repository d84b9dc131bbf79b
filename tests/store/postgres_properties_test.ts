/**
 * @module
 * Whatever is done to the store in PostgreSQL, in whatever order: see `store_contract/properties.ts`. With both ways to
 * exchange, that of few jobs and that of many. Slow.
 */
import { postgresServer, testWith } from "../helpers/postgres.ts";
import { openedOn } from "../helpers/postgres_store.ts";
import { rounds } from "../helpers/rounds.ts";
import { keyingProperties } from "../store_contract/keying_properties.ts";
import { limitingProperties } from "../store_contract/limiting_properties.ts";
import { needingProperties } from "../store_contract/needing_properties.ts";
import { storeProperties } from "../store_contract/properties.ts";

const server = await postgresServer();
const RUNS = { anySteps: rounds(3), lanes: rounds(1) };

for (const [name, few] of [["PostgreSQL", undefined], ["PostgreSQL, all at once", 0]] as const) {
  const test = (sentence: string, run: () => Promise<void>) =>
    testWith(server, `${name}: ${sentence}`, run, { keeps: true });
  const open = () => openedOn(server, { few, keep: true });
  storeProperties(test, open, RUNS);
  limitingProperties(test, open, { runs: rounds(1), steps: 60 });
  if (few !== undefined) continue;
  needingProperties(test, open, { runs: rounds(1), steps: 60 });
  keyingProperties(test, open, { runs: rounds(1), steps: 60 });
}
