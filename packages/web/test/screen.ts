/**
 * @file What is on the screen: the page's own word for where a box is, and the pixels of a screenshot.
 */
import sharp from "sharp";
import type { Chromium } from "./chromium";

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where the line of a finding's box runs, CSS pixels of the window. */
export function boxOnScreen(browser: Chromium, findingId: string): Promise<Rectangle> {
  return browser.evaluate(`(() => {
    const line = document.querySelector('[data-finding="${findingId}"] rect.line');
    const origin = line.ownerSVGElement.getBoundingClientRect();
    const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => Number(line.getAttribute(name)));
    return { x: origin.x + x, y: origin.y + y, width, height };
  })()`);
}

/** The window as grey levels; `level(x, y)` of a device pixel. */
export interface Screen {
  readonly width: number;
  readonly height: number;
  readonly level: (x: number, y: number) => number;
}

/** Shows what the renderer and the page have done: two frames are waited for. */
export async function screenOf(browser: Chromium): Promise<Screen> {
  await browser.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))");
  const { data, info } = await sharp(await browser.screenshot())
    .greyscale()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return { width, height, level: (x, y) => data[channels * (y * width + x)] };
}

/** First and last device pixel brighter than `level` on a line through the screen, the last one counted as its far edge. */
function brightRun(length: number, at: (i: number) => number, level: number): [start: number, end: number] {
  let start = -1;
  let end = -1;
  for (let i = 0; i < length; i++) {
    if (at(i) <= level) continue;
    if (start < 0) start = i;
    end = i + 1;
  }
  return [start, end];
}

/**
 * The bright block around a point inside of it, CSS pixels.
 *
 * @param ratio device pixels of a CSS pixel
 * @param level darker than the block, brighter than what lies around it
 * @param within what is looked at: nothing else as bright may be there in line with the point
 */
export function brightBlock(
  screen: Screen,
  inside: Rectangle,
  within: Rectangle,
  ratio: number,
  level: number,
): Rectangle {
  const middleX = Math.round(ratio * (inside.x + inside.width / 2));
  const middleY = Math.round(ratio * (inside.y + inside.height / 2));
  const [left, top] = [Math.round(ratio * within.x), Math.round(ratio * within.y)];
  const [width, height] = [Math.round(ratio * within.width), Math.round(ratio * within.height)];
  const [x1, x2] = brightRun(width, (i) => screen.level(left + i, middleY), level);
  const [y1, y2] = brightRun(height, (i) => screen.level(middleX, top + i), level);
  return { x: (left + x1) / ratio, y: (top + y1) / ratio, width: (x2 - x1) / ratio, height: (y2 - y1) / ratio };
}
