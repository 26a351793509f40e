/**
 * A person at the dashboard, in a real Chromium: `node dashboard_app.mjs SCENE DASHBOARD [SERVER]`.
 * Prints what was seen, as JSON; ends with an error if something that must come does not.
 */

import { createServer } from "node:http";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const [, , sceneName, base, server] = process.argv;
const PAGES = ["/", "/groups", "/slots", "/slots/7", "/proxies", "/migrations", "/history"];
const ACTIONS = [
  "/groups/add",
  "/groups/add-server",
  "/groups/remove-server",
  "/groups/remove",
  "/slots/assign",
  "/slots/share",
  "/migrations/start?from=0&to=9&group=1",
  "/migrations/rebalance",
  "/migrations/pause",
  "/proxies/offline?id=proxy-1",
];

/** Everything that should not have happened. */
const faults = [];

/** Opens a page that reports what should not happen: errors, refusals, requests to elsewhere. */
async function open(browser, options = {}) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) faults.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`page: ${error.message}`));
  page.on("request", (request) => {
    if (!request.url().startsWith(base)) faults.push(`request: ${request.url()}`);
  });
  return page;
}

/** Fills a form, looks at the plan and confirms it; returns what the next page says. */
async function act(page, path, values = {}) {
  await page.goto(base + path);
  const names = Object.keys(values);
  for (const name of names) {
    const input = page.locator(`[name="${name}"]`).first();
    if (await input.evaluate((element) => element.tagName) === "SELECT") {
      await input.selectOption(values[name]);
    } else await input.fill(values[name]);
  }
  if (names.length > 0) await page.getByRole("button", { name: /^Show the plan/ }).click();
  const commands = await page.locator(".command").allInnerTexts();
  if (commands.length !== 2) throw new Error(`${path}: ${await page.locator("main").innerText()}`);
  await page.locator(".plan form button").click();
  await page.waitForURL(/done=/);
  return await page.locator(".notice").innerText();
}

const scenes = {
  /** A product from nothing. */
  async first(browser) {
    const page = await open(browser);
    await page.goto(base);
    // Nobody has looked for proxies yet when the manager has just started.
    await page.getByText("No proxy is registered").first().waitFor();
    const before = await page.locator(".health-sentence").innerText();
    const said = [
      await act(page, "/groups/add", { group: "1", kind: "codis-server" }),
      await act(page, "/groups/add-server", { group: "1", addr: server }),
      await act(page, "/slots/assign", { from: "0", to: "99", group: "1" }),
    ];
    await page.goto(`${base}/slots`);
    const owners = await page.locator("#slot-ranges tbody tr td:first-child").allInnerTexts();
    said.push(await act(page, "/slots/share"));
    return { before, said, owners: owners.map((text) => text.trim()) };
  },

  /** Everything that can be done to a product that runs. */
  async forms(browser) {
    const page = await open(browser);
    const said = [
      await act(page, "/groups/add", { group: "3", kind: "codis-server" }),
      await act(page, "/groups/add-server", { group: "3", addr: server }),
      await act(page, "/migrations/start", { from: "0", to: "127", group: "3", delay: "1500" }),
    ];
    // From here on without loading a page.
    await page.evaluate(() => globalThis.sameDocument = true);
    const shares = new Set();
    const progress = page.locator("progress");
    await page.waitForFunction(() => document.querySelector("progress")?.value > 0);
    while (shares.size < 2) shares.add(await progress.getAttribute("value"));
    const isSame = await page.evaluate(() => globalThis.sameDocument === true);
    await page.getByRole("link", { name: "Pause", exact: true }).click();
    await page.locator(".plan form button").click();
    await page.locator(".tag.paused").waitFor();
    await page.getByRole("link", { name: "Resume", exact: true }).click();
    await page.locator(".plan form button").click();
    await page.locator(".tag.done").waitFor();
    said.push(
      await act(page, "/migrations/start", { from: "128", to: "511", group: "3", delay: "2000" }),
    );
    await page.getByRole("link", { name: "Cancel", exact: true }).click();
    await page.locator(".plan form button").click();
    await page.locator(".tag.cancelled").waitFor();
    said.push(await act(page, "/migrations/rebalance", { delay: "0" }));
    await untilNothingMoves(page);
    said.push(await act(page, "/migrations/start", { from: "0", to: "1023", group: "1" }));
    await untilNothingMoves(page);
    await page.goto(`${base}/groups`);
    await page.locator("#group-3 a", { hasText: "Remove" }).first().waitFor();
    said.push(await act(page, "/groups/remove-server", { group: "3", addr: server }));
    said.push(await act(page, "/groups/remove", { group: "3" }));
    said.push(await act(page, "/proxies/offline", { id: "proxy-1" }));
    await page.locator(".state", { hasText: /^offline$/ }).waitFor();
    said.push(await act(page, "/proxies/online", { id: "proxy-1" }));
    await page.locator(".state", { hasText: /^online$/ }).waitFor();
    await page.goto(`${base}/history`);
    const reasons = await page.locator("summary b").allInnerTexts();
    return { said, isSame, removed: reasons.includes("remove group 3") };
  },

  /** What is typed wrong is named, and still there. */
  async mistakes(browser) {
    const page = await open(browser);
    await page.goto(`${base}/migrations/start`);
    await page.locator('[name="from"]').fill("7");
    await page.locator('[name="to"]').fill("5000");
    await page.getByRole("button", { name: "Show the plan" }).click();
    const seen = {
      alert: await page.getByRole("alert").innerText(),
      from: await page.locator('[name="from"]').inputValue(),
      to: await page.locator('[name="to"]').inputValue(),
    };
    await page.goto(`${base}/groups/add?group=1&kind=stock`);
    return { ...seen, taken: await page.getByRole("alert").innerText() };
  },

  /** Without a script everything is there, and can be done. */
  async scriptless(browser) {
    const page = await open(browser, { javaScriptEnabled: false });
    const titles = [];
    for (const path of PAGES) {
      await page.goto(base + path);
      titles.push(await page.locator("h1").innerText());
    }
    await page.goto(`${base}/slots`);
    const cells = await page.locator(".grid a").count();
    await page.locator('[name="slot"]').fill("9");
    await page.getByRole("button", { name: "Go" }).click();
    const slot = await page.locator("h1").innerText();
    const said = [
      await act(page, "/groups/add", { group: "9", kind: "stock" }),
      await act(page, "/groups/remove", { group: "9" }),
    ];
    return { titles, cells, slot, said };
  },

  /** A hidden page has no connection; one that is shown again does. */
  async hidden(browser) {
    const page = await open(browser);
    const streams = { opened: 0, ended: 0 };
    const isStream = (request) => request.url() === `${base}/api/v1/changes`;
    page.on("request", (request) => isStream(request) && streams.opened++);
    page.on("requestfailed", (request) => isStream(request) && streams.ended++);
    page.on("requestfinished", (request) => isStream(request) && streams.ended++);
    const show = (hidden) =>
      page.evaluate((hidden) => {
        Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
      }, hidden);
    await page.goto(base);
    await page.locator("#stream", { hasText: "live" }).waitFor();
    const ended = page.waitForEvent("requestfailed", isStream);
    await show(true);
    await ended;
    const whileHidden = { ...streams, said: await page.locator("#stream").innerText() };
    await show(false);
    await page.locator("#stream", { hasText: "live" }).waitFor();
    return { whileHidden, again: streams };
  },

  /** Other sites, and other names, are refused. */
  async strangers(browser) {
    const site = createServer((_request, response) => {
      response.setHeader("content-type", "text/html");
      response.end(`<form method="post" action="${base}/groups/add">
        <input name="group" value="66"><input name="kind" value="stock"><button>Go</button></form>`);
    });
    await new Promise((resolve) => site.listen(0, "127.0.0.1", resolve));
    const page = await (await browser.newContext()).newPage();
    await page.goto(`http://127.0.0.1:${site.address().port}/`);
    const [posted] = await Promise.all([page.waitForNavigation(), page.locator("button").click()]);
    const named = await page.goto(base.replace("127.0.0.1", "evil.example"));
    site.close();
    const own = await page.goto(`${base}/groups`);
    const hasGroup = (await page.locator("main").innerText()).includes("Group 66");
    return { posted: posted.status(), named: named.status(), own: own.status(), hasGroup };
  },

  /** No page has a fault that a tool can find, in either colour scheme. */
  async accessible(browser) {
    const axe = createRequire(import.meta.url).resolve("axe-core");
    const found = [];
    const paths = { light: [...PAGES, ...ACTIONS], dark: [...PAGES, ACTIONS[0]] };
    for (const colorScheme of ["light", "dark"]) {
      const page = await open(browser, { colorScheme, bypassCSP: true });
      for (const path of paths[colorScheme]) {
        await page.goto(base + path);
        await page.addScriptTag({ path: axe });
        const { violations } = await page.evaluate(() => globalThis.axe.run());
        for (const { id, nodes } of violations) {
          found.push(`${colorScheme} ${path}: ${id}: ${nodes[0].html.slice(0, 200)}`);
        }
      }
    }
    return { found };
  },

  /** The slot map is one stop of the Tab key, and arrows move in it. */
  async keyboard(browser) {
    const page = await open(browser);
    await page.goto(`${base}/slots`);
    await page.locator("#s0").focus();
    for (const key of ["ArrowRight", "ArrowDown", "End", "ArrowUp"]) await page.keyboard.press(key);
    const at = await page.evaluate(() => document.activeElement.id);
    const tip = await page.locator(`#${at}`).getAttribute("aria-label");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/slots\/\d+$/);
    return { at, tip, path: new URL(page.url()).pathname };
  },
};

async function untilNothingMoves(page) {
  await page.goto(`${base}/migrations`);
  await page.getByText("Nothing is moving.").waitFor({ timeout: 60_000 });
}

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP evil.example 127.0.0.1",
  ],
});
try {
  const seen = await scenes[sceneName](browser);
  console.log(JSON.stringify({ ...seen, faults }));
} finally {
  await browser.close();
}
