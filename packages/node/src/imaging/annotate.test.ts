import type { Finding } from "@fovea/core/finding";
import { type Image, image } from "@fovea/core/imaging/image";
import { GlobalFonts } from "@napi-rs/canvas";
import { describe, expect, test } from "vitest";
import { annotate, sideBySide, translatedLabel } from "./annotate";
import { FONT_FAMILY } from "./picture-font";
import { decodeImage } from "./read-image";

const RED = "#ff0000";

function finding(x1: number, y1: number, x2: number, y2: number, more: Partial<Finding> = {}): Finding {
  return { classId: 0, className: "肺结节 nodule", confidence: 0.87, box: { x1, y1, x2, y2 }, ...more };
}

/** Uniformly grey, 200 x 150. */
const GREY = image(200, 150, 1, new Uint8Array(200 * 150).fill(90));

function pixel({ data, width }: Image, x: number, y: number): number[] {
  return [...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3)];
}

/** How many pixels of a region are pure `colour`. */
function count(picture: Image, colour: readonly number[], x1: number, y1: number, x2: number, y2: number): number {
  let n = 0;
  for (let y = y1; y < y2; y++) {
    for (let x = x1; x < x2; x++) if (pixel(picture, x, y).every((value, c) => value === colour[c])) n++;
  }
  return n;
}

describe("annotate", () => {
  test("draws the box around its pixels and leaves the inside as it was", async () => {
    const bytes = await annotate(GREY, [finding(50, 60, 90, 100)], { colours: [RED], lineWidth: 2, labels: false });
    const picture = await decodeImage(bytes, "annotated.png");
    expect([picture.width, picture.height]).toEqual([200, 150]);
    // A line of 2 px about x = 50 covers pixels 49 and 50.
    expect([48, 49, 50, 51].map((x) => pixel(picture, x, 80)[0])).toEqual([90, 255, 255, 90]);
    expect([88, 89, 90, 91].map((x) => pixel(picture, x, 80)[0])).toEqual([90, 255, 255, 90]);
    expect(pixel(picture, 70, 80)).toEqual([90, 90, 90]);
  });

  test("without findings changes nothing", async () => {
    const picture = await decodeImage(await annotate(GREY, []), "annotated.png");
    expect(picture.data.every((value) => value === 90)).toBe(true);
  });

  test("writes a tag above the box, below it at the upper edge, never beyond the side", async () => {
    const options = { colours: [RED], lineWidth: 2 };
    const above = await decodeImage(await annotate(GREY, [finding(20, 60, 60, 100)], options), "a.png");
    expect(count(above, [255, 0, 0], 20, 40, 120, 58)).toBeGreaterThan(500);
    const below = await decodeImage(await annotate(GREY, [finding(20, 2, 60, 30)], options), "a.png");
    expect(count(below, [255, 0, 0], 20, 32, 120, 50)).toBeGreaterThan(500);
    const side = await decodeImage(await annotate(GREY, [finding(190, 60, 199, 70)], options), "a.png");
    expect(count(side, [255, 0, 0], 60, 40, 190, 58)).toBeGreaterThan(500);
  });

  test("writes Chinese with the font of the package", async () => {
    await annotate(GREY, [finding(20, 60, 60, 100, { className: "钙化灶" })]);
    expect(GlobalFonts.has(FONT_FAMILY)).toBe(true);
  });

  test("fills an outline lightly", async () => {
    const square = finding(50, 60, 90, 100, { polygon: [60, 70, 80, 70, 80, 90, 60, 90] });
    const bytes = await annotate(GREY, [square], { colours: [RED], lineWidth: 2, labels: false });
    const picture = await decodeImage(bytes, "annotated.png");
    // A quarter of 255 and three quarters of 90 is 131; a quarter of 0 and three quarters of 90 is 67 or 68.
    const [red, green] = pixel(picture, 70, 80);
    expect(Math.abs(red - 131)).toBeLessThanOrEqual(1);
    expect(Math.abs(green - 67)).toBeLessThanOrEqual(1);
    expect(pixel(picture, 60, 80)).toEqual([255, 0, 0]);
    expect(pixel(picture, 55, 80)).toEqual([90, 90, 90]);
  });

  test("stretches 16 bits to what can be seen", async () => {
    const pixels = Uint16Array.from({ length: 200 * 150 }, (_, i) => (i % 200 < 100 ? 1000 : 1200));
    const picture = await decodeImage(await annotate(image(200, 150, 1, pixels), []), "deep.png");
    expect([pixel(picture, 50, 70)[0], pixel(picture, 150, 70)[0]]).toEqual([0, 255]);
  });

  test("keeps colours, and writes JPEG when asked", async () => {
    const blue = image(
      16,
      16,
      3,
      Uint8Array.from({ length: 768 }, (_, i) => [20, 40, 200][i % 3]),
    );
    expect(pixel(await decodeImage(await annotate(blue, []), "x.png"), 5, 5)).toEqual([20, 40, 200]);
    const jpeg = await annotate(blue, [], { format: "jpeg", quality: 95 });
    expect([...jpeg.subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff]);
  });
});

describe("sideBySide", () => {
  test("shows the original to the left and the findings to the right, enlarged where the image is small", async () => {
    const bytes = await sideBySide(GREY, [finding(50, 60, 90, 100)], { colours: [RED], lineWidth: 2, labels: false });
    const picture = await decodeImage(bytes, "pair.png");
    // 200 px are enlarged to 400; gaps of 8; captions of 2 x 17 px.
    expect([picture.width, picture.height]).toEqual([2 * 400 + 3 * 8, 300 + 34 + 8]);
    expect(count(picture, [255, 0, 0], 0, 0, 412, picture.height)).toBe(0);
    // The left side of the box: 2 x 50 = 100 px from the right picture's edge at 2 x 8 + 400.
    expect([514, 515, 516, 517].map((x) => pixel(picture, x, 34 + 160)[0])).toEqual([90, 255, 255, 90]);
  });

  test("reduces large images", async () => {
    const large = image(400, 100, 1, new Uint8Array(40_000));
    const picture = await decodeImage(await sideBySide(large, [], { maxSide: 200 }), "pair.png");
    expect([picture.width, picture.height]).toEqual([2 * 200 + 3 * 8, 50 + 28 + 8]);
  });
});

test("translatedLabel calls a class as the table does, and as the model does where the table has no name", () => {
  const label = translatedLabel({ nodule: "结节" });
  expect(label(finding(0, 0, 1, 1, { className: "nodule" }))).toBe("结节 0.87");
  expect(label(finding(0, 0, 1, 1, { className: "toString" }))).toBe("toString 0.87");
});
