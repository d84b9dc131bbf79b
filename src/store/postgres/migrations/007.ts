/**
 * @module
 * Jobs that start are told what has become of those they need: a claim says which of its jobs need any.
 */
import type { Step } from "./step.ts";

/** Not released yet. */
export const step: Step = {
  oldest: 6,
  sql: `
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
