/**
 * @module
 * A store on a PostgreSQL server, which is started for it and works on the same machine. Without one, which is said, there
 * are no results. Its parts are rows of one name: what takes minutes is shown when it is there.
 */
import { postgresServer, type Server } from "../helpers/postgres.ts";
import type { Fixtures } from "./fixtures.ts";
import type { Result, Row } from "./row.ts";
import { enqueueing, pickingUp } from "./server/latency.ts";
import { byFiveHundreds, byHundreds, oneByOne } from "./server/rival.ts";
import { emptied, heldSnapshot, pending, queues } from "./server/scale.ts";

const PARTS: readonly ((server: Server, fixtures: Fixtures) => Promise<Result[]>)[] = [
  byHundreds,
  byFiveHundreds,
  oneByOne,
  queues,
  emptied,
  heldSnapshot,
  pending,
  pickingUp,
  enqueueing,
];

/** A store on a server. */
export const SERVER: readonly Row[] = PARTS.map((part): Row => ({
  name: "server",
  async run(fixtures) {
    const server = await postgresServer();
    if (server.url !== undefined) return await part(server, fixtures);
    console.error(server.missing);
    return [];
  },
}));
