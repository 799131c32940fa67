/**
 * @file The font of everything that is drawn: Noto Sans SC, Latin and Chinese, from the package that carries it.
 *
 * Servers and containers often have no font at all, and pictures should look alike everywhere. The package holds the
 * font in a hundred slices of some characters each; only those that a text needs are registered.
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

/** Family to name in `context.font`, after `prepareFont`. */
export const FONT_FAMILY = "Fovea Sans";

const PACKAGE = "@fontsource-variable/noto-sans-sc";

/** A slice: number in its file's name, and ranges of code points. */
interface Slice {
  readonly number: string;
  readonly ranges: readonly (readonly [first: number, last: number])[];
}

let slices: Promise<readonly Slice[]> | undefined;
const registered = new Map<string, Promise<void>>();

/** Registers what is needed to draw `text`. Characters that the font lacks are left to the system's fonts. */
export async function prepareFont(text: string): Promise<void> {
  const require = createRequire(import.meta.url);
  slices ??= readSlices(require.resolve(`${PACKAGE}/unicode.json`));
  const table = await slices;
  const needed = new Set<Slice>();
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    const slice = table.find(({ ranges }) => ranges.some(([first, last]) => first <= point && point <= last));
    if (slice !== undefined) needed.add(slice);
  }
  await Promise.all(
    Array.from(needed, ({ number }) => {
      const path = require.resolve(`${PACKAGE}/files/noto-sans-sc-${number}-wght-normal.woff2`);
      const running = registered.get(number) ?? register(path);
      registered.set(number, running);
      return running;
    }),
  );
}

async function register(path: string): Promise<void> {
  const [{ GlobalFonts }, bytes] = await Promise.all([import("@napi-rs/canvas"), readFile(path)]);
  GlobalFonts.register(bytes, FONT_FAMILY);
}

/** `{ "[4]": "U+1f1e9-1f1f5,U+1f21a", "latin": "U+0-ff" ... }`. */
async function readSlices(path: string): Promise<readonly Slice[]> {
  const table: Record<string, string> = JSON.parse(await readFile(path, "utf8"));
  return Object.entries(table).map(([name, ranges]) => ({
    number: name.replaceAll(/[[\]]/g, ""),
    ranges: ranges.split(",").map((range) => {
      const [first, last = first] = range.replace("U+", "").split("-");
      return [Number.parseInt(first, 16), Number.parseInt(last, 16)] as const;
    }),
  }));
}
