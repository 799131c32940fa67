import { describe, expect, test } from "vitest";
import { Random } from "../../math/random";
import { paethRows, wordsThrough } from "./picture-kernel";

/** ISO/IEC 15948, 9.4, as it is written there. */
function paethPredictor(a: number, b: number, c: number): number {
  const p = a + b - c;
  const [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)];
  if (pa <= pb && pa <= pc) return a;
  return pb <= pc ? b : c;
}

describe("paethRows", () => {
  test.each([
    [1, 1, 1],
    [37, 5, 1],
    [64, 3, 2],
    [33, 4, 3],
    [50, 3, 6],
  ])("filters rows of %i pixels, %i of them, %i bytes each, as the standard says", (width, rows, step) => {
    const random = new Random(width);
    const stride = width * step;
    const bytes = Uint8Array.from({ length: rows * stride }, () => random.integer(0, 256));
    const at = (x: number, y: number) => (x < 0 || y < 0 ? 0 : bytes[y * stride + x]);
    const expected: number[] = [];
    for (let y = 0; y < rows; y++) {
      expected.push(4);
      for (let x = 0; x < stride; x++) {
        const near = paethPredictor(at(x - step, y), at(x, y - 1), x < step ? 0 : at(x - step, y - 1));
        expected.push((bytes[y * stride + x] - near) & 255);
      }
    }
    expect([...paethRows(bytes, stride, step)]).toEqual(expected);
  });

  test("has no memory of a larger picture before", () => {
    paethRows(new Uint8Array(4096).fill(255), 64, 1);
    expect([...paethRows(Uint8Array.of(7, 9), 2, 1)]).toEqual([4, 7, 2]);
  });
});

describe("wordsThrough", () => {
  test.each([
    ["signed", Int16Array.of(-32768, 32767, 0, -1)],
    ["unsigned", Uint16Array.of(65535, 0, 32768, 1)],
    ["like", Int16Array.of(-5, -5, -5)],
  ])("looks %s words up in a table from the least to the greatest", (_, words) => {
    const asked: number[][] = [];
    const bytes = wordsThrough(words, (least, greatest) => {
      asked.push([least, greatest]);
      return Uint8Array.from({ length: greatest - least + 1 }, (_, i) => ((i + least) * 31) & 255);
    });
    expect(asked).toEqual([[Math.min(...words), Math.max(...words)]]);
    expect([...bytes]).toEqual(Array.from(words, (word) => (word * 31) & 255));
  });
});
