/**
 * @file The built page in a real Chromium, against a service with made studies: from the sign-in to a decision.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type BuiltPage, buildPage } from "./built-page";
import { Chromium, chromiumPath } from "./chromium";
import { type MadeService, READER_KEY, startService, VIEWER_KEY } from "./made-service";
import { BLOCK, radiographFindings } from "./made-studies";
import { boxOnScreen, brightBlock, screenOf } from "./screen";

/** Without a graphics card Chromium has WebGL only where its software renderer is allowed: the page must do with and without. */
const MODES = {
  "without WebGL": ["--disable-gpu", "--disable-software-rasterizer"],
  "with WebGL": ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
} as const;
/** What the console says of answers that the tests provoke: no key yet, and a database that is away. */
const EXPECTED = [/status of 401/, /status of 503 .*\/review/];
const EDGE = 141;
const STUDY_SHOWN = "document.querySelector('.boxes')";

const missing = chromiumPath === undefined ? " (no Chromium on this machine)" : "";

describe.skipIf(missing !== "")(`the review page in Chromium${missing}`, () => {
  let page: BuiltPage;
  let service: MadeService;
  let browser: Chromium;

  async function open(mode: keyof typeof MODES): Promise<void> {
    browser = await Chromium.open(chromiumPath!, MODES[mode]);
    await browser.resize(1280, 800);
    await browser.send("Page.navigate", { url: service.address });
    await browser.until("document.activeElement?.matches('input[type=password]')");
  }
  async function signIn(key: string): Promise<void> {
    await browser.type(key);
    await browser.press("Enter");
    await browser.until("document.activeElement?.matches('.studies a')");
  }
  /** Until the page is another one, with a study. */
  async function reload(): Promise<void> {
    await browser.evaluate("document.body.dataset.before = 'yes'");
    await browser.send("Page.reload");
    await browser.until("document.body && !document.body.dataset.before && document.querySelector('.finding-class')");
  }
  const text = (selector: string) => browser.evaluate<string>(`document.querySelector('${selector}')?.innerText ?? ''`);
  const count = (selector: string) => browser.evaluate<number>(`document.querySelectorAll('${selector}').length`);
  const complaints = () => browser.complaints.filter((one) => !EXPECTED.some((pattern) => pattern.test(one)));

  beforeAll(async () => {
    page = await buildPage();
    service = await startService(page.folder);
  });
  afterAll(async () => {
    await service?.close();
    page?.remove();
  });

  describe.each(Object.keys(MODES) as (keyof typeof MODES)[])("%s", (mode) => {
    beforeAll(() => open(mode));
    afterAll(() => browser?.close());

    test("draws with what there is", async () => {
      const hasWebGl = await browser.evaluate("Boolean(document.createElement('canvas').getContext('webgl2'))");
      expect(hasWebGl).toBe(mode === "with WebGL");
    });

    test("puts boxes where the pixels are, at every zoom and place", async () => {
      await signIn(READER_KEY);
      await browser.press("Enter");
      await browser.until(STUDY_SHOWN);
      await browser.press("n");
      await browser.until("document.querySelector('[data-finding=ct-1].selected')");
      // Bone, 400 and 1800, has neither the block (1000 HU) nor the ring (-8 HU) at its ends: half way between them, at 496 HU,
      // the grey level is 255 * 996 / 1799, and a blurred edge crosses it where the edge is.
      await browser.press("6");
      const viewer = await browser.evaluate<{ x: number; y: number; width: number; height: number }>(
        "document.querySelector('[data-testid=viewer]').getBoundingClientRect().toJSON()",
      );
      // Clear of the words in the corners.
      const within = { x: viewer.x + 60, y: viewer.y + 60, width: viewer.width - 120, height: viewer.height - 120 };
      const moves: (readonly [key: string, shift: boolean])[][] = [
        [],
        [["+", false]],
        [
          ["ArrowLeft", true],
          ["ArrowUp", true],
          ["ArrowUp", true],
        ],
        [
          ["0", false],
          ["6", false],
          ["-", false],
          ["-", false],
        ],
        [
          ["0", false],
          ["6", false],
        ],
      ];
      for (const keys of moves) {
        for (const [key, shift] of keys) await browser.press(key, { shift });
        const box = await settled(() => boxOnScreen(browser, "ct-1"));
        await browser.press("b");
        await browser.until("!document.querySelector('.boxes')");
        const block = brightBlock(await screenOf(browser), box, within, 1, EDGE);
        await browser.press("b");
        await browser.until(STUDY_SHOWN);
        // 20 pixels of 0.5 mm by 32 pixels of 0.8 mm.
        expect(box.height / box.width).toBeCloseTo((32 * 0.8) / (20 * 0.5), 3);
        for (const side of ["x", "y", "width", "height"] as const) {
          expect(Math.abs(box[side] - block[side]), `${side} after ${keys.join(" ")}`).toBeLessThanOrEqual(1);
        }
      }
    });

    /** Holds the box of the bright block against the screenshot without boxes; `ratio` as of `brightBlock`. */
    async function expectBoxOnItsBlock(margin: number, ratio: number): Promise<void> {
      // While the renderer takes a new size no box is shown.
      await browser.until("document.querySelector('[data-finding=\"ct-1\"] rect.line')");
      const box = await settled(() => boxOnScreen(browser, "ct-1"));
      await browser.press("b");
      await browser.until("!document.querySelector('.boxes')");
      const [width, height] = [box.width + 2 * margin, box.height + 2 * margin];
      const within = { x: box.x - margin, y: box.y - margin, width, height };
      const block = brightBlock(await screenOf(browser), box, within, ratio, EDGE);
      await browser.press("b");
      await browser.until(STUDY_SHOWN);
      for (const side of ["x", "y", "width", "height"] as const) {
        expect(Math.abs(box[side] - block[side]), side).toBeLessThanOrEqual(1);
      }
    }

    test("puts them there on a fine screen as well", async () => {
      await browser.resize(1280, 800, 2);
      // The emulation of another screen tells the page nothing of it: the next drawing finds out.
      await browser.press("6");
      await browser.press("i");
      await browser.press("i");
      await browser.until("document.querySelector('.viewer canvas').width > 1280");
      await expectBoxOnItsBlock(60, 2);
      await browser.resize(1280, 800);
      await browser.press("0");
      await browser.until("document.querySelector('.viewer canvas').width < 1280");
    });

    test("puts them there in a window that gets lower, and higher again", async () => {
      // Bone, as above.
      await browser.press("6");
      for (const height of [560, 800]) {
        await browser.resize(1280, height);
        await browser.until(
          "(() => { const c = document.querySelector('.viewer canvas'); return c.height === c.clientHeight; })()",
        );
        await browser.until(STUDY_SHOWN);
        await expectBoxOnItsBlock(40, 1);
      }
    });

    test("shows each window as its centre and width say", async () => {
      // Beside the block, in the ring: 40 - 12 * 4 = -8 HU.
      const beside = async () => {
        const box = await settled(() => boxOnScreen(browser, "ct-1"));
        const { level } = await screenOf(browser);
        return level(Math.round(box.x + 1.5 * box.width), Math.round(box.y + box.height / 2));
      };
      const inverted = async (key: string) => {
        await browser.press(key);
        return beside();
      };
      // The file's window, 40 and 400: (-8 + 160) / 399 of 255.
      expect(Math.abs((await inverted("1")) - 97)).toBeLessThanOrEqual(2);
      expect(await text("[data-testid=window]")).toBe("C 40  W 400");
      // Lung, -600 and 1500: (-8 + 1350) / 1499 of 255.
      expect(Math.abs((await inverted("3")) - 228)).toBeLessThanOrEqual(2);
      expect(await text("[data-testid=window]")).toBe("C -600  W 1500");
      expect(Math.abs((await inverted("i")) - (255 - 228))).toBeLessThanOrEqual(2);
      await browser.press("0");
      expect(await text("[data-testid=window]")).toBe("C 40  W 400");
    });

    test("goes through slices, to each finding, and shows its box on its own slice alone", async () => {
      await browser.press("ArrowDown");
      await browser.until(`document.querySelector('[data-testid=position]').innerText === '${BLOCK.slice + 2} / 12'`);
      await browser.until("document.querySelectorAll('.boxes .box').length === 0");
      await browser.press("n");
      await browser.until("document.querySelector('[data-finding=ct-2].selected')");
      expect(await text("[data-testid=position]")).toBe("9 / 12");
      expect(await text("[aria-selected=true] .finding-class")).toBe("cyst");
      await browser.press("Home");
      await browser.until("document.querySelector('[data-testid=position]').innerText === '1 / 12'");
    });

    test("shows colour, frame by frame", async () => {
      await browser.evaluate("location.hash = '#/studies/1.2.3.1'");
      await browser.until(`document.querySelectorAll('.boxes .box').length === ${radiographFindings.length}`);
      await browser.press("s");
      await browser.until("document.querySelector('[data-testid=position]').innerText.startsWith('1 / 2')");
      const colour = () =>
        browser.evaluate<number[]>(
          "(() => { const c = document.querySelector('.viewer canvas'); return [...c.getContext('2d').getImageData(c.width / 2, c.height / 2, 1, 1).data]; })()",
        );
      await browser.until("document.querySelector('.corner.bottom-right')?.innerText.includes('Lossy')");
      await screenOf(browser);
      expect(await colour()).toEqual([220, 20, 20, 255]);
      await browser.press("ArrowDown");
      await browser.until("document.querySelector('[data-testid=position]').innerText.startsWith('2 / 2')");
      await screenOf(browser);
      expect(await colour()).toEqual([20, 220, 20, 255]);
    });

    test("complains of nothing, breaks no policy and asks for nothing that is not there", () => {
      expect(complaints()).toEqual([]);
      expect(service.strays).toEqual([]);
    });
  });

  describe("for its readers", () => {
    beforeAll(() => open("without WebGL"));
    afterAll(() => browser?.close());
    afterEach(() => service.misbehave());

    test("goes from the sign-in to a decision by keys alone", async () => {
      await browser.type("a key that nobody gave out");
      await browser.press("Enter");
      await browser.until("document.querySelector('[role=alert]')");
      await browser.evaluate("document.querySelector('input').select()");
      await signIn(READER_KEY);
      await browser.press("ArrowDown");
      await browser.press("ArrowDown");
      await browser.press("ArrowUp");
      expect(await text(":focus")).toContain("Wang XiaoDong");
      await browser.press("Enter");
      await browser.until(STUDY_SHOWN);
      await browser.press("n");
      await browser.press("a");
      await browser.until("document.querySelector('[role=status]').innerText === 'nodule: Accepted, saved'");
      expect(service.reviews.get("xray-1")).toBe("accepted");
      await browser.press("n");
      await browser.press("r");
      await browser.until("document.querySelector('[data-finding=xray-2].rejected')");
      await browser.press("u");
      await browser.until("document.querySelector('[data-finding=xray-2].open')");
      await browser.until("document.querySelector('[role=status]').innerText.endsWith('Open, saved')");
      expect(service.reviews.get("xray-2")).toBe("open");
    });

    test("shows a decision at once, and takes it back where it could not be saved", async () => {
      service.misbehave({ held: /review$/ });
      await browser.press("a");
      await browser.until("document.querySelector('[data-finding=xray-2].accepted')");
      expect(await text("[aria-selected=true] .review-mark")).toBe("Saving…");
      service.misbehave({ busy: /review$/ });
      await browser.until("document.querySelector('.failed-decisions')");
      expect(await count("[data-finding=xray-2].open")).toBe(1);
      expect(await text(".failed-decisions li")).toBe(
        "mass: not saved, still “Open”: The service is busy. Please try again shortly. (the database is away)",
      );
      expect(service.reviews.get("xray-2")).toBe("open");
      await browser.evaluate("document.querySelector('.failed-decisions button').click()");
      expect(await count(".failed-decisions")).toBe(0);
    });

    test("hides boxes below the threshold", async () => {
      const above = (least: number) => radiographFindings.filter(({ confidence }) => confidence >= least).length;
      await browser.until(`document.querySelectorAll('.boxes .box').length === ${above(0)}`);
      for (let i = 0; i < 12; i++) await browser.press("]");
      await browser.until("document.querySelector('.threshold output').innerText === '60 %'");
      expect(above(0.6)).toBeLessThan(above(0));
      expect(await count(".boxes .box")).toBe(above(0.6));
      expect(await count("[role=option]")).toBe(above(0.6));
      for (let i = 0; i < 12; i++) await browser.press("[");
    });

    test("lists its keys over the page, and gives the focus back", async () => {
      await browser.press("?");
      await browser.until("document.querySelector('dialog[open]')");
      expect(await text("dialog")).toContain("Accept the selected finding");
      await browser.press("Escape");
      await browser.until("!document.querySelector('dialog')");
      expect(await count(".study")).toBe(1);
    });

    test("speaks both languages, and remembers which", async () => {
      expect(await browser.evaluate("document.documentElement.lang")).toBe("en");
      await browser.press("l");
      await browser.until("document.documentElement.lang === 'zh-CN'");
      expect(await text(".research")).toBe("仅供科研使用，非医疗器械。");
      const label = "document.querySelector('[data-finding=xray-1] text').textContent";
      // Names of classes are the service's.
      await browser.until(`${label}.includes("结节")`);
      expect(await text(".finding-class")).toBe("结节");
      await reload();
      await browser.until("document.querySelector('.finding-class')");
      expect(await text(".decision.accept")).toMatch(/^接受/);
      await browser.evaluate("localStorage.removeItem('fovea.language')");
      await browser.send("Emulation.setUserAgentOverride", { userAgent: "Chromium", acceptLanguage: "zh-CN" });
      await reload();
      await browser.until("document.querySelector('.finding-class')");
      expect(await text(".back")).toContain("检查列表");
      await browser.press("l");
      await browser.until("document.documentElement.lang === 'en'");
    });

    test("shows no image, no box and the reason where an image does not come whole", async () => {
      service.misbehave({ truncating: true });
      await browser.evaluate("location.hash = '#/studies/1.2.3.2'");
      await browser.until("document.querySelector('.viewer-notice[role=alert]')");
      expect(await text(".viewer-notice")).toContain("24575 bytes of pixels, expected 24576");
      expect(await count(".boxes")).toBe(0);
      service.misbehave();
      await browser.press("ArrowDown");
      await browser.until(STUDY_SHOWN);
      expect(await count(".viewer-notice")).toBe(0);
      await browser.evaluate("location.hash = '#/studies/1.2.3.1'");
      await browser.until(STUDY_SHOWN);
    });

    test("lists every state in words, with the reason, and finds by state and by name", async () => {
      await browser.press("Escape");
      await browser.until("document.querySelector('.studies')");
      const words = await text(".studies");
      for (const state of ["Receiving", "Queued", "Analysed", "Failed", "Not attempted"])
        expect(words).toContain(state);
      expect(words).toContain(
        "1 of 1 images could not be analysed; the first: the DICOM file is damaged or breaks the standard; send it again from where it comes from (PixelData: the JPEG 2000 stream ends early)",
      );
      expect(await text(":focus")).toContain("Wang XiaoDong");
      const choose = (state: string) =>
        browser.evaluate(`(() => {
          const [select] = document.querySelectorAll('.filters select');
          select.value = '${state}';
          select.dispatchEvent(new Event('change', { bubbles: true }));
        })()`);
      await choose("failed");
      await browser.until("document.querySelectorAll('.studies tbody tr').length === 1");
      expect(await text(".studies tbody .state")).toBe("Failed");
      await choose("");
      await browser.until("document.querySelectorAll('.studies tbody tr').length > 1");
      await browser.press("/");
      await browser.type("miller");
      await browser.until("document.querySelectorAll('.studies tbody tr').length === 1");
      expect(await text(".studies tbody")).toContain("Miller Anna");
    });

    test("signs out, and forgets the key", async () => {
      await browser.evaluate(
        "[...document.querySelectorAll('button')].find((one) => one.innerText === 'Sign out').click()",
      );
      await browser.until("document.activeElement?.matches('input[type=password]')");
      expect(await browser.evaluate("sessionStorage.getItem('fovea.key')")).toBeNull();
      expect(await count(".studies")).toBe(0);
    });

    test("lets those look who may not review, without the patient", async () => {
      await signIn(VIEWER_KEY);
      expect(await text(":focus")).toBe("withheld");
      await browser.press("Enter");
      await browser.until(STUDY_SHOWN);
      expect(await text(".patient b")).toBe("withheld");
      await browser.press("n");
      await browser.press("a");
      expect(await browser.evaluate("document.querySelector('.decision.accept').disabled")).toBe(true);
      await browser.until("document.querySelector('[role=status]').innerText === 'Your role may look but not review.'");
      expect(service.reviews.has("ct-1")).toBe(false);
    });

    test("asks for the key again when it is no longer accepted", async () => {
      await browser.evaluate("sessionStorage.setItem('fovea.key', 'withdrawn')");
      await browser.press("Escape");
      await browser.until("document.querySelector('.sign-in [role=alert]')");
      expect(await text(".sign-in [role=alert]")).toBe("Your key is no longer accepted. Please sign in again.");
      expect(await browser.evaluate("sessionStorage.getItem('fovea.key')")).toBeNull();
    });

    test("complains of nothing, breaks no policy and asks for nothing that is not there", () => {
      expect(complaints()).toEqual([]);
      expect(service.strays).toEqual([]);
    });
  });
});

/** The same answer twice in a row: whatever was moving has come to rest. */
async function settled<T>(ask: () => Promise<T>): Promise<T> {
  let before = JSON.stringify(await ask());
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 60));
    const now = await ask();
    if (JSON.stringify(now) === before) return now;
    before = JSON.stringify(now);
  }
}
