/**
 * @module
 * What can be done for a damaged database, as every store that can be rescued offers it.
 */
import type { Home } from "../../../system/home.ts";
import type { Rescue } from "../../contract.ts";
import { salvage, survey, type Table } from "./salvage.ts";

/** What people call the rows of a table. */
const NAMES: Readonly<Record<Table, string>> = {
  jobs: "jobs",
  inputs: "inputs of jobs",
  checkpoints: "checkpoints of jobs",
  attempts: "attempts",
  said: "words of attempts",
  results: "results of attempts",
  output: "pieces of output",
  queues: "queues with settings",
  settings: "settings",
  supervisors: "supervisors",
  workers: "workers",
  figures: "rows of figures",
  overall_figures: "rows of figures of all queues",
  groups: "groups",
  limits: "limits",
  schedules: "schedules",
  schedule_runs: "runs of schedules",
  needy: "jobs that need others",
  needs: "needs of jobs",
  ended: "ends that others are to be told of",
  requests: "remembered requests",
  batches: "batches under way",
  staged: "pieces of them",
  staged_names: "ids in them",
  staged_keys: "keys in them",
};

/** Works on the files of a home's database, however damaged they are. */
export function rescueOf(home: Home): Rescue {
  return {
    survey: () => sizeOf(home.database) > 0 ? survey(home) : undefined,
    async salvage(path) {
      const salvaged = await salvage(home, path);
      return (Object.keys(NAMES) as Table[]).map((key) => ({ key, name: NAMES[key], ...salvaged[key] }));
    },
  };
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0; // it is not there
  }
}
