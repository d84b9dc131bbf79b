/**
 * @module
 * A real browser on the pages of a real server. What it complains about fails the test: errors of scripts, and whatever
 * the content security policy forbids.
 */
import axe from "npm:axe-core@4.14.1/axe.min.js" with { type: "text" };
import {
  type Browser,
  type BrowserContextOptions,
  chromium,
  type Locator,
  type Page,
} from "npm:playwright-core@1.65.1";
import assert from "node:assert/strict";
import { TOKEN } from "./dashboard.ts";
import { succeeds } from "./finished.ts";
import { until } from "./until.ts";

/** Of the browser, where functions that are handed to its pages run. */
// deno-lint-ignore no-explicit-any -- its types would stand beside Deno's everywhere
declare const document: any, history: any, MutationObserver: any, PopStateEvent: any, said: string[];

/** Off. All but the first are what Playwright turns off, whose list this replaces. */
const FEATURES = [
  "SpareRendererForSitePerProcess",
  "AvoidUnnecessaryBeforeUnloadCheckSync",
  "DestroyProfileOnBrowserClose",
  "HttpsUpgrades",
  "HttpsFirstBalancedModeAutoEnable",
  "MediaRouter",
  "NetworkTimeServiceQuerying",
  "OptimizationHints",
  "PaintHolding",
  "PreconnectToSearch",
  "ThirdPartyStoragePartitioning",
];

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // a page that nobody asked for is kept ready for each context: half of what a context takes
  `--disable-features=${FEATURES.join()}`,
];

/** A Chromium of this machine, else one from an npm package, which there is for Linux on x64. */
async function findBrowser(): Promise<string | undefined> {
  const installed = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  const found = [Deno.env.get("QUEUECTL_BROWSER") ?? "", ...installed].find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
  if (found) return found;
  if (Deno.build.os !== "linux" || Deno.build.arch !== "x86_64") return undefined;
  const { default: packed } = await import("npm:@sparticuz/chromium@153.0.0");
  const path = await packed.executablePath();
  if (succeeds(path, "--version")) return path;
  console.error(`${path} does not start here, as when libnss3 is missing: what needs a browser is ignored`);
  return undefined;
}

/** The browser's path; undefined where there is none to be had. */
export const BROWSER = await findBrowser();

/** A test in a real browser, ignored where there is none. What the browser's driver keeps open is not the test's. */
export function browserTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: BROWSER === undefined, sanitizeOps: false, sanitizeResources: false, fn });
}

let browser: Promise<Browser> | undefined;

/** The browser, started at the first call. */
export function startedBrowser(): Promise<Browser> {
  browser ??= chromium.launch({ executablePath: BROWSER, args: FLAGS });
  return browser;
}

/** Ends the browser. To be called after the last test of a file. */
export async function endBrowser(): Promise<void> {
  await (await browser)?.close();
  browser = undefined;
}

/** A page of its own, with cookies of its own. */
export interface Visit extends AsyncDisposable {
  page: Page;
  /** Leaves out complaints that the test provokes, whenever they are heard. */
  forgive(pattern: RegExp): void;
}

/** Run in every page at its start: keeps what is said in passing, which is shown for some seconds only. */
const LISTEN = `globalThis.said = [];
  const heard = new WeakSet();
  new MutationObserver(() => {
    for (const one of document.querySelectorAll(".messages p")) {
      if (!heard.has(one)) said.push(one.firstChild.data);
      heard.add(one);
    }
  }).observe(document, { childList: true, subtree: true });`;

/** Opens a page of a server, with a token unless `stranger`. */
export async function visit(
  url: string,
  { stranger = false, ...options }: BrowserContextOptions & { stranger?: boolean } = {},
): Promise<Visit> {
  const context = await (await startedBrowser()).newContext({ locale: "en-US", ...options });
  context.setDefaultTimeout(120_000);
  await context.addInitScript(LISTEN);
  const page = await context.newPage();
  const complaints: string[] = [];
  const forgiven: RegExp[] = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.stack ?? String(error)));
  const address = new URL(url);
  if (!stranger) address.searchParams.set("token", TOKEN);
  await page.goto(address.href);
  return {
    page,
    forgive: (pattern) => void forgiven.push(pattern),
    async [Symbol.asyncDispose]() {
      await context.close();
      const left = complaints.filter((one) => !forgiven.some((pattern) => pattern.test(one)));
      if (left.length > 0) console.error(left); // what failed first may hide what this throws
      assert.deepEqual(left, []);
    },
  };
}

/** Waits until a page has said something in passing, since it was loaded. */
export async function says(page: Page, text: string): Promise<void> {
  await page.waitForFunction((text) => said.some((one) => one.includes(text)), text);
}

/** Does something on a page and undoes it as soon as that is offered, which is for some seconds only. */
export async function undone(page: Page, action: () => Promise<void>): Promise<void> {
  const undoing = page.evaluate(() =>
    new Promise<void>((resolve) => {
      const offers = () => [...document.querySelectorAll(".messages button")];
      const before = offers();
      const observer = new MutationObserver(() => {
        const offer = offers().find((one) => !before.includes(one));
        if (!offer) return;
        observer.disconnect();
        offer.click();
        resolve();
      });
      observer.observe(document, { childList: true, subtree: true });
    })
  );
  await action();
  await undoing;
  await says(page, "Undone");
}

/** Goes to another page as its links do: nothing is loaded again, and axe is there still. */
export async function goes(page: Page, path: string): Promise<void> {
  await page.evaluate(async (path) => {
    const before = document.querySelector("main").firstElementChild;
    history.pushState(null, "", `/${path}`);
    dispatchEvent(new PopStateEvent("popstate"));
    while (document.querySelector("main").firstElementChild === before) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }, path);
}

/** Waits until elements read so. What a page shows comes in more than one stroke: what is beside it may not be there yet. */
export async function reads(elements: Locator, ...texts: readonly string[]): Promise<void> {
  let last: string[] = [];
  await until(`the page reads ${JSON.stringify(texts)}`, async () => {
    last = await elements.allTextContents();
    return JSON.stringify(last) === JSON.stringify(texts);
  }).catch((error) => {
    assert.deepEqual(last, texts); // says more
    throw error;
  });
}

/** The rules of axe-core that what is light or dark can break. */
export const RULES_OF_COLOURS: readonly string[] = ["color-contrast", "link-in-text-block"];

/** Accessibility problems of a page that are serious or worse. */
export async function seriousProblems(page: Page, rules?: readonly string[]): Promise<string[]> {
  return (await problems(page, rules)).filter((one) => /^(serious|critical) /.test(one));
}

/** Accessibility problems of a page, as axe-core sees them; by all its rules, unless some are given. */
export async function problems(page: Page, rules?: readonly string[]): Promise<string[]> {
  // not with every page: it is many times as large as ours
  if (await page.evaluate(() => !("axe" in globalThis))) await page.evaluate(axe);
  const violations = await page.evaluate(async (rules) => {
    // deno-lint-ignore no-explicit-any -- put there just before
    const { violations } = await (globalThis as any).axe.run({
      // what is well is not described, and nothing by its place: that took most of the time
      ...{ resultTypes: ["violations"], selectors: false, preload: false },
      ...(rules ? { runOnly: rules } : {}),
    });
    return violations.map((
      { id, impact, nodes }: {
        id: string;
        impact: string;
        nodes: { html: string; failureSummary: string }[];
      },
    ) => ({ id, impact, nodes: nodes.map((node) => `${node.html} ${node.failureSummary}`) }));
  }, rules);
  return violations.map(({ impact, id, nodes }: { impact: string; id: string; nodes: string[] }) =>
    `${impact} ${id}: ${nodes.slice(0, 3).join(" | ")}`
  );
}

/** Waits until a page is not wider than its window: charts follow a window that has become another a moment later. */
export async function fits(page: Page, what: string): Promise<void> {
  await until(
    what,
    () => page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth),
  );
}

const VIEWPORTS = [{ width: 1440, height: 900 }, { width: 390, height: 800 }];

/**
 * Fails unless a page can be read by all: it fits on a wide screen and a phone, and axe finds nothing on either, nor in
 * light or dark. It is left on the first screen, light.
 */
export async function isReadable(page: Page, name: string, viewports = VIEWPORTS): Promise<void> {
  const looks = async (colorScheme: "light" | "dark", width: number, rules?: readonly string[]) => {
    await page.emulateMedia({ colorScheme });
    const where = `${name}-${colorScheme}-${width}`;
    assert.deepEqual(await problems(page, rules), [], where);
    await keepPicture(page, where);
  };
  for (const [n, viewport] of viewports.entries()) {
    await page.setViewportSize(viewport);
    await fits(page, `${name} fits into ${viewport.width} pixels`);
    // what is on the first screen only is seen in both colours, all else in one of them
    if (n === 0) await looks("light", viewport.width);
    await looks("dark", viewport.width, n === 0 ? RULES_OF_COLOURS : undefined);
  }
  await page.setViewportSize(viewports[0]!);
  await page.emulateMedia({ colorScheme: "light" });
}

/** Keeps a picture of a page for people to look at, where `QUEUECTL_SCREENSHOTS` names a directory for them. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  const dir = Deno.env.get("QUEUECTL_SCREENSHOTS");
  if (dir) await page.screenshot({ path: `${dir}/${name}.png` });
}
