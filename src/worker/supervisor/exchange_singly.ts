/**
 * @module
 * When an exchange fails for a reason that lies in what it brings, one attempt's results after the other, so that
 * those that can be stored are. Invariant: each is stored, or stored as something that can be, or given up; the store
 * itself being unusable is another matter, and thrown.
 */
import { UserError } from "../../domain/errors.ts";
import type { AttemptOutput, Exchange, Settlement, Store } from "../../store/contract.ts";
import { unsettleable } from "./settlement.ts";

export interface Bringing {
  /** How it ended; undefined while it runs. */
  settlement: Settlement | undefined;
  output: AttemptOutput[];
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
export function bringings({ settlements, output }: Pick<Exchange, "settlements" | "output">): Bringing[] {
  const byToken = new Map<string, Bringing>();
  for (const one of output) {
    const bringing = byToken.get(one.token) ?? { settlement: undefined, output: [] };
    bringing.output.push(one);
    byToken.set(one.token, bringing);
  }
  for (const settlement of settlements) {
    byToken.set(settlement.token, { settlement, output: byToken.get(settlement.token)?.output ?? [] });
  }
  return [...byToken.values()];
}

/**
 * Stores what one attempt brings: as it is, or else, without its output, as a failure that says why.
 * @throws {UserError} when the store cannot be used
 */
export async function bring(
  { settlement, output }: Bringing,
  { store, supervisor, now }: { store: Pick<Store, "exchange">; supervisor: string; now: number },
): Promise<Brought> {
  const exchange = async (settlements: Settlement[], output: AttemptOutput[]): Promise<Brought> => {
    const { refused } = await store.exchange({
      supervisor,
      now,
      settlements,
      output,
      free: [],
      queues: null,
    });
    return { settlement: settlements[0], refused: refused.length > 0 };
  };
  try {
    return await exchange(settlement ? [settlement] : [], output);
  } catch (problem) {
    if (problem instanceof UserError) throw problem;
    if (!settlement) return { settlement, refused: false, problem };
    try {
      return { ...await exchange([unsettleable(settlement, problem)], []), problem };
    } catch (again) {
      if (again instanceof UserError) throw again;
      return { settlement: undefined, refused: false, problem: again };
    }
  }
}
