/**
 * @module
 * The errors a user can meet. Each carries one sentence that names the thing and its state, and the exit
 * code that goes with it. Anything else that is thrown is a defect of queuectl.
 */

/** An error meant for the user: its message is one sentence without a final period. */
export class UserError extends Error {
  /** The class's, for whoever prints or tests an error; the minified build has its own. */
  override readonly name: string = this.constructor.name;
  /** The process's exit code. */
  readonly exitCode: number = 1;
}

/** It was understood, and the answer is no: no such job, a taken id, a state that does not allow it. Exit code 1. */
export class Refused extends UserError {}

/** There is no job or worker of that name. */
export class NoSuch extends Refused {}

/** One of the jobs to be enqueued has an id that another job has. Nothing was enqueued. */
export class TakenId extends Refused {
  /** The job's position among those that were to be enqueued, from 0. */
  readonly index: number;

  /** `message` is the sentence, `index` the job's position. */
  constructor(message: string, index: number) {
    super(message);
    this.index = index;
  }
}

/** A schedule is not as it was read; nothing was changed. */
export class ScheduleChanged extends Refused {}

/** Wrong usage or bad input; nothing was changed. Exit code 2. */
export class BadInput extends UserError {
  /** The words have to change before it is worth another try. */
  override readonly exitCode = 2;
}

/** One of the jobs to be enqueued needs what cannot be needed. Nothing was enqueued. */
export class BadNeed extends BadInput {
  /** The job's position among those that were to be enqueued, from 0. */
  readonly index: number;

  /** `message` is the sentence, `index` the job's position. */
  constructor(message: string, index: number) {
    super(message);
    this.index = index;
  }
}

/** Some of the jobs to be enqueued need each other. Nothing was enqueued. */
export class NeedsCycle extends BadInput {
  /** Their positions among those that were to be enqueued, each needing the next, the last the first. */
  readonly members: readonly number[];
  /** What they are called, `#n` where they have no name. */
  readonly names: readonly string[];

  /** `members` are their positions, `names` what they are called. */
  constructor(members: readonly number[], names: readonly string[]) {
    super(`Cannot make jobs wait for each other: ${[...names, names[0]].join(" needs ")}`);
    this.members = members;
    this.names = names;
  }

  /** The same, saying where each of them stands. */
  among(place: (n: number) => string): NeedsCycle {
    const named = this.members.map((member, n) => {
      const name = this.names[n]!;
      return name.startsWith("#") ? place(member) : `${name} (${place(member)})`;
    });
    return new NeedsCycle(this.members, named);
  }
}

/** The home or its database cannot be used: not writable, damaged, newer, full. Exit code 3. */
export class StoreUnusable extends UserError {
  /** The same words may work once the home does. */
  override readonly exitCode = 3;
}

/** Nothing can be written because there is no room; what is stored can still be read. */
export class StoreFull extends StoreUnusable {}

/** Another process has held the store for longer than anybody waits. */
export class StoreBusy extends StoreUnusable {}

/** The home was deleted, moved or replaced while this process was using it: what it writes would be lost. */
export class StoreGone extends StoreUnusable {}

/** A newer queuectl has changed the tables, perhaps while this process was using them: it must not touch them any more. */
export class StoreNewer extends StoreUnusable {}

/** Parts of the database cannot be read, or make no sense. */
export class StoreDamaged extends StoreUnusable {}

/** The runtime was not given a permission; the message names the exact flag. Exit code 4. */
export class PermissionMissing extends UserError {
  /** The same words work with the flag. */
  override readonly exitCode = 4;
}

/** For an id that no job has. `what` cannot be done, such as `cancel`, or `show logs of`. A number alone is how other programs name jobs. */
export function noSuchJob(what: string, id: string): NoSuch {
  const [, number] = /^[#J]?([1-9]\d{0,14})$/.exec(id) ?? [];
  const meant = number === undefined ? "" : `, did you mean j${number}?`;
  return new NoSuch(`Cannot ${what} job "${id}": no such job${meant}`);
}
