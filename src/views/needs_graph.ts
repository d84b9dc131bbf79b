/**
 * @module
 * A job with what it needs and who needs it, and those in turn, as a graph that fits a page: what is near comes first,
 * and what is left out says so.
 */
import type { Job, State } from "../domain/job.ts";
import type { Decision, Wanting } from "../domain/needs.ts";
import type { Store } from "../store/contract.ts";

/** Of one job, so many neighbours on each side are shown. */
const MOST_OF_ONE = 20;

/** A job in the graph. */
export interface GraphNode {
  /** Its id. */
  id: string;
  /** Null when it is gone. */
  state: State | null;
  /** What its shell exited with. */
  exit_code: number | null;
  /** From 0 to 100, as its running attempt said; null where it did not say. */
  progress: number | null;
  /** Null when it is gone. */
  command: string | null;
  /** How many jobs that it needs are not shown; null where nobody looked. */
  more_needs: number | null;
  /** How many jobs that need it are not shown; null where nobody looked. */
  more_dependents: number | null;
}

/** A need in the graph. */
export interface GraphEdge {
  /** The job that is needed. */
  from: string;
  /** The one that needs it. */
  to: string;
  /** What it is to be. */
  wanting: Wanting;
  /** Null while it has not ended. */
  decided: Decision | null;
}

/** A graph, the job from which it was drawn first. */
export interface NeedsGraph {
  /** The jobs, the nearest first. */
  jobs: GraphNode[];
  /** Which needs which. */
  needs: GraphEdge[];
}

/** What a job needs and who needs it, as far as so many jobs go: the ways up from it, and the ways down. */
export async function needsGraph(store: Store, root: Job, limit: number): Promise<NeedsGraph> {
  const graph = new Graph(store, limit);
  graph.add(root.id);
  await graph.grow(root.id, "up");
  await graph.grow(root.id, "down");
  return await graph.finish();
}

type Way = "up" | "down";

class Graph {
  readonly #store: Store;
  readonly #limit: number;
  readonly #nodes = new Map<string, { needs: number | null; dependents: number | null }>();
  readonly #edges = new Map<string, GraphEdge>();

  constructor(store: Store, limit: number) {
    this.#store = store;
    this.#limit = limit;
  }

  /** Returns false when there is no room for it. */
  add(id: string): boolean {
    if (this.#nodes.has(id)) return true;
    if (this.#nodes.size === this.#limit) return false;
    this.#nodes.set(id, { needs: null, dependents: null });
    return true;
  }

  /** Level by level, so that what is near is there when there is no more room; half of it is for each way. */
  async grow(root: string, way: Way): Promise<void> {
    const room = way === "up" ? Math.ceil(this.#limit / 2) : this.#limit;
    const seen = new Set([root]);
    for (const id of seen) { // which grows meanwhile
      if (this.#nodes.size >= room && id !== root) return;
      const { edges, of } = way === "up" ? await this.#needsOf(id) : await this.#dependentsOf(id);
      let shown = 0;
      for (const edge of edges) {
        const next = way === "up" ? edge.from : edge.to;
        if (!this.add(next)) break;
        shown += 1;
        this.#edges.set(JSON.stringify([edge.from, edge.to]), edge);
        seen.add(next);
      }
      this.#nodes.get(id)![way === "up" ? "needs" : "dependents"] = of - shown;
    }
  }

  async #needsOf(to: string): Promise<{ edges: GraphEdge[]; of: number }> {
    const [found] = await this.#store.needs([to], MOST_OF_ONE);
    if (!found) return { edges: [], of: 0 };
    return {
      edges: found.needs.map(({ id, wanting, decided }) => ({ from: id, to, wanting, decided })),
      of: found.of,
    };
  }

  async #dependentsOf(from: string): Promise<{ edges: GraphEdge[]; of: number }> {
    const { jobs, of } = await this.#store.neededBy(from, MOST_OF_ONE);
    return { edges: jobs.map(({ id, wanting, decided }) => ({ from, to: id, wanting, decided })), of };
  }

  async finish(): Promise<NeedsGraph> {
    const jobs = await Promise.all([...this.#nodes].map(async ([id, { needs, dependents }]) => {
      const job = await this.#store.get(id);
      return {
        id,
        state: job?.state ?? null,
        exit_code: job?.exitCode ?? null,
        progress: job?.progress?.percent ?? null,
        command: job?.command ?? null,
        more_needs: needs,
        more_dependents: dependents,
      };
    }));
    return { jobs, needs: [...this.#edges.values()] };
  }
}
