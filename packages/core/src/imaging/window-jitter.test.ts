import { describe, expect, test } from "vitest";
import { image } from "./image";
import { shiftByteWindow, shiftedWindow } from "./window-jitter";

describe("shiftedWindow", () => {
  test("moves the centre by a share of the width, and the width by itself", () => {
    const lung = { center: -600, width: 1500, voiLutFunction: "LINEAR" as const };
    expect(shiftedWindow(lung, { center: 0.1, width: -0.2 })).toEqual({ ...lung, center: -450, width: 1200 });
  });
});

describe("shiftByteWindow", () => {
  test("maps what the moved window shows", () => {
    // Centre 127.5 + 25.5 = 153, width 127.5: from 89.25 to 216.75. 153 is its middle, 127.5; 100 gives 21.5.
    const bytes = image(4, 1, 1, Uint8Array.of(80, 100, 153, 220));
    expect([...shiftByteWindow(bytes, { center: 0.1, width: -0.5 }).data]).toEqual([0, 22, 128, 255]);
    expect([...bytes.data]).toEqual([80, 100, 153, 220]);
  });
});
