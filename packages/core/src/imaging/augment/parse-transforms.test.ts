import { describe, expect, test } from "vitest";
import { FoveaError } from "../../errors";
import { parseTransforms } from "./parse-transforms";

describe("parseTransforms", () => {
  test("fills in what is not given", () => {
    expect(
      parseTransforms([
        { name: "CLAHE", clip_limit: 3 },
        { name: "HorizontalFlip", p: 0.25 },
      ]),
    ).toEqual([
      { name: "CLAHE", p: 0.5, clip_limit: [1, 3], tile_grid_size: [8, 8] },
      { name: "HorizontalFlip", p: 0.25 },
    ]);
  });

  // As albumentations reads one number: -x to x, 3 to x, 0 to x, or x alone.
  test.each([
    [{ name: "Rotate", limit: 15 }, { limit: [-15, 15] }],
    [{ name: "MotionBlur", blur_limit: 5 }, { blur_limit: [3, 5] }],
    [{ name: "GaussNoise", var_limit: 50 }, { var_limit: [0, 50] }],
    [{ name: "RandomGamma", gamma_limit: [80, 120] }, { gamma_limit: [80, 120] }],
    [{ name: "RandomGamma", gamma_limit: 90 }, { gamma_limit: [90, 90] }],
    [{ name: "CLAHE", tile_grid_size: [8, 4] }, { tile_grid_size: [8, 4] }],
    [{ name: "GaussNoise", per_channel: false }, { per_channel: false }],
    [
      { name: "ElasticTransform", alpha: 120, sigma: 6 },
      { alpha: 120, sigma: 6 },
    ],
  ])("reads %j", (entry, expected) => {
    expect(parseTransforms([entry])[0]).toMatchObject(expected);
  });

  test("takes its own result", () => {
    const once = parseTransforms([
      { name: "OneOf", p: 0.2, transforms: [{ name: "MedianBlur", p: 1 }, { name: "GaussianBlur" }] },
      { name: "window_jitter", p: 1, center_limit: 0.2 },
    ]);
    expect(parseTransforms(once)).toEqual(once);
    expect(parseTransforms(JSON.parse(JSON.stringify(once)))).toEqual(once);
  });

  test.each([
    [{ name: "CLAHE" }, "invalid_argument", 'got {"name":"CLAHE"}, wanted a list such as'],
    [["CLAHE"], "invalid_argument", 'transforms[0]: got "CLAHE", wanted { name'],
    [[{ p: 1 }], "invalid_argument", "transforms[0]: no name, wanted one of window_jitter, HorizontalFlip"],
    [
      [{ name: "CLAHE" }, { name: "Clahe2" }],
      "unknown_argument",
      "transforms[1]: Clahe2 is no transform, did you mean CLAHE?",
    ],
    [[{ name: "zzz" }], "unknown_argument", "zzz is no transform; known are"],
    [
      [{ name: "CLAHE", cliplimit: 2 }],
      "unknown_argument",
      "transforms[0] (CLAHE): cliplimit is no parameter, did you mean clip_limit?",
    ],
    [[{ name: "VerticalFlip", limit: 2 }], "unknown_argument", "limit is no parameter; it has p"],
    [[{ name: "CLAHE", p: 1.5 }], "invalid_argument", "transforms[0] (CLAHE): p is 1.5, wanted a probability"],
    [
      [{ name: "CLAHE", clip_limit: "2" }],
      "invalid_argument",
      'clip_limit is "2", wanted one or two rising numbers from 0.01 to 100',
    ],
    [[{ name: "CLAHE", clip_limit: [4, 2] }], "invalid_argument", "clip_limit is [4,2]"],
    [[{ name: "CLAHE", tile_grid_size: 2.5 }], "invalid_argument", "whole numbers from 1 to 64"],
    [
      [{ name: "MedianBlur", blur_limit: 4 }],
      "invalid_argument",
      "blur_limit is 4, wanted one or two rising odd numbers from 3 to 31",
    ],
    [[{ name: "GaussNoise", per_channel: 1 }], "invalid_argument", "per_channel is 1, wanted true or false"],
    [[{ name: "ElasticTransform", sigma: 0 }], "invalid_argument", "sigma is 0, wanted a number from 1 to 500"],
    [
      [{ name: "ElasticTransform", alpha: 200, sigma: 6 }],
      "invalid_argument",
      "would fold tissue over itself; take alpha up to 125",
    ],
    [
      [{ name: "OneOf", transforms: [] }],
      "invalid_argument",
      "transforms[0] (OneOf): transforms is [], wanted a list of at least one",
    ],
    [[{ name: "OneOf", transforms: [{ name: "MedianBlur", p: 0 }] }], "invalid_argument", "every p is 0"],
    [
      [{ name: "OneOf", transforms: [{ name: "Rotate" }] }],
      "invalid_argument",
      "transforms[0]: Rotate cannot stand in a OneOf",
    ],
    [[{ name: "OneOf", choices: [] }], "unknown_argument", "choices is no parameter"],
    [[{ name: "Normalize" }], "invalid_argument", "training and prediction alike feed value / 255"],
    [[{ name: "Normalize", mean: [0.5] }], "invalid_argument", "set normalize=zscore"],
    [[{ name: "LongestMaxSize", max_size: 640 }], "invalid_argument", "set imgsz"],
    [[{ name: "MixUp" }], "invalid_argument", "set mixup"],
  ])("refuses %j", (given, code, message) => {
    let error: unknown;
    try {
      parseTransforms(given);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(FoveaError);
    expect((error as FoveaError).code).toBe(code);
    expect((error as FoveaError).message).toContain(message);
  });
});
