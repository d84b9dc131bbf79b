/**
 * @module
 * The frame of the pages in a real browser: one stream for all tabs, what is typed stays, and what cannot be loaded says
 * so and comes by itself.
 */
import assert from "node:assert/strict";
import { browserTest, endBrowser, visit } from "../helpers/browser.ts";
import { startDashboard, TOKEN } from "../helpers/dashboard.ts";
import { until } from "../helpers/until.ts";
import { testStore } from "../helpers/worker.ts";

/** Of the browser, where functions that are handed to its pages run. */
// deno-lint-ignore no-explicit-any -- its types would stand beside Deno's everywhere
declare const document: any,
  history: any,
  HTMLInputElement: any,
  getComputedStyle: any,
  sessionStorage: any,
  asked: any;

browserTest("seven tabs are all up to date: they share one stream", async () => {
  using test = await testStore();
  await test.enqueue("true", { id: "first", held: true });
  await using server = await startDashboard(test.home);
  await using visited = await visit(`${server.url}jobs`);
  const pages = [visited.page];
  for (let n = 0; n < 6; n++) {
    const page = await visited.page.context().newPage();
    page.setDefaultTimeout(30_000);
    pages.push(page);
    await page.goto(`${server.url}jobs`, { timeout: 30_000 });
  }
  for (const page of pages) await page.getByRole("link", { name: "first", exact: true }).waitFor();
  await test.enqueue("true", { id: "second", held: true });
  for (const page of pages) await page.getByRole("link", { name: "second", exact: true }).waitFor();
});

browserTest("a hidden tab asks for nothing, and is up to date once it is looked at", async () => {
  using test = await testStore();
  await test.enqueue("true", { id: "first", held: true });
  await using server = await startDashboard(test.home);
  await using visited = await visit(`${server.url}jobs`);
  const { page } = visited;
  const other = await page.context().newPage();
  await other.goto(`${server.url}jobs`);
  await page.getByRole("link", { name: "first", exact: true }).waitFor();
  // a request under way when the next change is told, which is to be asked for once it is answered
  const held = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  await page.route(/jobs\?limit/, async (route) => {
    begun.resolve();
    await held.promise;
    await route.continue();
  });
  await test.enqueue("true", { id: "before", held: true });
  await begun.promise;
  await test.enqueue("true", { id: "while", held: true });
  await other.getByRole("link", { name: "while", exact: true }).waitFor();

  await page.evaluate(() => {
    const { fetch } = globalThis;
    Object.assign(globalThis, { asked: [], fetch: (url: string) => (asked.push(url), fetch(url)) });
  });
  const hide = (hidden: boolean) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
      return asked.splice(0);
    }, hidden);
  await hide(true);
  held.resolve();
  await page.getByRole("link", { name: "before", exact: true }).waitFor();
  for (let n = 0; n < 5; n++) {
    await test.enqueue("true", { id: `more${n}`, held: true });
    await other.getByRole("link", { name: `more${n}`, exact: true }).waitFor();
  }
  assert.deepEqual(await page.evaluate(() => asked), []);
  await hide(false);
  await page.getByRole("link", { name: "more4", exact: true }).waitFor();
});

browserTest(
  "the search keeps what is typed while the address changes, and Back goes back through filters",
  async () => {
    using test = await testStore();
    await test.enqueue("make report", { id: "one", held: true });
    await test.enqueue("make tea", { id: "two", held: true, queue: "kitchen" });
    await using server = await startDashboard(test.home);
    await using visited = await visit(`${server.url}jobs`);
    const { page } = visited;
    const search = page.getByRole("searchbox", { name: "Search" });
    await page.getByRole("link", { name: "two", exact: true }).waitFor();
    // a letter that is typed at the very moment when the address takes those before
    await page.evaluate(() => {
      for (const name of ["pushState", "replaceState"]) {
        const move = history[name];
        history[name] = (...args: unknown[]) => {
          move.apply(history, args);
          const field = document.querySelector("input[type=search]");
          if (field.value !== "make r") return;
          Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")!.set!.call(field, "make re");
          field.dispatchEvent(new Event("input", { bubbles: true }));
        };
      }
    });
    await search.focus();
    await page.keyboard.type("make r");
    await page.waitForURL(/search=make\+re$/);
    assert.equal(await search.inputValue(), "make re");
    await page.getByRole("link", { name: "two", exact: true }).waitFor({ state: "detached" });
    await page.goBack();
    await page.getByRole("link", { name: "two", exact: true }).waitFor();
    await until("one step back has come to before all letters", async () => await search.inputValue() === "");

    await page.getByRole("combobox", { name: "Queue", exact: true }).fill("kit");
    await page.getByRole("option", { name: "kitchen" }).click();
    await page.waitForURL(/queue=kitchen/);
    await page.getByRole("navigation", { name: "States" }).getByRole("link", { name: "Dead" }).click();
    await page.getByText("No job matches").waitFor();
    await page.goBack();
    await page.getByRole("link", { name: "two", exact: true }).waitFor();
    await page.goBack();
    await page.getByRole("link", { name: "one", exact: true }).waitFor();
  },
);

browserTest(
  "what is typed stays over changes, other pages, a reload, and a restart that asks for another token",
  async () => {
    using test = await testStore();
    const first = await startDashboard(test.home);
    const { port } = new URL(first.url);
    await using visited = await visit(`${first.url}settings`);
    const { page } = visited;
    await page.getByLabel("max_retries").fill("7");
    await test.set({ max_retries: "5" });
    await page.getByText("It is 5 now.").waitFor();
    assert.equal(await page.getByLabel("max_retries").inputValue(), "7");

    await page.getByRole("link", { name: "Enqueue", exact: true }).click();
    await page.getByRole("textbox", { name: "Command" }).fill("echo precious");
    await page.getByRole("textbox", { name: "Label" }).fill("kept");
    await page.getByRole("link", { name: /^Queues/ }).click();
    await page.getByRole("heading", { name: "Queues" }).waitFor();
    await page.reload();
    await page.getByRole("link", { name: "Enqueue", exact: true }).click();
    assert.equal(await page.getByRole("textbox", { name: "Command" }).inputValue(), "echo precious");

    await first[Symbol.asyncDispose]();
    await using _second = await startDashboard(test.home, [
      "--port",
      port,
      "--token",
      "another-token-of-today",
    ]);
    await page.getByRole("dialog").getByLabel("Token").waitFor();
    await page.getByRole("dialog").getByLabel("Token").fill(TOKEN);
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByText("This token is not valid").waitFor();
    await page.getByRole("dialog").getByLabel("Token").fill("another-token-of-today");
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    assert.equal(await page.getByRole("textbox", { name: "Command" }).inputValue(), "echo precious");
    await page.getByRole("button", { name: "Enqueue", exact: true }).click();
    await page.waitForURL(/\/jobs\/j\d+$/);
    const { jobs: [job] } = await test.store.list({ limit: 1 });
    assert.deepEqual([job!.command, job!.label], ["echo precious", "kept"]);
    assert.equal(await page.evaluate(() => sessionStorage.getItem("draft enqueue")), null);
    await page.getByText("live", { exact: true }).waitFor();
    await page.close();
    visited.forgive(/./); // that the server was away, and refused
  },
);

browserTest(
  "what cannot be loaded says so, and is there by itself once it can: a page, and what it shows",
  async () => {
    using test = await testStore();
    await using server = await startDashboard(test.home);
    await using visited = await visit(server.url);
    const { page } = visited;
    await page.locator(".tile").first().waitFor();
    let broken = true;
    await page.route(/assets\/settings\.js/, (route) => broken ? route.abort() : route.continue());
    await page.route(
      /api\/v1\/settings/,
      (route) => broken ? route.fulfill({ status: 503 }) : route.continue(),
    );
    await page.getByRole("link", { name: "Settings" }).click();
    await page.getByText("This page could not be loaded").waitFor();
    await page.unroute(/assets\/settings\.js/);
    await page.getByText("The server answered 503").waitFor();
    broken = false;
    await page.getByLabel("max_retries").waitFor();
    visited.forgive(/./); // what was broken on purpose
  },
);

browserTest(
  "the focus follows pages and dialogs, keys are told, and the theme that was chosen stays",
  async () => {
    using test = await testStore();
    await test.enqueue("true", { held: true });
    await using server = await startDashboard(test.home);
    await using visited = await visit(server.url, { colorScheme: "light" });
    const { page } = visited;
    await page.getByRole("link", { name: /^Workers/ }).click();
    await page.getByRole("heading", { name: "Workers" }).waitFor();
    await page.waitForFunction(() => document.activeElement?.id === "main");
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys" }).getByText("Settings").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.waitForFunction(() => document.activeElement?.id === "main");

    const dark = () =>
      page.waitForFunction('getComputedStyle(document.body).backgroundColor === "rgb(15, 18, 22)"');
    await page.getByRole("button", { name: /^Theme/ }).click();
    await page.getByRole("button", { name: /^Theme/ }).click();
    await dark();
    await page.reload();
    await dark();
    await page.getByRole("button", { name: "Theme: dark" }).click();
    await page.waitForFunction('getComputedStyle(document.body).backgroundColor !== "rgb(15, 18, 22)"');
  },
);

browserTest("who wants nothing to move sees nothing move", async () => {
  using test = await testStore();
  await using server = await startDashboard(test.home);
  await using visited = await visit(server.url);
  const { page } = visited;
  await page.locator(".tile").first().waitFor();
  for (const reducedMotion of ["no-preference", "reduce"] as const) {
    await page.emulateMedia({ reducedMotion });
    const moving = await page.evaluate(() =>
      [...document.querySelectorAll("*")].some((element) => {
        const { transitionDuration, animationName } = getComputedStyle(element);
        return animationName !== "none" || /[1-9]/.test(transitionDuration);
      })
    );
    assert.equal(moving, reducedMotion === "no-preference", reducedMotion);
  }
});

browserTest("on paper there is what was found, and nothing to press", async () => {
  using test = await testStore();
  await test.enqueue("echo on paper", { held: true });
  await using server = await startDashboard(test.home);
  await using visited = await visit(`${server.url}jobs`, { colorScheme: "dark" });
  const { page } = visited;
  await page.getByText("echo on paper").waitFor();
  await page.emulateMedia({ media: "print" });
  for (const hidden of ["header nav", "header button", ".filters", "table.jobs input"]) {
    assert.equal(await page.locator(hidden).first().isVisible(), false, hidden);
  }
  assert.ok(await page.getByText("echo on paper").isVisible());
  const ink = await page.evaluate("getComputedStyle(document.body).color");
  assert.equal(ink, "rgb(0, 0, 0)");
});

browserTest(
  "all modules are asked for at once, and a page is at most 60 KB before the first chart",
  async () => {
    using test = await testStore();
    await test.enqueue("true", { held: true });
    await using server = await startDashboard(test.home);
    for (const path of ["", "jobs", "jobs/j1", "queues", "enqueue"]) {
      await using visited = await visit(server.url, { stranger: true });
      const { page } = visited;
      await page.goto(`${server.url}${path}?token=${TOKEN}`);
      visited.forgive(/401/);
      await page.locator("header nav a").first().waitFor();
      await page.locator("main table, main form, main pre, main .panel, main .tile").first().waitFor();
      const { entries, named } = await page.evaluate(() => ({
        entries: performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation"))
          .map((entry) => entry as unknown as { name: string; transferSize: number }),
        named: [...document.querySelectorAll("link[rel=modulepreload], script")]
          .map((element: { href?: string; src?: string }) => element.href ?? element.src),
      }));
      const late = entries.map(({ name }) => name)
        .filter((name) => /\.js$/.test(name) && !/uplot|stream_worker|source|login/.test(name))
        .filter((name) => !named.includes(name));
      assert.deepEqual(late, [], `/${path}`);
      const bytes = entries.filter(({ name }) => !name.includes("uplot.js"))
        .reduce((sum, { transferSize }) => sum + transferSize, 0);
      assert.ok(bytes > 10_000 && bytes <= 60_000, `/${path}: ${bytes} bytes`);
      // a browser has six connections: so many files are few turns
      assert.ok(entries.length <= 20, `/${path}: ${entries.length} requests`);
    }
  },
);

browserTest("a page that nobody changes draws nothing, and asks for nothing", async () => {
  using test = await testStore();
  for (let n = 0; n < 5; n++) await test.enqueue("true", { held: true });
  await using server = await startDashboard(test.home);
  await using visited = await visit(server.url);
  const { page } = visited;
  // with the first change, the server hears its doorbell: then silence means that nothing has changed
  await page.goto(`${server.url}jobs`);
  await page.locator(".connection.live").waitFor();
  await test.enqueue("true", { id: "heard", held: true });
  await page.getByRole("link", { name: "heard", exact: true }).waitFor();
  await page.clock.install();
  let asked: string[] = [];
  const unanswered = new Set<unknown>();
  page.on("request", (request) => {
    asked.push(request.url());
    if (request.url().includes("/api/")) unanswered.add(request);
  });
  for (const end of ["requestfinished", "requestfailed"] as const) {
    page.on(end as "requestfinished", (request) => unanswered.delete(request));
  }
  for (const path of ["", "jobs", "jobs/j1", "queues/default", "settings"]) {
    await page.goto(server.url + path);
    await page.locator("main table, main form, main pre, main .empty").first().waitFor();
    await page.locator(".connection.live").waitFor();
    await page.clock.fastForward("02:30:00"); // times are told in hours now, and far from the next one
    await until("a while passes in which nothing is asked for", async () => {
      asked = [];
      await page.clock.runFor(30_000);
      return asked.length === 0 && unanswered.size === 0;
    });
    const drawn = await page.evaluate(() => {
      const seen = { count: 0 };
      const observer = new (globalThis as unknown as {
        MutationObserver: new (f: () => void) => { observe(...args: unknown[]): void };
      })
        .MutationObserver(() => seen.count++);
      observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
      Object.assign(globalThis, { seen });
      return seen.count;
    });
    assert.equal(drawn, 0);
    await page.clock.runFor(20_000);
    const { count } = await page.evaluate(() => (globalThis as unknown as { seen: { count: number } }).seen);
    assert.ok(count <= 2, `/${path} was drawn ${count} times in 20 s`);
  }
});

browserTest("pages fit into any width: a small phone, a zoom of 200 %, a very wide screen", async () => {
  using test = await testStore();
  await test.enqueue(`echo ${"long".repeat(200)}`, { held: true, label: "a".repeat(100) });
  await using server = await startDashboard(test.home);
  await using visited = await visit(server.url);
  const { page } = visited;
  for (const path of ["", "jobs?state=pending", "jobs/j1", "queues", "groups", "settings", "enqueue"]) {
    await page.goto(server.url + path);
    await page.locator("main table, main form, main pre, main .empty, main .tile").first().waitFor();
    for (const width of [320, 720, 2560]) {
      await page.setViewportSize({ width, height: 900 });
      const tooWide = await page.evaluate(() =>
        document.documentElement.scrollWidth - document.documentElement.clientWidth
      );
      assert.ok(tooWide <= 0, `/${path} is ${tooWide} pixels too wide for ${width}`);
      const used = await page.evaluate(() => document.querySelector("main").clientWidth);
      assert.equal(used, width, `/${path} uses the width`);
    }
  }
});

Deno.test.afterAll(endBrowser);
