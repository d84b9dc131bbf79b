/**
 * @module
 * Pages of jobs and their cursors.
 */
import fc from "npm:fast-check@4.10.2";
import assert from "node:assert/strict";
import { BadInput } from "../../../src/domain/errors.ts";
import type { Place } from "../../../src/store/rules/jobs.ts";
import { firstOf, keyIn, lookedFor, pageOf, type Sort } from "../../../src/store/rules/pages.ts";

const SORTS: readonly Sort[] = ["newest", "oldest", "priority"];

/** As a store would do it that looks at every job. */
function rest(jobs: readonly Place[], sort: Sort, cursor: string | null): Place[] {
  const inOrder = firstOf([...jobs], { sort, limit: jobs.length });
  if (cursor === null) return inOrder;
  const key = keyIn(cursor, sort);
  const at = inOrder.findIndex((job) =>
    job.seq === key.at(-1) && (sort !== "priority" || job.priority === key[0])
  );
  return inOrder.slice(at + 1);
}

Deno.test("page by page every job comes once, in order, and the last page says that it is the last", () => {
  const jobs = fc.uniqueArray(
    fc.record({ seq: fc.integer({ min: 1, max: 999 }), priority: fc.integer({ min: -3, max: 3 }) }),
    { selector: ({ seq }) => seq, maxLength: 30 },
  );
  fc.assert(
    fc.property(jobs, fc.constantFrom(...SORTS), fc.integer({ min: 1, max: 7 }), (jobs, sort, limit) => {
      const seen: Place[] = [];
      let cursor: string | null = null;
      do {
        const found = rest(jobs, sort, cursor).slice(0, lookedFor({ limit }));
        const page: { jobs: Place[]; cursor: string | null } = pageOf(found, { sort, limit });
        assert.ok(page.jobs.length <= limit);
        seen.push(...page.jobs);
        cursor = page.cursor;
      } while (cursor !== null);
      assert.deepEqual(seen, rest(jobs, sort, null));
    }),
  );
});

Deno.test("a cursor is taken only by the sort that gave it", () => {
  const page = (sort: Sort) =>
    pageOf([{ seq: 7, priority: -2 }, { seq: 8, priority: 0 }], { sort, limit: 1 });
  for (const sort of SORTS) {
    const { cursor } = page(sort);
    assert.equal(keyIn(cursor!, sort).at(-1), 7);
    for (const other of SORTS) {
      if (other !== sort) assert.throws(() => keyIn(cursor!, other), BadInput);
    }
  }
});

Deno.test("what is no cursor is refused and named", () => {
  for (const cursor of ["", "newest_", "newest_-1", "newest_1_2", "newest_1'", `newest_${"9".repeat(16)}`]) {
    assert.throws(() => keyIn(cursor, "newest"), {
      constructor: BadInput,
      message: `Unknown cursor "${cursor}": take it from a page of the same sort`,
    });
  }
});
