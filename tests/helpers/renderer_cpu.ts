/**
 * @module
 * What a page costs the browser, as CPU time of its main thread: other processes on the machine do not count.
 */
import type { Page } from "npm:playwright-core@1.65.1";

/** Does something and returns the longest task that the page's main thread had meanwhile, in ms of CPU. */
export async function longestTask(page: Page, action: () => Promise<void>): Promise<number> {
  const browser = page.context().browser()!;
  await browser.startTracing(page, { categories: ["toplevel", "disabled-by-default-devtools.timeline"] });
  await action();
  const { traceEvents } = JSON.parse(new TextDecoder().decode(await browser.stopTracing()));
  const mains = new Set<string>(
    traceEvents
      .filter(({ name, args }: TraceEvent) => name === "thread_name" && args?.name === "CrRendererMain")
      .map(({ pid, tid }: TraceEvent) => `${pid} ${tid}`),
  );
  const tasks = traceEvents.filter(({ name, pid, tid }: TraceEvent) =>
    /RunTask$/.test(name) && mains.has(`${pid} ${tid}`)
  );
  if (tasks.length === 0) throw new Error("The trace has no tasks of the page");
  return tasks.reduce((longest: number, { tdur = 0 }: TraceEvent) => Math.max(longest, tdur), 0) / 1000;
}

interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  /** CPU time in µs. */
  tdur?: number;
  args?: { name?: string };
}

/** The CPU time that a page's scripts, styles and layouts take while something is done, in ms. */
export async function cpuOf(page: Page, action: () => Promise<void>): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const taken = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    const parts = ["ScriptDuration", "LayoutDuration", "RecalcStyleDuration"];
    return metrics.filter(({ name }) => parts.includes(name)).reduce((sum, { value }) => sum + value, 0) *
      1000;
  };
  const before = await taken();
  await action();
  const after = await taken();
  await session.detach();
  return after - before;
}
