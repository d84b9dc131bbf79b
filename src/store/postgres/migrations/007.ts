/**
 * @module
 * Jobs that start are told what has become of those they need: a claim says which of its jobs need any. And groups that
 * have not ended are found without those that have.
 */
import type { Step } from "./step.ts";

/** Not released yet. */
export const step: Step = {
  oldest: 6,
  sql: `
-- It changes twice in the life of most groups, so that what is counted meanwhile touches no index.
ALTER TABLE queuectl.groups ADD COLUMN ended boolean GENERATED ALWAYS AS (sealed AND open = 0) STORED;

CREATE INDEX groups_open ON queuectl.groups (id) WHERE NOT ended;

-- Those of the claimed jobs that need others, of what an exchange answers; it sees what that has seen.
CREATE FUNCTION queuectl.needy_among_7(p_answer json) RETURNS bigint[] LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM queuectl.needy) OR json_typeof(p_answer->'claimed') IS DISTINCT FROM 'array' THEN
    RETURN NULL;
  END IF;
  RETURN (
    SELECT array_agg(n.job) FROM json_array_elements(p_answer->'claimed') c
    JOIN queuectl.needy n ON n.job = (c->>'seq')::bigint);
END $$;
`,
};
