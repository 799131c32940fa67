/**
 * @file The screen of deliveries, retrievals and held images in Chromium: what each role sees of it and does there.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type BuiltPage, buildPage } from "./built-page";
import { Chromium, chromiumPath } from "./chromium";
import { ADMIN_KEY, type MadeService, READER_KEY, startService, VIEWER_KEY } from "./made-service";
import { madeTransfers } from "./made-transfers";

/** What the console says of answers that the tests provoke. */
const EXPECTED = [/status of 401/, /status of 503/];
const missing = chromiumPath === undefined ? " (no Chromium on this machine)" : "";

describe.skipIf(missing !== "")(`the screen of transfers${missing}`, () => {
  let page: BuiltPage;
  let service: MadeService;
  let browser: Chromium;
  let folder: string;

  const text = (selector: string) => browser.evaluate<string>(`document.querySelector('${selector}')?.innerText ?? ''`);
  const count = (selector: string) => browser.evaluate<number>(`document.querySelectorAll('${selector}').length`);
  const says = (selector: string, words: string) =>
    browser.until(`document.querySelector('${selector}')?.innerText.includes(${JSON.stringify(words)})`);
  const click = (selector: string, words: string) =>
    browser.evaluate(
      `[...document.querySelectorAll('${selector} button')].find((one) => one.innerText === '${words}').click()`,
    );
  const buttons = (selector: string) =>
    browser.evaluate<string[]>(`[...document.querySelectorAll('${selector} button')].map((one) => one.innerText)`);
  /** Cells of a row, without the last one if it holds buttons. */
  const cells = (selector: string) =>
    browser.evaluate<string[]>(`[...document.querySelectorAll('${selector} td')].map((one) => one.innerText)`);

  async function open(key: string): Promise<void> {
    await browser.send("Page.navigate", { url: "about:blank" });
    await browser.send("Page.navigate", { url: service.address });
    await browser.evaluate(`sessionStorage.setItem('fovea.key', '${key}')`);
    await browser.evaluate("localStorage.removeItem('fovea.language')");
    await browser.send("Page.reload");
    await browser.until("document.activeElement?.matches('.studies a')");
  }
  async function openTransfers(key = ADMIN_KEY): Promise<void> {
    await open(key);
    await browser.press("t");
    await browser.until("document.querySelector('.transfer-table')");
  }

  beforeAll(async () => {
    page = await buildPage();
    service = await startService(page.folder);
    browser = await Chromium.open(chromiumPath!, ["--disable-gpu", "--disable-software-rasterizer"]);
    folder = mkdtempSync(join(tmpdir(), "fovea-download-"));
    await browser.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: folder });
    await browser.resize(1280, 800);
  });
  beforeEach(() => {
    service.misbehave();
    Object.assign(service.transfers, madeTransfers());
    service.done.splice(0);
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
    page?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  test("lists what was not sent, with state, attempts, reason and the next attempt; all of it on demand", async () => {
    await openTransfers();
    expect(await count("[data-delivery]")).toBe(4);
    const [state, destination, kind, , attempts, reason, , next] = await cells("[data-delivery=d-waits]");
    expect([state, destination, kind, attempts, reason]).toEqual([
      ...["waiting", "archive", "SR", "4", "the PACS does not answer"],
    ]);
    expect(next).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d$/);
    expect((await cells("[data-delivery=d-due]"))[7]).toBe("due now");
    expect((await cells("[data-delivery=d-failed]"))[7]).toBe("—");
    expect(await buttons("[data-delivery]")).toEqual(["Send again"]);
    await browser.evaluate(`(() => {
      const select = document.querySelector('.state-filter select');
      select.value = 'sent';
      select.dispatchEvent(new Event('change', { bubbles: true }));
    })()`);
    await browser.until("document.querySelector('[data-delivery=d-sent]')");
    expect(await count("[data-delivery]")).toBe(1);
  });

  test("says of a retrieval how many images came only where that is known", async () => {
    await openTransfers();
    const images = async (id: string) => (await cells(`[data-retrieval=${id}]`))[4];
    expect(await images("r-complete")).toBe("12");
    expect(await images("r-partial")).toBe("11, refused 1");
    for (const id of ["r-running", "r-waiting", "r-failed"]) expect(await images(id)).toBe("—");
    expect((await cells("[data-retrieval=r-complete]"))[2]).toContain("one series");
    expect(await buttons("[data-retrieval]")).toEqual(["Try now", ...Array(3).fill("Retrieve again")]);
  });

  test("sends again, and retrieves again what was asked for, by keys alone", async () => {
    await openTransfers();
    await browser.until("document.activeElement?.matches('a.uid')");
    for (let i = 0; i < 3; i++) await browser.press("ArrowDown");
    await browser.press("Tab");
    expect(await text(":focus")).toBe("Send again");
    await browser.press("Enter");
    await says("[role=status]", "It is sent again.");
    await browser.until("document.querySelector('[data-delivery=d-failed] .state').innerText === 'waiting'");
    expect(service.done).toEqual(["POST /deliveries/d-failed/again"]);
    // The button is gone: the focus is in its row still.
    await browser.until("document.activeElement?.closest('tr')?.dataset.delivery === 'd-failed'");
    for (let i = 0; i < 3; i++) await browser.press("j");
    await browser.press("Tab");
    await browser.press("Enter");
    await browser.until("document.querySelector('[role=status]').innerText === 'The study is retrieved again.'");
    expect(service.done.at(-1)).toBe('POST /pacs/archive/retrieve {"study_uid":"1.2.3.2","series_uid":"1.2.3.2.1"}');
    await browser.press("Escape");
    await browser.until("document.querySelector('.studies')");
  });

  test("tells why an image is held, and files it only where nothing is in its way", async () => {
    await openTransfers();
    const [a, b, c] = madeTransfers().held.map(({ id }) => `[data-held="${id}"]`);
    expect(await text(`${a} .why`)).toContain("Its UID was taken by another image");
    expect(await text(`${a} .why a`)).toBe("1.2.3.2");
    expect(await text(`${b} .why`)).toContain("nothing in the way any more");
    expect([await buttons(a), await buttons(b)]).toEqual([
      ["Download", "Discard"],
      ["File it", "Download", "Discard"],
    ]);
    expect((await cells(a)).slice(2, 4)).toEqual(["526 kB\n512 × 512", "ae:CT1\ndimse"]);
    expect((await cells(b))[2]).toBe("8.4 MB\n512 × 512");
    expect((await cells(c)).slice(2, 4)).toEqual(["999 B", "its file cannot be read"]);
    await click(b, "File it");
    await says("[role=status]", "The image was filed.");
    await browser.until(`!document.querySelector('${b}')`);
    expect(service.done).toEqual([`POST /held/${"b".repeat(32)}/again`]);
  });

  test("asks before it discards an image, and takes no for an answer", async () => {
    await openTransfers();
    const row = `[data-held="${"a".repeat(32)}"]`;
    await click(row, "Discard");
    await says(`${row} [role=alert]`, "Discard this image for good?");
    expect(await text(":focus")).toBe("Cancel");
    await browser.press("Escape");
    await browser.until(`!document.querySelector('${row} [role=alert]')`);
    expect([await count(".transfers"), service.done]).toEqual([1, []]);
    await click(row, "Discard");
    await browser.until(`document.activeElement?.innerText === 'Cancel'`);
    await browser.press("Tab");
    await browser.press("Enter");
    await browser.until(`!document.querySelector('${row}')`);
    expect(service.done).toEqual([`DELETE /held/${"a".repeat(32)}`]);
    await browser.until("document.activeElement?.matches('a.uid')");
  });

  test("hands out the file of one", async () => {
    await openTransfers();
    const id = "a".repeat(32);
    await click(`[data-held="${id}"]`, "Download");
    await says("[role=status]", "The file was downloaded.");
    const path = join(folder, `${id}.dcm`);
    for (let i = 0; i < 200 && !existsSync(path); i++) await new Promise((resolve) => setTimeout(resolve, 25));
    expect(readFileSync(path, "utf8")).toBe("DICM");
  });

  test("tells what the service did not do, where it was asked", async () => {
    await openTransfers();
    service.misbehave({ busy: /^\/deliveries\/d-failed/ });
    await click("[data-delivery=d-failed]", "Send again");
    await says(
      "[data-delivery=d-failed] [role=alert]",
      "The service is busy. Please try again shortly. (the database is away)",
    );
    expect(await text("[data-delivery=d-failed] .state")).toBe("failed");
  });

  test("keeps what it knows, and says so, while the service does not answer", async () => {
    await openTransfers();
    service.misbehave({ busy: /^\/held$/ });
    await click(".pages", "Refresh");
    await says(".updated.stale", "Not up to date");
    expect(await count("[data-held]")).toBe(3);
    service.misbehave();
    await click(".pages", "Refresh");
    await browser.until("!document.querySelector('.updated.stale')");
  });

  test("asks for each list again by itself, but not often", async () => {
    // Nothing is under way: half a minute.
    service.transfers.deliveries = [];
    service.transfers.retrievals = [];
    await open(ADMIN_KEY);
    const asked = () => service.asked.filter((path) => path === "/deliveries").length;
    const before = asked();
    await browser.evaluate(`(() => {
      const later = window.setTimeout;
      window.pauses = [];
      window.setTimeout = (work, ms, ...rest) => (window.pauses.push(ms), later(work, ms > 5000 ? 0 : ms, ...rest));
    })()`);
    await browser.press("t");
    await browser.until("window.pauses.filter((ms) => ms > 5000).length >= 2");
    expect(await browser.evaluate("window.pauses.filter((ms) => ms > 5000 && ms < 60000).slice(0, 2)")).toEqual([
      30_000, 30_000,
    ]);
    expect(asked() - before).toBeGreaterThanOrEqual(2);
  });

  test("shows more rows when it is asked to, and says how many it shows", async () => {
    const [one] = madeTransfers().deliveries;
    service.transfers.deliveries = Array.from({ length: 120 }, (_, i) => ({ ...one, id: `many-${i}` }));
    await openTransfers();
    expect(await count("[data-delivery]")).toBe(50);
    expect(await text(".cut")).toContain("Only the latest 50 are shown.");
    await click(".cut", "Show more");
    await browser.until("document.querySelectorAll('[data-delivery]').length === 100");
    await click(".cut", "Show more");
    await browser.until("document.querySelectorAll('[data-delivery]').length === 120");
    expect(await count(".cut")).toBe(0);
  });

  test("lets readers send and retrieve again, and not decide on held images", async () => {
    await openTransfers(READER_KEY);
    expect(await buttons("[data-delivery]")).toEqual(["Send again"]);
    expect(await count("[data-held]")).toBe(3);
    expect(await buttons("[data-held]")).toEqual([]);
  });

  test("is not there for those who only look", async () => {
    await open(VIEWER_KEY);
    expect(await count(".bar-link")).toBe(0);
    await browser.press("t");
    await browser.evaluate("location.hash = '#/transfers'");
    await browser.until("document.querySelector('.studies')");
    expect(await count(".transfers")).toBe(0);
  });

  test("speaks Chinese", async () => {
    await openTransfers();
    await browser.press("l");
    await browser.until("document.documentElement.lang === 'zh-CN'");
    expect(await text(".transfers h1")).toBe("传输");
    expect(await text("[data-delivery=d-failed] .state")).toBe("失败");
    expect(await text("[data-retrieval=r-partial] td:nth-child(5)")).toBe("11，拒收 1");
    expect(await buttons(`[data-held="${"b".repeat(32)}"]`)).toEqual(["归档", "下载", "丢弃"]);
    await browser.press("l");
  });

  test("complains of nothing, breaks no policy and asks for nothing that is not there", () => {
    expect(browser.complaints.filter((one) => !EXPECTED.some((pattern) => pattern.test(one)))).toEqual([]);
    expect(service.strays).toEqual([]);
  });
});
