/**
 * @module
 * Ended jobs are kept for as long as their queue says, dead ones too; see `pruning.ts`.
 */
import type { Step } from "./step.ts";

/**
 * Not released yet. The queue comes after the time, so that what ends is added at the end of an index, however many queues there
 * are.
 */
export const step: Step = {
  sql: `ALTER TABLE queues ADD COLUMN retention_ms INTEGER       -- 0 is for ever; NULL is as the setting says
     CONSTRAINT queues_retention CHECK (retention_ms >= 0);

   ALTER TABLE queues ADD COLUMN retention_dead_ms INTEGER
     CONSTRAINT queues_retention_dead CHECK (retention_dead_ms >= 0);

   DROP INDEX prunable;

   CREATE INDEX prunable ON jobs (finished_at, queue) WHERE state IN ('completed', 'cancelled');

   CREATE INDEX prunable_dead ON jobs (finished_at, queue) WHERE state = 'dead';`,
};
