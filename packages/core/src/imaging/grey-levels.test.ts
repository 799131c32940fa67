import { describe, expect, test } from "vitest";
import { BLACK, cutLevels, mapLevels, stepsOf, WHITE } from "./grey-levels";
import { image } from "./image";

const levels = (...values: number[]) => image(values.length, 1, 1, Uint16Array.from(values, stepsOf));

describe("stepsOf", () => {
  // 21845 + 85 x level; one display range, 255 levels, is kept beyond either end.
  test.each([
    [0, 21845],
    [1, 21930],
    [255, 43520],
    [-255, 170],
    [510, 65195],
    [-1000, 0],
    [Number.POSITIVE_INFINITY, 65535],
  ])("of level %d are %d", (level, steps) => {
    expect(stepsOf(level)).toBe(steps);
  });

  test("of black and white are those that are named so", () => {
    expect([stepsOf(0), stepsOf(255)]).toEqual([BLACK, WHITE]);
  });
});

describe("cutLevels", () => {
  test("rounds a level as it would be rounded at once, halves to even", () => {
    const given = [0.499, 0.5, 0.501, 1.499, 1.5, 1.501, 25.5, 76.5, 100.4999, 101.4999, 254.5];
    expect([...cutLevels(levels(...given)).data]).toEqual([0, 0, 1, 1, 2, 2, 26, 76, 100, 101, 254]);
  });

  test("cuts at black and white", () => {
    expect([...cutLevels(levels(-0.4, -60, 255.4, 300)).data]).toEqual([0, 0, 255, 255]);
  });

  test("changes levels before it cuts them", () => {
    const shown = cutLevels(levels(-60, -20, 100, 300), (level) => level / 2 + 30);
    expect([...shown.data]).toEqual([0, 20, 80, 180]);
  });

  test("writes into the room that is given", () => {
    const room = new Uint8Array(2);
    expect(cutLevels(levels(3, 4), undefined, room).data).toBe(room);
    expect([...room]).toEqual([3, 4]);
  });
});

describe("mapLevels", () => {
  test("keeps what lies beyond black and white", () => {
    const image = levels(-100, 300);
    mapLevels(image, (level) => level - 40);
    mapLevels(image, (level) => level + 160);
    // -100 + 120 = 20; 300 + 120 = 420, of which a quarter is 105.
    expect([...cutLevels(image).data]).toEqual([20, 255]);
    expect([...cutLevels(image, (level) => level / 4).data]).toEqual([5, 105]);
  });
});
