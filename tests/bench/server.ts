/**
 * @module
 * A store on a PostgreSQL server, which is started for it and works on the same machine. Without one, which is said, there
 * are no results.
 */
import { postgresServer } from "../helpers/postgres.ts";
import type { Row } from "./row.ts";
import { enqueueing, pickingUp } from "./server/latency.ts";
import { againstRival } from "./server/rival.ts";
import { emptied, heldSnapshot, pending, queues } from "./server/scale.ts";

/** Claiming and settling on a server. */
export const SERVER: Row = {
  name: "server",
  async run(fixtures) {
    const server = await postgresServer();
    if (server.url === undefined) {
      console.error(server.missing);
      return [];
    }
    return [
      ...await againstRival(server),
      ...await queues(server),
      ...await emptied(server),
      ...await heldSnapshot(server),
      ...await pending(server),
      ...await pickingUp(server, fixtures),
      ...await enqueueing(server, fixtures),
    ];
  },
};
