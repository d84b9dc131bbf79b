/**
 * @module
 * When an exchange fails for a reason that lies in what it brings, one attempt's results after the other, so that
 * those that can be stored are. Invariant: each is stored, or stored as something that can be, or given up; the store
 * itself being unusable is another matter, and thrown.
 */
import { UserError } from "../../domain/errors.ts";
import type { AttemptOutput, AttemptSaid, Exchange, Settlement, Store } from "../../store/contract.ts";
import { unsettleable } from "./settlement.ts";

export interface Bringing {
  /** How it ended; undefined while it runs. */
  settlement: Settlement | undefined;
  output: AttemptOutput[];
  said: AttemptSaid[];
}

export interface Brought {
  /** What was settled, if it was. */
  settlement: Settlement | undefined;
  /** It was not this supervisor's running attempt (any more). */
  refused: boolean;
  /** Why it was not stored as it was. */
  problem?: unknown;
}

/** By attempt. */
export function bringings(
  { settlements, output, said = [] }: Pick<Exchange, "settlements" | "output" | "said">,
): Bringing[] {
  const byToken = new Map<string, Bringing>();
  const of = (token: string) => {
    const known = byToken.get(token) ?? { settlement: undefined, output: [], said: [] };
    byToken.set(token, known);
    return known;
  };
  for (const one of output) of(one.token).output.push(one);
  for (const one of said) of(one.token).said.push(one);
  for (const settlement of settlements) of(settlement.token).settlement = settlement;
  return [...byToken.values()];
}

/**
 * Stores what one attempt brings: as it is, or else, without its output and what it said, as a failure that says why.
 * @throws {UserError} when the store cannot be used
 */
export async function bring(
  { settlement, output, said }: Bringing,
  { store, supervisor, now }: { store: Pick<Store, "exchange">; supervisor: string; now: number },
): Promise<Brought> {
  const exchange = async (
    settlements: Settlement[],
    { output, said }: Pick<Bringing, "output" | "said">,
  ): Promise<Brought> => {
    const { refused } = await store.exchange({
      supervisor,
      now,
      settlements,
      output,
      said,
      free: [],
      queues: null,
    });
    return { settlement: settlements[0], refused: refused.length > 0 };
  };
  try {
    return await exchange(settlement ? [settlement] : [], { output, said });
  } catch (problem) {
    if (problem instanceof UserError) throw problem;
    if (!settlement) return { settlement, refused: false, problem };
    try {
      return { ...await exchange([unsettleable(settlement, problem)], { output: [], said: [] }), problem };
    } catch (again) {
      if (again instanceof UserError) throw again;
      return { settlement: undefined, refused: false, problem: again };
    }
  }
}
