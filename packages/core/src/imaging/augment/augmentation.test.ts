import { describe, expect, test } from "vitest";
import { ArgumentError } from "../../errors";
import { augmentation } from "./augmentation";
import { PRESET_NAMES, PRESETS } from "./presets";

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

describe("augmentation with a preset", () => {
  test("takes the preset's values, and the user's before them", () => {
    const xray = augmentation({ preset: "xray", degrees: 3 });
    expect(xray).toMatchObject({ preset: "xray", fliplr: 0, hsv_v: 0, scale: 0.2, degrees: 3, mosaic: 0.5 });
    expect(xray.transforms.map(({ name }) => name)).toEqual(["window_jitter", "RandomGamma", "CLAHE", "GaussNoise"]);
    expect(augmentation({ preset: "xray", transforms: [] }).transforms).toEqual([]);
    expect(Object.isFrozen(xray)).toBe(true);
  });

  test.each(PRESET_NAMES)("%s keeps its own rules, says why, and takes its own result", (preset) => {
    const once = augmentation({ preset });
    expect(augmentation(once)).toEqual(once);
    expect(PRESETS[preset].why).toMatch(/^[A-Z].{60,}\.$/);
  });

  test("lets left and right change places where the labels say what becomes what", () => {
    const flip_swap = { left_lung: "right_lung" };
    const { fliplr, flip_swap: swapped } = augmentation({ preset: "xray", fliplr: 0.5, flip_swap }, [
      "left_lung",
      "right_lung",
    ]);
    expect([fliplr, swapped]).toEqual([0.5, [1, 0]]);
  });

  const HOW = ", or leave the preset out";
  test.each([
    [
      { preset: "xray", fliplr: 0.5 },
      "preset xray refuses fliplr 0.5: the heart is on the left, and a report names sides; set fliplr to 0, or say by flip_swap",
    ],
    [{ preset: "ct", fliplr: 0.5 }, "preset ct refuses fliplr 0.5: the liver"],
    [{ preset: "mri", flipud: 0.5 }, "preset mri refuses flipud 0.5"],
    [{ preset: "ct", transforms: [{ name: "HorizontalFlip" }] }, "preset ct refuses the transform HorizontalFlip"],
    [
      { preset: "xray", flipud: 0.1, flip_swap: [1, 0] },
      "preset xray refuses flipud 0.1: no radiograph is read upside down",
    ],
    [{ preset: "ultrasound", flipud: 0.1 }, "preset ultrasound refuses flipud 0.1: depth goes down"],
    [
      { preset: "xray", transforms: [{ name: "ElasticTransform" }] },
      "refuses the transform ElasticTransform: bones do not bend",
    ],
    [
      { preset: "xray", degrees: 180 },
      `refuses degrees 180: no radiograph is read lying on its side; set degrees to 45 or less${HOW}`,
    ],
    [{ preset: "xray", transforms: [{ name: "Rotate", limit: 90 }] }, "refuses Rotate by 90 degrees"],
    [{ preset: "xary" }, "xary is no preset, did you mean xray?"],
    [{ preset: "pet-ct-fusion" }, "is no preset; there are ct, xray, ultrasound"],
  ])("refuses %j", (options, message) => {
    expect(() => augmentation(options)).toThrow(message);
  });

  test("does not mind what never acts", () => {
    expect(() => augmentation({ preset: "xray", transforms: [{ name: "ElasticTransform", p: 0 }] })).not.toThrow();
  });
});
