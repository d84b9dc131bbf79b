/**
 * @module
 * The frame of the pages in a real browser: one stream for all tabs, what is typed stays, and what cannot be loaded says
 * so and comes by itself.
 */
import assert from "node:assert/strict";
import { browserTest, endBrowser, fits, goes, visit } from "../helpers/browser.ts";
import { startDashboard, TOKEN } from "../helpers/dashboard.ts";
import { ownPort } from "../helpers/own_port.ts";
import { until } from "../helpers/until.ts";
import { testStore } from "../helpers/worker.ts";

/** Of the browser, where functions that are handed to its pages run. */
// deno-lint-ignore no-explicit-any -- its types would stand beside Deno's everywhere
declare const document: any, history: any, HTMLInputElement: any, getComputedStyle: any, sessionStorage: any;
/** What a page asked for, in the order in which it did; how often it did, what is not answered, and how often it was drawn. */
declare const asked: string[], seen: { asked: number; open: number; drawn: number };

browserTest("seven tabs are all up to date: they share one stream", async () => {
  using test = await testStore();
  await test.enqueue("true", { id: "first", held: true });
  await using server = await startDashboard(test.home);
  await using visited = await visit(`${server.url}jobs`);
  const pages = [visited.page];
  for (let n = 0; n < 6; n++) {
    const page = await visited.page.context().newPage();
    pages.push(page);
    await page.goto(`${server.url}jobs`);
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
    const port = String(ownPort());
    await using first = await startDashboard(test.home, ["--port", port]);
    await using visited = await visit(`${first.url}settings`);
    const { page } = visited;
    visited.forgive(/./); // that the server was away, and refused
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
    const kept = async () => await page.getByRole("textbox", { name: "Command" }).inputValue();
    await until("what was typed is there", async () => await kept() === "echo precious");

    await first[Symbol.asyncDispose]();
    const args = ["--port", port, "--token", "another-token-of-today"];
    await using _second = await startDashboard(test.home, args);
    await page.getByRole("dialog").getByLabel("Token").waitFor();
    await page.getByRole("dialog").getByLabel("Token").fill(TOKEN);
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByText("This token is not valid").waitFor();
    await page.getByRole("dialog").getByLabel("Token").fill("another-token-of-today");
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    assert.equal(await kept(), "echo precious");
    await page.getByRole("button", { name: "Enqueue", exact: true }).click();
    await page.waitForURL(/\/jobs\/j\d+$/);
    const { jobs: [job] } = await test.store.list({ limit: 1 });
    assert.deepEqual([job!.command, job!.label], ["echo precious", "kept"]);
    await page.waitForFunction(() => sessionStorage.getItem("draft enqueue") === null);
    await page.getByText("live", { exact: true }).waitFor();
    await page.close();
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

browserTest(
  "who wants nothing to move sees nothing move; on paper there is what was found, and nothing to press",
  async () => {
    using test = await testStore();
    await test.enqueue("echo on paper", { held: true });
    await using server = await startDashboard(test.home);
    await using visited = await visit(server.url, { colorScheme: "dark" });
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
    await goes(page, "jobs");
    await page.getByText("echo on paper").waitFor();
    await page.emulateMedia({ media: "print" });
    for (const hidden of ["header nav", "header button", ".filters", "table.jobs input"]) {
      assert.equal(await page.locator(hidden).first().isVisible(), false, hidden);
    }
    assert.ok(await page.getByText("echo on paper").isVisible());
    const ink = await page.evaluate("getComputedStyle(document.body).color");
    assert.equal(ink, "rgb(0, 0, 0)");
  },
);

browserTest(
  "all modules are asked for at once, and a page is at most 60 KB before the first chart",
  async () => {
    using test = await testStore();
    await test.enqueue("true", { held: true });
    await using server = await startDashboard(test.home);
    await using visited = await visit(`${server.url}settings`);
    const { page } = visited;
    const browser = await page.context().newCDPSession(page);
    for (const path of ["", "jobs", "jobs/j1", "queues", "enqueue"]) {
      await browser.send("Network.clearBrowserCache");
      await page.goto(server.url + path);
      await page.locator("header nav a").first().waitFor();
      await page.locator("main table, main form, main pre, main .panel, main .tile").first().waitFor();
      const { entries, named } = await page.evaluate(() => ({
        entries: performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation"))
          .map((entry) => entry as unknown as { name: string; transferSize: number }),
        named: [...document.querySelectorAll("link[rel=modulepreload], script")]
          .map((element: { href?: string; src?: string }) => element.href ?? element.src),
      }));
      // what is shown may have been asked for again already
      const first = entries.filter(({ name }, n) => entries.findIndex((one) => one.name === name) === n);
      const late = first.map(({ name }) => name)
        .filter((name) => /\.js$/.test(name) && !/uplot|stream_worker|source|login/.test(name))
        .filter((name) => !named.includes(name));
      assert.deepEqual(late, [], `/${path}`);
      const bytes = first.filter(({ name }) => !name.includes("uplot.js"))
        .reduce((sum, { transferSize }) => sum + transferSize, 0);
      assert.ok(bytes > 10_000 && bytes <= 60_000, `/${path}: ${bytes} bytes`);
      // a browser has six connections: so many files are few turns
      assert.ok(first.length <= 20, `/${path}: ${first.length} requests`);
    }
  },
);

browserTest("a page that nobody changes draws nothing, and asks for nothing", async () => {
  using test = await testStore();
  for (let n = 0; n < 5; n++) await test.enqueue("true", { held: true });
  await using server = await startDashboard(test.home);
  await using visited = await visit(`${server.url}jobs`);
  const { page } = visited;
  // with the first change, the server hears its doorbell: then silence means that nothing has changed
  await page.locator(".connection.live").waitFor();
  await test.enqueue("true", { id: "heard", held: true });
  await page.getByRole("link", { name: "heard", exact: true }).waitFor();
  await page.clock.install();
  await page.evaluate(`{
    const { fetch } = globalThis;
    globalThis.seen = { asked: 0, open: 0, drawn: 0 };
    globalThis.fetch = async (...args) => {
      seen.asked += 1;
      seen.open += 1;
      const response = await fetch(...args);
      await response.clone().text();
      seen.open -= 1;
      return response;
    };
    new MutationObserver(() => seen.drawn += 1)
      .observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  }`);
  /** What is asked for and drawn in so many seconds. */
  const passing = async (seconds: number) => {
    const before = await page.evaluate(() => ({ ...seen }));
    await page.clock.runFor(seconds * 1000);
    const { asked, open, drawn } = await page.evaluate(() => seen);
    return { asked: asked - before.asked + before.open + open, drawn: drawn - before.drawn };
  };
  for (const path of ["", "jobs?state=pending", "jobs/j1", "queues/default", "settings"]) {
    await goes(page, path);
    await page.locator("main table, main form, main pre, main .empty").first().waitFor();
    await page.clock.fastForward("02:30:00"); // times are told in hours now, and far from the next one
    await until(`nothing is asked for by /${path}`, async () => (await passing(30)).asked === 0);
    const { asked, drawn } = await passing(20);
    assert.equal(asked, 0, `/${path} asked ${asked} times in 20 s`);
    assert.ok(drawn <= 2, `/${path} was drawn ${drawn} times in 20 s`);
  }
});

browserTest("pages fit into any width: a small phone, a zoom of 200 %, a very wide screen", async () => {
  using test = await testStore();
  await test.enqueue(`echo ${"long".repeat(200)}`, { held: true, label: "a".repeat(100) });
  await using server = await startDashboard(test.home);
  await using visited = await visit(server.url);
  const { page } = visited;
  for (const path of ["", "jobs?state=pending", "jobs/j1", "queues", "groups", "settings", "enqueue"]) {
    if (path !== "") await goes(page, path);
    await page.locator("main table, main form, main pre, main .empty, main .tile").first().waitFor();
    for (const width of [320, 720, 2560]) {
      await page.setViewportSize({ width, height: 900 });
      await fits(page, `/${path} fits into ${width} pixels`);
      const used = await page.evaluate(() => document.querySelector("main").clientWidth);
      assert.equal(used, width, `/${path} uses the width`);
    }
  }
});

Deno.test.afterAll(endBrowser);
