import { describe, expect, test } from "vitest";
import { perceptualHash } from "../../imaging/perceptual-hash";
import { Random } from "../../math/random";
import { joinGroups } from "../together";
import { alikeFindings, emptyTwinFindings } from "./alike-checks";
import { alikeImages } from "./alike-images";
import { pictureFindings } from "./picture-checks";
import { greyFacts, type PictureFacts } from "./picture-facts";

/** A picture of blobs, another one for each seed. */
function facts(seed: number, rest: Partial<PictureFacts> = {}): PictureFacts {
  const random = new Random(seed);
  const blobs = Array.from({ length: 6 }, () => [
    random.uniform(0, 32),
    random.uniform(0, 32),
    random.uniform(40, 200),
  ]);
  const at = (i: number) => {
    let sum = 0;
    for (const [x, y, v] of blobs) {
      const squared = ((i % 32) - x) ** 2 + (Math.floor(i / 32) - y) ** 2;
      sum += v * Math.exp(-squared / 30);
    }
    return Math.min(255, sum);
  };
  const thumbnail = Uint8Array.from({ length: 1024 }, (_, i) => at(i));
  return {
    ...{ width: 64, height: 48, digest: `d${seed}`, format: "PNG", named: "PNG" },
    ...{ mean: 90, deviation: 40, bright: 230, whiteShare: 0.01 },
    ...{ thumbnail, hash: perceptualHash(thumbnail) },
    ...rest,
  };
}

const image = (file: string, rest = {}) => ({ file, width: 64, height: 48, annotations: [], ...rest });
const mark = { classId: 0, box: { x1: 1, y1: 1, x2: 9, y2: 9 } };

describe("greyFacts", () => {
  test("are mean, deviation, the brightest but for a hundredth, and the share of white", () => {
    const histogram = new Uint32Array(256);
    // 98 at 10, one at 254, one at 255: mean (980 + 509) / 100; two pixels in a hundred are brighter than 253.
    histogram[10] = 98;
    histogram[254] = 1;
    histogram[255] = 1;
    const found = greyFacts(histogram);
    expect(found.mean).toBeCloseTo(14.89, 10);
    // Mean square (98 * 100 + 64516 + 65025) / 100 = 1393.41, less 14.89² = 221.7121.
    expect(found.deviation).toBeCloseTo(Math.sqrt(1393.41 - 221.7121), 9);
    expect(found).toMatchObject({ bright: 254, whiteShare: 0.02 });
  });
});

describe("pictureFindings", () => {
  test("finds what cannot be read, is misnamed, has another size, or shows nothing", () => {
    const images = ["ok", "broken", "named", "size", "flat", "dark", "white", "dull"].map((file) => image(file));
    const pictures = [
      facts(1),
      { code: "invalid_image", message: "damaged PNG" },
      facts(1, { named: "JPEG" }),
      facts(1, { width: 640 }),
      facts(1, { deviation: 0.5 }),
      facts(1, { bright: 12 }),
      facts(1, { whiteShare: 0.7 }),
      facts(1, { deviation: 6 }),
    ];
    const found = pictureFindings(images, pictures).map(({ kind, images: [i] }) => [images[i].file, kind]);
    expect(found).toEqual([
      ["broken", "unreadable"],
      ["named", "wrong_ending"],
      ["size", "size_mismatch"],
      ["flat", "constant_image"],
      ["dark", "dark_image"],
      ["white", "saturated_image"],
      ["dull", "low_contrast"],
    ]);
  });

  test("says once that no picture is there, and of each where some are", () => {
    const gone = { code: "file_not_found", message: "no such file" };
    const images = [image("a"), image("b")];
    expect(pictureFindings(images, [gone, gone])).toMatchObject([
      { kind: "missing_picture", severity: "warning", images: [] },
    ]);
    expect(pictureFindings(images, [gone, facts(1)])).toMatchObject([
      { kind: "missing_picture", severity: "error", images: [0] },
    ]);
    expect(pictureFindings(images, [undefined, undefined])).toEqual([]);
  });
});

describe("alikeImages", () => {
  test("links the frames of a still video without every pair of them", () => {
    const frame = facts(1);
    const { near } = alikeImages(Array.from({ length: 400 }, (_, i) => ({ ...frame, digest: `${i}` })));
    // Frame i has i before it, of which 50 at most are kept: 0 + 1 + ... + 49, then 350 times 50.
    expect(near).toHaveLength(1225 + 17500);
    const groups = Array.from({ length: 400 }, (_, i) => `${i}`);
    const pairs = near.map(({ a, b }) => [a, b] as const);
    expect(new Set(joinGroups(groups, pairs)).size).toBe(1);
  });

  test("groups the same files, and pairs those that look nearly the same, each pair once", () => {
    // The first picture a little brighter, as another window makes it.
    const brighter = facts(1).thumbnail.map((value) => Math.min(255, value * 1.1 + 3));
    const twin = facts(1, { digest: "other", thumbnail: brighter, hash: perceptualHash(brighter) });
    const pictures = [facts(1), facts(2), facts(1), twin, facts(3), undefined, { code: "x", message: "y" }];
    const { same, near } = alikeImages(pictures);
    expect(same).toEqual([[0, 2]]);
    expect(near.map(({ a, b }) => [a, b])).toEqual([[0, 3]]);
  });

  test("finds no pair among 300 different pictures", () => {
    expect(alikeImages(Array.from({ length: 300 }, (_, i) => facts(i + 10))).near).toEqual([]);
  });
});

describe("alikeFindings", () => {
  const images = [
    image("a", { split: "train" }),
    image("b", { split: "val" }),
    image("c", { split: "val", annotations: [mark] }),
  ];

  test("are an error where the same image is in two parts, a note within one", () => {
    const alike = { same: [[0, 1]], near: [{ a: 1, b: 2, distance: 2, correlation: 0.99 }] };
    expect(alikeFindings(images, alike).map(({ kind, severity }) => [kind, severity])).toEqual([
      ["duplicate_across_parts", "error"],
      ["near_duplicate", "note"],
    ]);
    // Slices of one scan look alike.
    expect(alikeFindings(images, { ...alike, same: [] }, [undefined, "p", "p"])).toEqual([]);
  });

  test("emptyTwinFindings names the image without labels whose twin has some", () => {
    const near = [{ a: 1, b: 2, distance: 2, correlation: 0.99 }];
    expect(emptyTwinFindings(images, { same: [], near })).toMatchObject([
      { kind: "empty_but_twin_labelled", images: [1, 2] },
    ]);
  });
});
