/**
 * @module
 * What a step of the schema is. Invariant: a step is literal text. Nothing in it comes from today's lists of states,
 * outcomes or columns, so that it makes of a database today what it made of one when it was released.
 */

/** A step of the schema. */
export interface Step {
  /** SQL, run in the transaction that takes the database to the version of the step's number. */
  sql: string;
  /**
   * It drops a table that others refer to, to put another in its place: with foreign keys on, their rows would go with
   * it. They are off while it runs, and every row's reference is checked after it.
   */
  rebuilds?: true;
}
