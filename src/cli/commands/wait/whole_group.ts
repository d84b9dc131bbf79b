/**
 * @module
 * `wait --group`: until a group has ended.
 */
import { NoSuch } from "../../../domain/errors.ts";
import type { Group, Store } from "../../../store/contract.ts";
import type { Obstacle } from "../../../views/standstill.ts";
import type { Context } from "../../line/context.ts";
import { findGroup } from "../group/find.ts";
import { say } from "./say.ts";

/** A group. That it is to be sealed is said once, when nothing else is left. */
export class WholeGroup {
  readonly #context: Context;
  readonly #name: string;
  #group: Group | undefined;
  #hinted = false;

  constructor(context: Context, name: string) {
    this.#context = context;
    this.#name = name;
  }

  /** How many jobs are open; one is the seal that is missing. */
  async look(store: Store): Promise<number> {
    const before = this.#group;
    const group = before
      ? await store.group(this.#name)
      : await findGroup(this.#context, "wait for", this.#name);
    if (!group) {
      if (before!.end !== "open") return 0;
      throw new NoSuch(`Cannot wait for group "${this.#name}": it is gone`);
    }
    this.#group = group;
    if (group.end !== "open") return 0;
    if (group.open === 0 && !group.sealed && !this.#hinted) {
      this.#hinted = true;
      const line = this.#context.lineOf(["group", "seal", this.#name]);
      this.#context.print.hint(`No job of it is open: it ends once it is sealed, with ${line}`);
    }
    return Math.max(1, group.open);
  }

  async whyItStands(): Promise<Obstacle[]> {
    const { whyWholeQueuesStand } = await import("../say_standstill.ts");
    const { jobs } = await (await this.#context.store()).list({
      group: this.#name,
      state: "pending",
      limit: 1,
    });
    return jobs[0] ? await whyWholeQueuesStand(this.#context, [jobs[0].queue]) : [];
  }

  conclude(): boolean {
    const { name, end, ended: { completed, dead, cancelled, skipped } } = this.#group!;
    say(() =>
      this.#context.print.result(
        { group: name, state: end, completed, dead, cancelled, skipped },
        () =>
          `Group "${name}" ${end}: ${completed} completed, ${dead} dead, ${cancelled} cancelled${
            skipped > 0 ? `, ${skipped} skipped` : ""
          }`,
      )
    );
    return end === "completed";
  }
}
