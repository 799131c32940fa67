/**
 * @file The built page in a real Chromium, where answers come late, are lost or are none, and where a study changes under the reader.
 */
import type { StudyDetail } from "@fovea/core/contract/study";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type BuiltPage, buildPage } from "./built-page";
import { Chromium, chromiumPath } from "./chromium";
import { type MadeService, READER_KEY, startService } from "./made-service";
import { details } from "./made-studies";
import { boxOnScreen } from "./screen";

const CT = "1.2.3.2";
const RADIOGRAPH = "1.2.3.1";
const missing = chromiumPath === undefined ? " (no Chromium on this machine)" : "";

describe.skipIf(missing !== "")(`the review page, where something goes wrong${missing}`, () => {
  let page: BuiltPage;
  let service: MadeService;
  let browser: Chromium;

  const text = (selector: string) => browser.evaluate<string>(`document.querySelector('${selector}')?.innerText ?? ''`);
  const count = (selector: string) => browser.evaluate<number>(`document.querySelectorAll('${selector}').length`);
  const says = (selector: string, words: string) =>
    browser.until(`document.querySelector('${selector}')?.innerText.includes(${JSON.stringify(words)})`);
  const position = (words: string) => says("[data-testid=position]", words);
  const change = (uid: string, changed: (detail: StudyDetail) => Partial<StudyDetail>) => {
    const detail = service.details.get(uid)!;
    service.details.set(uid, { ...detail, ...changed(detail) });
  };
  async function read(uid: string): Promise<void> {
    await browser.evaluate(`location.hash = '#/studies/${uid}'`);
    await browser.until("document.querySelector('.boxes .box')");
  }

  beforeAll(async () => {
    page = await buildPage();
    service = await startService(page.folder);
    browser = await Chromium.open(chromiumPath!, ["--disable-gpu", "--disable-software-rasterizer"]);
    await browser.resize(1280, 800);
    await browser.send("Page.navigate", { url: service.address });
    await browser.until("document.activeElement?.matches('input[type=password]')");
    await browser.type(READER_KEY);
    await browser.press("Enter");
    await browser.until("document.querySelector('.studies a')");
  });
  beforeEach(async () => {
    service.misbehave();
    service.reviews.clear();
    for (const detail of structuredClone(details)) service.details.set(detail.study.study_uid, detail);
    // A page that keeps nothing of the test before but the key.
    await browser.send("Page.navigate", { url: "about:blank" });
    await browser.send("Page.navigate", { url: service.address });
    await browser.until("document.querySelector('.studies a')");
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
    page?.remove();
  });

  test("shows nothing of a series under the name of another", async () => {
    await read(RADIOGRAPH);
    expect(await count(".edge")).toBe(4);
    service.misbehave({ held: /1\.2\.3\.1\.2\.1\/frames/ });
    await browser.press("s");
    await says(".viewer-notice", "Loading image…");
    expect(await text(".corner.top-left")).toBe("Cine");
    const seen = "getComputedStyle(document.querySelector('.viewer-canvas')).visibility";
    expect(await browser.evaluate(seen)).toBe("hidden");
    expect([await count(".boxes"), await count(".edge"), await count("[data-testid=window]")]).toEqual([0, 0, 0]);
    const label = "document.querySelector('.viewer [role=img]').getAttribute('aria-label')";
    expect(await browser.evaluate(label)).toBe("No image is shown");
    service.misbehave();
    await browser.until(`${seen} === 'visible'`);
    expect(await browser.evaluate(label)).toBe("Image 1 of 2, Cine");
    expect(await count(".viewer-notice")).toBe(0);
  });

  test("does not keep a series waiting for an image of the one before", async () => {
    await read(RADIOGRAPH);
    service.misbehave({ held: /1\.2\.3\.1\.2\.1\/frames/ });
    await browser.press("s");
    await says(".viewer-notice", "Loading image…");
    await browser.press("S", { shift: true });
    await browser.until("document.querySelector('.boxes .box')");
    expect(await text(".corner.top-left")).toBe("PA");
  });

  test("decides on no finding whose image is not on the screen", async () => {
    service.misbehave({ held: /1\.2\.3\.2\.1\.9\/frames/ });
    await read(CT);
    await browser.press("n");
    await browser.press("n");
    await browser.until("document.querySelector('[aria-selected=true][id=finding-ct-2]')");
    await says(".viewer-notice.aside", "Loading image…");
    expect(await text("[data-testid=position]")).toBe("5 / 12");
    await browser.press("a");
    await says("[role=status]", "Show its image before you decide.");
    expect(await browser.evaluate("document.querySelector('.decision.accept').disabled")).toBe(true);
    service.misbehave();
    await browser.until("document.querySelector('[data-finding=ct-2].selected')");
    expect(service.asked.filter((path) => path.endsWith("/review"))).toEqual([]);
    await browser.press("a");
    await says("[role=status]", "cyst: Accepted, saved");
    // Turned away from it: it stays selected, and is no longer to be decided.
    await browser.press("Home");
    await position("1 / 12");
    await browser.press("r");
    await says("[role=status]", "Show its image before you decide.");
    await browser.until("getComputedStyle(document.querySelector('.hint.unseen')).visibility === 'visible'");
    expect(service.reviews.get("ct-2")).toBe("accepted");
  });

  test("shows no image under a finding whose image is lost, and decides nothing", async () => {
    await read(RADIOGRAPH);
    service.misbehave({ lost: /1\.2\.3\.2\.1\.5\/frames/ });
    await browser.evaluate(`location.hash = '#/studies/${CT}'`);
    await says(".viewer-notice[role=alert]", "This image cannot be shown: The service cannot be reached.");
    await browser.press("n");
    await browser.press("a");
    await says("[role=status]", "Show its image before you decide.");
    expect(await count(".boxes")).toBe(0);
  });

  test("counts an image whose size could not be told, and says of an image that failed why", async () => {
    const broken = { sop_uid: "1.2.3.2.1.99", instance_number: null, frames: 1, rows: 0, columns: 0 };
    const failed = { ...broken, size_unknown: true, failure: "invalid_dicom: Rows", failure_shown: null };
    change(CT, ({ series: [ct, ...others] }) => ({
      series: [{ ...ct, reason: "1 of 13 images", instances: [...ct.instances, failed] }, ...others],
    }));
    await read(CT);
    expect(await text(".series-button[aria-current=true]")).toContain("Images: 13 · not analysed: 1");
    expect(await count("[data-testid=failure]")).toBe(0);
    await browser.press("End");
    await says(".viewer-notice[role=alert]", "This image cannot be shown");
    expect(await text("[data-testid=position]")).toBe("13 / 13");
    expect(await text("[data-testid=failure]")).toBe(
      "Not analysed: the DICOM file is damaged or breaks the standard; send it again from where it comes from (Rows)",
    );
    await browser.press("l");
    await says(
      "[data-testid=failure]",
      "未能分析：DICOM 文件已损坏或不符合标准，无法读取；请从设备或 PACS 重新发送（Rows）",
    );
    await says(".series-panel .reason.not_attempted", "不是可供分析的图像，而是结构化报告或关键图像选择");
    await says(
      ".deliveries .reason",
      "与 PACS 的 DICOM 连接出错；请检查 PACS 是否运行、网络与端口是否正确（connect ECONNREFUSED）",
    );
    await browser.press("l");
    await says("[data-testid=failure]", "Not analysed: the DICOM file");
    await browser.press("Home");
    await position("1 / 13");
    await browser.until("!document.querySelector('[data-testid=failure]')");
  });

  test("says saved when it is, and asks what was kept where the answer was lost", async () => {
    await read(CT);
    await browser.press("n");
    service.misbehave({ held: /review$/ });
    await browser.press("a");
    await browser.press("a");
    await says("[aria-selected=true] .review-mark", "Saving…");
    expect(await text("[role=status]")).not.toContain("saved");
    service.misbehave({ lost: /review$/ });
    await says("[role=status]", "nodule: Accepted, saved");
    expect(service.reviews.get("ct-1")).toBe("accepted");
    expect(await count(".failed-decisions")).toBe(0);
  });

  test("says that nobody knows where the service cannot tell, until it does; and shows what others decided", async () => {
    await read(CT);
    await browser.press("n");
    service.misbehave({ lost: /review$/, busy: /^\/studies\/1\.2\.3\.2$/ });
    await browser.press("r");
    await says(".failed-decisions", "nodule: nobody knows whether “Rejected” was saved");
    service.misbehave();
    // Another language asks anew.
    await browser.press("l");
    await browser.until("!document.querySelector('.failed-decisions')");
    await says("[aria-selected=true] .review-mark", "已拒绝");
    service.reviews.set("ct-1", "accepted");
    await browser.press("l");
    await says("[aria-selected=true] .review-mark", "Accepted");
  });

  test("tells on every screen of a decision that was not saved, and keeps the page from closing over one", async () => {
    const unloads = "!window.dispatchEvent(new Event('beforeunload', { cancelable: true }))";
    await read(RADIOGRAPH);
    await browser.press("n");
    expect(await browser.evaluate(unloads)).toBe(false);
    service.misbehave({ held: /review$/ });
    await browser.press("r");
    await browser.until("document.querySelector('[data-finding=xray-1].rejected')");
    expect(await browser.evaluate(unloads)).toBe(true);
    await browser.press("Escape");
    await browser.until("document.querySelector('.studies')");
    service.misbehave({ busy: /review$/ });
    await says(".failed-decisions", "nodule: not saved, still “Open”: The service is busy.");
    expect(await browser.evaluate(unloads)).toBe(false);
    await browser.evaluate("[...document.querySelectorAll('button')].find((b) => b.innerText === 'Sign out').click()");
    await browser.until("document.activeElement?.matches('input[type=password]')");
    expect(await text(".failed-decisions")).toContain("nodule: not saved");
    await browser.type(READER_KEY);
    await browser.press("Enter");
    await browser.until("document.querySelector('.studies a')");
    await browser.evaluate("document.querySelector('.failed-decisions a').click()");
    await browser.until("document.querySelector('.boxes .box')");
    await browser.evaluate("document.querySelector('.failed-decisions button').click()");
    await browser.until("!document.querySelector('.failed-decisions')");
  });

  test("goes on asking for a study after an error", async () => {
    const [{ study, findings }] = details;
    change(CT, () => ({ study: { ...study, state: "queued" }, findings: [] }));
    await browser.evaluate(`location.hash = '#/studies/${CT}'`);
    await says(".none", "Not analysed yet.");
    service.misbehave({ busy: /^\/studies\/1\.2\.3\.2$/ });
    await says(".foot", "Not up to date: The service is busy.");
    change(CT, () => ({ study, findings }));
    service.misbehave();
    await browser.until("document.querySelectorAll('[role=option]').length === 2");
    expect(await text(".foot")).not.toContain("Not up to date");
  });

  test("stays at its image while series arrive that come before", async () => {
    change(CT, ({ study }) => ({ study: { ...study, state: "receiving" } }));
    await read(CT);
    await browser.press("n");
    await browser.until("document.querySelector('[data-finding=ct-1].selected')");
    change(CT, ({ series }) => ({ series: [...details[1].series, ...series] }));
    await browser.until("document.querySelectorAll('.series-button').length === 4");
    expect(await text("[aria-current=true] .series-name")).toBe("CT Axial 1.0 mm");
    expect(await text("[data-testid=position]")).toBe("5 / 12");
    expect(await count("[data-finding=ct-1].selected")).toBe(1);
  });

  test("calls a study with a dose report whole, and lists no image of that", async () => {
    change(CT, () => ({ findings: [] }));
    await browser.evaluate(`location.hash = '#/studies/${CT}'`);
    await position("1 / 12");
    expect(await text(".none")).toBe("No finding.");
    expect(await text("li:nth-child(2) .series-button")).toContain("Images: 0");
    await browser.press("s");
    await says(".image-column", "This series holds no images to show.");
  });

  test("says only of what was analysed that it is without a finding", async () => {
    change(CT, ({ series: [images, report] }) => ({
      findings: [],
      series: [{ ...images, reason: "2 of 12 images could not be read" }, report],
    }));
    await browser.evaluate(`location.hash = '#/studies/${CT}'`);
    await says(".none", "No finding in what was analysed. Not everything was: see the reasons at the series.");
  });

  test("stands a file that claims any number of frames", async () => {
    change(CT, ({ series: [images, report] }) => ({
      series: [
        images,
        { ...report, instances: [{ ...report.instances[0], frames: 2 ** 31 - 1, rows: 8, columns: 8 }] },
      ],
    }));
    await read(CT);
    await browser.press("s");
    await position("1 / 2147483647");
  });

  test("says why a screen cannot be drawn, and how to leave it", async () => {
    change(CT, ({ series: [images] }) => ({ series: [{ ...images, instances: null as never }] }));
    await browser.evaluate(`location.hash = '#/studies/${CT}'`);
    await says(".broken [role=alert]", "This screen has failed: Cannot read properties of null");
    expect(await text(".broken button")).toBe("Load the page again");
    await browser.evaluate("document.querySelector('a.back').click()");
    await browser.until("document.querySelector('.studies a')");
    await read(RADIOGRAPH);
  });

  test("says so where the code of a screen is gone: the service was upgraded", async () => {
    service.misbehave({ lost: /assets\/study-page.*js/ });
    await browser.evaluate(`location.hash = '#/studies/${CT}'`);
    await says(".broken [role=alert]", "This screen has failed: Failed to fetch dynamically imported module");
    service.misbehave();
    await browser.evaluate("document.querySelector('.broken button').click()");
    await browser.until("document.querySelector('.boxes .box')");
  });

  test("leaves the window where it is when a box is clicked with a hand that is not still", async () => {
    await read(CT);
    const before = await text("[data-testid=window]");
    const { x, y, height } = await boxOnScreen(browser, "ct-1");
    const mouse = (type: string, by: number) =>
      browser.send("Input.dispatchMouseEvent", {
        ...{ type, x: x + by, y: y + height / 2 + by, button: "left", buttons: 1, clickCount: 1 },
      });
    await mouse("mousePressed", 0);
    await mouse("mouseMoved", 12);
    await mouse("mouseReleased", 12);
    await browser.until("document.querySelector('[data-finding=ct-1].selected')");
    expect(await text("[data-testid=window]")).toBe(before);
  });

  test("calls no window the file's on a slice that has none", async () => {
    await read(CT);
    expect(await text(".tool[aria-pressed=true]")).toContain("File");
    await browser.press("End");
    await position("12 / 12");
    await says(".tool[aria-pressed=true]", "Auto");
    expect(await text("[data-testid=window]")).not.toBe("C 40  W 400");
    await browser.press("ArrowUp");
    await position("11 / 12");
    await says(".tool[aria-pressed=true]", "File");
    expect(await text("[data-testid=window]")).toBe("C 40  W 400");
  });

  test("keeps the key that was typed when an older one is refused late", async () => {
    service.misbehave({ held: /^\/studies$/ });
    await browser.evaluate("sessionStorage.setItem('fovea.key', 'withdrawn')");
    const asked = service.asked.length;
    await browser.evaluate("[...document.querySelectorAll('button')].find((b) => b.innerText === 'Refresh').click()");
    while (!service.asked.slice(asked).includes("/studies")) await new Promise((done) => setTimeout(done, 10));
    await browser.evaluate(`sessionStorage.setItem('fovea.key', '${READER_KEY}')`);
    service.misbehave();
    await says(".updated.stale", "Not up to date");
    expect(await browser.evaluate("sessionStorage.getItem('fovea.key')")).toBe(READER_KEY);
    expect(await count(".studies")).toBe(1);
  });
});
