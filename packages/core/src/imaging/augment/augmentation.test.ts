import { describe, expect, test } from "vitest";
import { ArgumentError } from "../../errors";
import { augmentation } from "./augmentation";

describe("augmentation", () => {
  test("has the defaults that users of the YOLO tools know", () => {
    expect(augmentation()).toEqual({
      hsv_h: 0.015,
      hsv_s: 0.7,
      hsv_v: 0.4,
      degrees: 0,
      translate: 0.1,
      scale: 0.5,
      shear: 0,
      perspective: 0,
      flipud: 0,
      fliplr: 0.5,
      mosaic: 1,
      mixup: 0,
      cutmix: 0,
      copy_paste: 0,
      erasing: 0,
      transforms: [],
      flip_swap: [],
    });
  });

  test.each([
    [{ hsv_h: -0.1 }, "hsv_h is -0.1, expected 0 to 1"],
    [{ degrees: 200 }, "degrees is 200, expected 0 to 180"],
    [{ scale: 1 }, "scale is 1, expected 0 to 0.99"],
    [{ fliplr: Number.NaN }, "fliplr is NaN"],
    [{ mosaic: 2 }, "mosaic is 2"],
    [{ perspective: 0.002 }, "perspective is 0.002, expected 0 to 0.001"],
    [{ mixup: -1 }, "mixup is -1, expected 0 to 1"],
  ])("refuses %j", (options, message) => {
    expect(() => augmentation(options)).toThrow(ArgumentError);
    expect(() => augmentation(options)).toThrow(message);
  });
});
