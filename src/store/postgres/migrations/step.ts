/**
 * @module
 * What a step of the schema is. Invariant: a step is literal text. Nothing in it comes from today's lists of states,
 * outcomes or columns, so that it makes of a database today what it made of one when it was released. It names what is
 * in the schema as `queuectl.jobs`, and nothing without a schema.
 */

/** A step of the schema. */
export interface Step {
  /** SQL, run in the transaction that takes the schema to the version of the step's number. */
  sql: string;
  /** The oldest version of the schema whose programs may go on working after it: those that know that many steps. */
  oldest: number;
}
