import { describe, expect, test } from "vitest";
import { ArgumentError, ShapeError } from "../errors";
import { image } from "./image";
import { bilinearRows, resizeBilinear, resizeBilinear16, roundHalfEven } from "./resample";

describe("roundHalfEven", () => {
  test.each([
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [-0.5, 0],
    [-1.5, -2],
    [2.4, 2],
    [2.6, 3],
  ])("%d becomes %d", (x, y) => {
    expect(roundHalfEven(x)).toBe(y);
  });
});

describe("resizeBilinear", () => {
  test("takes quarters between pixel centres and the edge pixel beyond them", () => {
    // Centres of four target pixels on two source pixels: -0.25, 0.25, 0.75, 1.25.
    const grey = image(2, 1, 1, Uint8Array.of(0, 100));
    expect([...resizeBilinear(grey, 4, 1).data]).toEqual([0, 25, 75, 100]);
    const upright = image(1, 2, 1, Uint8Array.of(0, 100));
    expect([...resizeBilinear(upright, 1, 4).data]).toEqual([0, 25, 75, 100]);
  });

  test("keeps channels apart", () => {
    const colour = image(2, 1, 3, Uint8Array.of(0, 10, 200, 100, 10, 0));
    expect([...resizeBilinear(colour, 4, 1).data]).toEqual([0, 10, 200, 25, 10, 150, 75, 10, 50, 100, 10, 0]);
  });

  test("halving takes the mean of four, halves upwards", () => {
    const grey = image(2, 2, 1, Uint8Array.of(1, 2, 3, 4));
    expect([...resizeBilinear(grey, 1, 1).data]).toEqual([3]);
  });

  test("shrinking does not average what lies between the samples", () => {
    // Source 9 wide, target 3: centres 1, 4, 7.
    const grey = image(9, 1, 1, Uint8Array.of(9, 10, 9, 9, 40, 9, 9, 70, 9));
    expect([...resizeBilinear(grey, 3, 1).data]).toEqual([10, 40, 70]);
  });

  test("a single pixel fills everything", () => {
    expect([...resizeBilinear(image(1, 1, 1, Uint8Array.of(77)), 3, 2).data]).toEqual([77, 77, 77, 77, 77, 77]);
  });

  test("copies an image that has the size, into the room that is given", () => {
    const grey = image(2, 1, 1, Uint8Array.of(5, 6));
    const out = new Uint8Array(2);
    const copy = resizeBilinear(grey, 2, 1, out);
    expect(copy.data).toBe(out);
    expect([...out]).toEqual([5, 6]);
  });

  test("refuses empty sizes, empty images and a room of another size", () => {
    const grey = image(2, 1, 1, Uint8Array.of(5, 6));
    expect(() => resizeBilinear(grey, 0, 5)).toThrow(ArgumentError);
    expect(() => resizeBilinear(grey, 2.5, 5)).toThrow("resize: 2.5 x 5");
    expect(() => resizeBilinear(image(0, 0, 1, new Uint8Array(0)), 2, 2)).toThrow(ArgumentError);
    expect(() => resizeBilinear(grey, 4, 1, new Uint8Array(3))).toThrow(ShapeError);
  });
});

describe("bilinearRows", () => {
  test("gives the same rows in any order", () => {
    const source = image(
      3,
      5,
      1,
      Uint8Array.from({ length: 15 }, (_, i) => (i * 37) % 256),
    );
    const whole = resizeBilinear(source, 4, 7).data;
    const row = bilinearRows(source, 4, 7);
    const backwards = new Uint8Array(28);
    for (let y = 6; y >= 0; y--) row(y, backwards, 4 * y);
    expect([...backwards]).toEqual([...whole]);
  });
});

describe("resizeBilinear16", () => {
  test("takes quarters between pixel centres and the edge pixel beyond them", () => {
    // Centres of four target pixels on two source pixels: -0.25, 0.25, 0.75, 1.25.
    expect([...resizeBilinear16(image(2, 1, 1, Uint16Array.of(0, 65535)), 4, 1).data]).toEqual([
      0, 16384, 49151, 65535,
    ]);
    expect([...resizeBilinear16(image(1, 2, 1, Uint16Array.of(400, 0)), 1, 4).data]).toEqual([400, 300, 100, 0]);
  });

  test("halving takes the mean of four, without averaging what lies between the samples", () => {
    // (1000 + 1001 + 3000 + 3002) / 4 = 2000.75.
    expect([...resizeBilinear16(image(2, 2, 1, Uint16Array.of(1000, 1001, 3000, 3002)), 1, 1).data]).toEqual([2001]);
    const row = image(9, 1, 1, Uint16Array.of(9, 1000, 9, 9, 40_000, 9, 9, 700, 9));
    expect([...resizeBilinear16(row, 3, 1).data]).toEqual([1000, 40_000, 700]);
  });

  test("gives an image that has the size back", () => {
    const grey = image(2, 1, 1, Uint16Array.of(5, 6));
    expect(resizeBilinear16(grey, 2, 1)).toBe(grey);
  });

  test("refuses a side of 0", () => {
    expect(() => resizeBilinear16(image(1, 1, 1, new Uint16Array(1)), 0, 1)).toThrow(ArgumentError);
  });
});
