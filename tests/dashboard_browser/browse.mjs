// Drives Debian's Chromium through the dashboard, for tests/dashboard_browser.
//
// It talks with the test over its standard streams: a line of JSON out asks
// for something ({"ask": "mail"}) and a line in is the answer; the last line
// out is {"done": {…}} with what was counted. Everything that is wrong ends it
// with a message and exit code 1.

import { chromium } from "playwright-core";
import { readFileSync, mkdirSync } from "node:fs";
import { createInterface } from "node:readline";
import assert from "node:assert/strict";

const { BASE, NAME, PASSWORD, PICTURES } = process.env;
const PATIENCE = 180_000;
const SIZES = { narrow: { width: 320, height: 900 }, wide: { width: 1280, height: 900 } };
const THEMES = ["light", "dark"];
// What the audit log says of what is done here.
const AUDITED = ["logged in", "allowed something", "took an allowance away"];
// Pages with the same path, but for names in it, that are looked at in every
// theme and width.
const OF_EACH_PATH = 2;
// Pages of the same kind that are opened, and pages in all: a hundred messages
// teach no more than a few.
const OF_EACH_KIND = 4;
const MOST_PAGES = 150;

const axeSource = readFileSync(new URL("./node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
mkdirSync(PICTURES, { recursive: true });

async function ask(what) {
  console.log(JSON.stringify({ ask: what }));
  const { value } = await lines.next();
  return JSON.parse(value);
}

const problems = [];
const counts = { pages: 0, looked: 0, pictures: 0, requests: 0 };

function wrong(text) {
  problems.push(text);
}

// Everything that a page may not do is noticed here.
function watch(page) {
  page.on("console", (message) => {
    const text = message.text();
    // Answers of 4xx are asked for on purpose, and tell so by their status.
    if (message.type() === "error" && !text.includes("Failed to load resource")) {
      wrong(`${page.url()}: console: ${text}`);
    }
  });
  page.on("pageerror", (error) => wrong(`${page.url()}: ${error}`));
  page.on("dialog", (dialog) => {
    wrong(`${page.url()}: dialog ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("request", (request) => {
    counts.requests += 1;
    if (!request.url().startsWith(BASE) && !request.url().startsWith("data:")) {
      wrong(`${page.url()}: asks for ${request.url()}`);
    }
  });
}

async function context(options = {}) {
  const made = await browser.newContext({ viewport: SIZES.wide, ...options });
  // Nothing here is about time: a busy machine may take what it needs.
  made.setDefaultTimeout(PATIENCE);
  await made.addInitScript(() => {
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => {
      window.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  return made;
}

async function logIn(page) {
  await page.goto(`${BASE}/`);
  await page.getByLabel("Name").fill(NAME);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Log in" }).click();
  // The page that is left has a heading, too.
  await page.waitForURL((url) => url.pathname === "/");
  await page.getByRole("heading", { level: 1 }).waitFor();
}

// One page by another is of the same kind if only values differ.
function kind(url) {
  const path = url.pathname.split("/").map((part, n) => (n > 1 ? "*" : part)).join("/");
  const keys = [...new Set(url.searchParams.keys())].sort().join(",");
  return `${path}?${keys}`;
}

// Looks at what is shown: the policy, the layout, the markup.
async function look(page, name) {
  counts.looked += 1;
  for (const violation of await page.evaluate(() => window.violations)) {
    wrong(`${name}: violates the policy: ${violation}`);
  }
  const facts = await page.evaluate(() => ({
    title: document.title,
    overflow: document.documentElement.scrollWidth - window.innerWidth,
    wide: [...document.querySelectorAll("body *")]
      .filter((e) => e.getBoundingClientRect().right > window.innerWidth + 1)
      .slice(0, 3)
      .map((e) => `${e.tagName}.${e.getAttribute("class") ?? ""} ${e.textContent.slice(0, 60)}`),
    styles: document.querySelectorAll("[style]").length,
    handlers: [...document.querySelectorAll("*")].filter((e) =>
      [...e.attributes].some((a) => a.name.startsWith("on"))).length,
    links: [...document.querySelectorAll("[href], [src], [action]")].map((e) =>
      e.getAttribute("href") ?? e.getAttribute("src") ?? e.getAttribute("action")),
    frames: document.querySelectorAll("iframe, object, embed, base, meta[http-equiv]").length,
    headings: document.querySelectorAll("h1").length,
    text: document.body.innerText,
  }));
  if (facts.title.includes("owned") && !facts.title.includes("·")) wrong(`${name}: the title was changed`);
  if (facts.overflow > 0) wrong(`${name}: ${facts.overflow} px too wide: ${facts.wide.join(" | ")}`);
  if (facts.styles > 0) wrong(`${name}: ${facts.styles} style attributes`);
  if (facts.handlers > 0) wrong(`${name}: ${facts.handlers} event handlers`);
  if (facts.frames > 0) wrong(`${name}: ${facts.frames} frames or the like`);
  if (facts.headings !== 1) wrong(`${name}: ${facts.headings} main headings`);
  if (facts.text.trim().length < 40) wrong(`${name}: shows nothing: ${facts.text}`);
  // Controls, bidirectional controls and invisible characters.
  const hidden = facts.text.match(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/);
  if (hidden) wrong(`${name}: shows U+${hidden[0].codePointAt(0).toString(16)} as it is`);
  for (const link of facts.links) {
    const to = new URL(link, page.url());
    if (!to.href.startsWith(BASE) && to.protocol !== "data:") wrong(`${name}: leads to ${link.slice(0, 200)}`);
  }
}

async function axe(page, name) {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() =>
    window.axe.run(document, { resultTypes: ["violations"] }));
  for (const { id, impact, help, nodes } of violations) {
    const where = nodes.slice(0, 2).map((node) => node.html.slice(0, 160)).join(" | ");
    const text = `${name}: axe: ${impact} ${id}: ${help}: ${where}`;
    if (["serious", "critical"].includes(impact)) wrong(text);
    else console.error(`note: ${text}`);
  }
}

async function picture(page, name) {
  await page.screenshot({ path: `${PICTURES}/${name}.png`, fullPage: true });
  counts.pictures += 1;
}

// Opens every page that a link leads to, and returns a few of each kind.
async function crawl(page) {
  const seen = new Set();
  const queue = [`${BASE}/`, `${BASE}/log`];
  const kinds = new Map();
  while (queue.length > 0 && seen.size < MOST_PAGES) {
    const address = queue.shift();
    if (seen.has(address)) continue;
    const url = new URL(address);
    const alike = kinds.get(kind(url)) ?? [];
    if (alike.length >= OF_EACH_KIND) continue;
    seen.add(address);
    if (url.pathname === "/export" || url.pathname.endsWith(".json")) {
      const response = await page.request.get(address);
      assert.equal(response.status(), 200, address);
      continue;
    }
    const response = await page.goto(address);
    if (response.status() !== 200) wrong(`${address}: ${response.status()}`);
    alike.push(address);
    kinds.set(kind(url), alike);
    counts.pages += 1;
    await look(page, address);
    const links = await page.evaluate(() =>
      [...document.querySelectorAll("a[href]:not([download])")].map((a) =>
        // In SVG, href is no string.
        new URL(a.getAttribute("href"), location.href).href.split("#")[0]));
    // Hostile names first, and then in the order of the page.
    queue.push(...new Set(links.filter((link) => link.startsWith(BASE) && !seen.has(link))));
  }
  const paths = new Map();
  for (const address of [...kinds.values()].flat()) {
    const [path] = kind(new URL(address)).split("?");
    paths.set(path, [...(paths.get(path) ?? []), address]);
  }
  // The first is the plain one; the last is the one that was narrowed most.
  return [...paths.values()].flatMap((few) =>
    few.length <= OF_EACH_PATH ? few : [few[0], few[few.length - 1]]);
}

async function inAllForms(pages, storage) {
  for (const theme of THEMES) {
    for (const [size, viewport] of Object.entries(SIZES)) {
      const form = await context({ colorScheme: theme, viewport, storageState: storage });
      const page = await form.newPage();
      watch(page);
      const named = new Map();
      for (const address of pages) {
        const url = new URL(address);
        await page.goto(address);
        const name = `${size} ${theme} ${address}`;
        await look(page, name);
        // Colours differ by theme and layout by width: two forms show all.
        if ((theme === "dark") === (size === "wide")) await axe(page, name);
        const base = (url.pathname.split("/")[1] || "overview") + (url.pathname.split("/").length > 2 ? "-one" : "");
        const n = (named.get(base) ?? 0) + 1;
        named.set(base, n);
        if (n <= 3) await picture(page, `${base}-${n}-${size}-${theme}`);
      }
      await form.close();
    }
  }
}

async function byKeyboard(storage) {
  const page = await (await context({ storageState: storage })).newPage();
  watch(page);
  await page.goto(`${BASE}/log`);
  await page.keyboard.press("Tab");
  const first = await page.evaluate(() => document.activeElement.textContent);
  if (!first.includes("Skip")) wrong(`the first stop of the Tab key is ${first}`);
  await page.keyboard.press("Enter");
  const main = await page.evaluate(() => document.activeElement.id);
  if (main !== "main") wrong(`the skip link leads to ${main}`);
  // Every stop can be seen.
  for (let stop = 0; stop < 25; stop += 1) {
    await page.keyboard.press("Tab");
    const seen = await page.evaluate(() => {
      const at = document.activeElement;
      if (at === document.body) return null;
      const style = getComputedStyle(at);
      const box = at.getBoundingClientRect();
      const isMarked = style.outlineStyle !== "none" || style.boxShadow !== "none";
      return { isMarked, isThere: box.width > 0 && box.height > 0, what: at.outerHTML.slice(0, 120) };
    });
    if (seen && (!seen.isMarked || !seen.isThere)) wrong(`focus cannot be seen on ${seen.what}`);
  }
  await page.context().close();
}

async function withoutScripts(storage) {
  const page = await (await context({ javaScriptEnabled: false, storageState: storage })).newPage();
  for (const path of ["/", "/log", "/log?live=1", "/companies", "/allowlist", "/privacy", "/system"]) {
    const response = await page.goto(`${BASE}${path}`);
    if (response.status() !== 200) wrong(`without scripts ${path}: ${response.status()}`);
    if (await page.locator("h1").count() !== 1) wrong(`without scripts ${path}: no heading`);
  }
  await page.context().close();
}

// A new message appears by itself, and the allowlist spares the next one.
async function allowAndSee(page) {
  await page.goto(`${BASE}/log?q=is%3Achanged`);
  await page.getByRole("link", { name: "Follow live" }).click();
  await page.locator("#live-state", { hasText: "live" }).waitFor();
  const before = await page.locator("table[data-live] tbody tr").count();
  assert.equal((await ask("mail")).outcome, "changed");
  await page.locator("#live-count", { hasText: "1 new message" }).waitFor();
  assert.equal(await page.locator("table[data-live] tbody tr").count(), before + 1);
  await look(page, "live");
  await picture(page, "live-wide-light");

  await page.locator("table[data-live] tbody tr a").first().click();
  await page.getByRole("link", { name: "Allow …" }).first().click();
  await page.waitForURL((url) => url.pathname === "/allowlist/new");
  await page.getByRole("heading", { level: 1 }).waitFor();
  await axe(page, "allow, first step");
  await picture(page, "allow-new-wide-light");
  await page.getByLabel("Reason").fill("The board <b>wants</b> to be \"watched\" =1+1");
  await page.getByRole("button", { name: "Show what it would have done" }).click();
  await page.getByRole("button", { name: "Add to the allowlist" }).waitFor();
  await look(page, "allow, preview");
  await axe(page, "allow, preview");
  await picture(page, "allow-preview-wide-light");
  await page.getByRole("button", { name: "Add to the allowlist" }).click();
  await page.getByRole("heading", { name: "In force" }).waitFor();
  await look(page, "allow, done");
  await picture(page, "allowlist-done-wide-light");
  assert.ok((await page.locator("main").innerText()).includes("The board <b>wants</b> to be \"watched\" =1+1"));

  assert.equal((await ask("mail")).outcome, "unchanged");
  // The log is written in groups; a moment later the message is there.
  const spared = page.locator("table.log tbody tr");
  const patience = Date.now() + 60_000;
  while (Date.now() < patience && (await spared.count()) === 0) {
    await page.goto(`${BASE}/log?q=action%3Aallow`);
  }
  assert.equal(await spared.count(), 1, "the spared message is in the log");
  await page.locator("table.log tbody tr a").first().click();
  await page.getByText("spared by").first().waitFor();
  await picture(page, "message-spared-wide-light");

  await page.goto(`${BASE}/allowlist`);
  await page.getByText("Remove", { exact: false }).first().click();
  await Promise.all([
    page.waitForResponse((answer) => answer.request().method() === "POST"
      && new URL(answer.url()).pathname === "/allowlist/remove"),
    page.locator("button.button-danger").first().click(),
  ]);
  await page.getByRole("heading", { level: 1 }).waitFor();
  assert.equal((await ask("mail")).outcome, "changed");

  await page.goto(`${BASE}/privacy`);
  const audit = await page.locator("main").innerText();
  for (const act of AUDITED) {
    if (!audit.includes(act)) wrong(`the audit log does not show: ${act}`);
  }
}

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
try {
  const first = await context();
  const page = await first.newPage();
  watch(page);
  await page.goto(`${BASE}/`);
  await look(page, "login");
  await axe(page, "login");
  await picture(page, "login-wide-light");
  await logIn(page);
  await allowAndSee(page);
  const pages = await crawl(page);
  const storage = await first.storageState();
  await inAllForms(pages, storage);
  await byKeyboard(storage);
  await withoutScripts(storage);
} catch (error) {
  wrong(`${error.stack}`);
} finally {
  await browser.close();
}
if (problems.length > 0) {
  const once = [...new Set(problems)];
  console.error(`${once.length} problems:\n${once.slice(0, 60).join("\n")}`);
  process.exit(1);
}
console.log(JSON.stringify({ done: counts }));
process.exit(0);
