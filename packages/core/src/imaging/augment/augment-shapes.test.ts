import { describe, expect, test } from "vitest";
import { polygonArea } from "../../geometry/polygon";
import { Random } from "../../math/random";
import { type ByteImage, image } from "../image";
import { type Augmented, augment } from "./augment";
import { type AugmentationOptions, augmentation } from "./augmentation";
import type { Partners } from "./company";
import { paintOverlapMask } from "./overlap-mask";
import type { Source } from "./tile";

const SIZE = 160;
const OFF = { hsv_h: 0, hsv_s: 0, hsv_v: 0, translate: 0, scale: 0, fliplr: 0 };

function run(sources: readonly Source[], options: AugmentationOptions, seed: number, partners?: Partners): Augmented {
  const memory = new Uint8Array(3 * SIZE * SIZE);
  return augment(sources, augmentation({ ...OFF, ...options }), SIZE, new Random(seed), memory, partners);
}

/** A white ellipse on black, with the outline of 64 corners that says so, or with its box alone. */
function ellipse(width: number, height: number, [cx, cy, rx, ry]: readonly number[], outlined: boolean): Source {
  const data = new Uint8Array(width * height);
  for (let i = 0; i < data.length; i++) {
    const [x, y] = [(i % width) + 0.5, Math.floor(i / width) + 0.5];
    if (((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 <= 1) data[i] = 255;
  }
  const outline = Float32Array.from({ length: 128 }, (_, k) => {
    const angle = (Math.floor(k / 2) / 64) * 2 * Math.PI;
    return k % 2 === 0 ? (cx + rx * Math.cos(angle)) / width : (cy + ry * Math.sin(angle)) / height;
  });
  const rows = Float32Array.of(1, cx / width, cy / height, (2 * rx) / width, (2 * ry) / height);
  return { image: image(width, height, 1, data), labels: { rows, outlines: [outlined ? outline : undefined] } };
}

/** A white rectangle on black and its box. */
function rectangle(width: number, height: number, [x1, y1, x2, y2]: readonly number[]): Source {
  const data = new Uint8Array(width * height);
  for (let y = y1; y < y2; y++) data.fill(255, y * width + x1, y * width + x2);
  const rows = Float32Array.of(0, (x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height);
  return { image: image(width, height, 1, data), labels: { rows } };
}

const black = (): Source => ({
  image: image(SIZE, SIZE, 1, new Uint8Array(SIZE * SIZE)),
  labels: { rows: new Float32Array(0) },
});

/** Above half of white; margins are grey 114. */
const isBright = (value: number) => value > 150;

function brightBounds({ width, height, data }: ByteImage): number[] {
  const xs: number[] = [];
  const ys: number[] = [];
  for (let i = 0; i < width * height; i++) {
    if (!isBright(data[i])) continue;
    xs.push(i % width);
    ys.push(Math.floor(i / width));
  }
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs) + 1, Math.max(...ys) + 1];
}

const elastic = { name: "ElasticTransform", p: 1, alpha: 120, sigma: 12 };
const GEOMETRIES: readonly (readonly [string, AugmentationOptions])[] = [
  ["turns", { degrees: 180 }],
  ["perspective", { perspective: 0.001, degrees: 20 }],
  ["elastic", { transforms: [elastic] }],
  ["strong elastic", { transforms: [{ ...elastic, alpha: 120, sigma: 6 }] }],
  [
    "Rotate and ShiftScaleRotate",
    {
      transforms: [
        { name: "Rotate", p: 1 },
        { name: "ShiftScaleRotate", p: 1 },
      ],
    },
  ],
  [
    "Perspective and flips",
    { transforms: [{ name: "Perspective", p: 1 }, { name: "HorizontalFlip" }, { name: "VerticalFlip" }] },
  ],
  [
    "all together",
    {
      ...{ degrees: 30, shear: 8, perspective: 0.0005, translate: 0.2, scale: 0.3, fliplr: 0.5, flipud: 0.5 },
      transforms: [elastic, { name: "Rotate", p: 0.5 }, { name: "Perspective", p: 0.5 }, elastic],
    },
  ],
];

describe.each(GEOMETRIES)("augment under %s", (_, options) => {
  test("puts boxes tightly around outlined lesions, measured from the pixels", () => {
    let compared = 0;
    for (let seed = 0; seed < 40; seed++) {
      const { image: shown, labels } = run([ellipse(SIZE, 120, [70, 50, 38, 22], true)], options, seed);
      if (labels.length === 0) continue;
      compared++;
      const bright = brightBounds(shown);
      const { x1, y1, x2, y2 } = labels[0];
      for (const [i, side] of [x1, y1, x2, y2].entries()) {
        expect(Math.abs(side - bright[i]), `seed ${seed}, side ${i}`).toBeLessThan(1.6);
      }
    }
    expect(compared).toBeGreaterThan(30);
  });

  test("puts boxes around the corners of lesions that have a box alone", () => {
    for (let seed = 0; seed < 40; seed++) {
      const { image: shown, labels } = run([rectangle(SIZE, 120, [40, 30, 110, 80])], options, seed);
      if (labels.length === 0) continue;
      const bright = brightBounds(shown);
      const { x1, y1, x2, y2 } = labels[0];
      for (const [i, side] of [x1, y1, x2, y2].entries()) {
        // The tips of a turned rectangle are thinner than a pixel.
        expect(Math.abs(side - bright[i]), `seed ${seed}, side ${i}`).toBeLessThan(3);
      }
    }
  });

  test("keeps masks on their lesions", () => {
    for (let seed = 0; seed < 12; seed++) {
      const { image: shown, labels } = run([ellipse(SIZE, 120, [70, 50, 38, 22], true)], options, seed);
      if (labels.length === 0) continue;
      const map = new Uint8Array(SIZE * SIZE);
      paintOverlapMask(labels, map, SIZE, SIZE, 1);
      const wrong = map.reduce((count, value, i) => count + (isBright(shown.data[i]) === value > 0 ? 0 : 1), 0);
      const area = polygonArea(labels[0].outline ?? []);
      // A rim of half a pixel: the outline of 64 corners, interpolation, and the threshold.
      expect(wrong / area, `seed ${seed}`).toBeLessThan(0.06);
    }
  });

  test("keeps the lesions of a mosaic", () => {
    for (let seed = 0; seed < 12; seed++) {
      const lesion = ellipse(SIZE, 120, [80, 60, 40, 25], true);
      const sources = [0, 1, 2, 3].map((i) => (i === seed % 4 ? lesion : black()));
      const { image: shown, labels } = run(sources, options, seed);
      if (labels.length === 0) continue;
      const bright = brightBounds(shown);
      const { x1, y1, x2, y2 } = labels[0];
      for (const [i, side] of [x1, y1, x2, y2].entries()) {
        expect(Math.abs(side - bright[i]), `seed ${seed}, side ${i}`).toBeLessThan(2);
      }
    }
  });
});

describe("augment", () => {
  test("drops a lesion of which a tilt or a shift leaves next to nothing", () => {
    // By .95 x 160 = 152 px either way: 8 px of each side are left, of 100 px less than a tenth.
    const shift = { name: "ShiftScaleRotate", p: 1, shift_limit: [0.95, 0.95], scale_limit: 0, rotate_limit: 0 };
    const warped = { transforms: [shift, { ...elastic, alpha: 0 }] };
    expect(run([rectangle(SIZE, SIZE, [40, 40, 60, 60])], warped, 1).labels).toEqual([]);
    expect(run([rectangle(SIZE, SIZE, [0, 0, 100, 100])], warped, 1).labels).toEqual([]);
    expect(run([rectangle(SIZE, SIZE, [0, 0, 8, 8])], warped, 1).labels).toHaveLength(1);
  });

  test("swaps the classes of sides in a mirror image, not in one turned by half", () => {
    const lesion = rectangle(SIZE, SIZE, [40, 40, 60, 60]);
    const classOf = (options: AugmentationOptions) =>
      run([lesion], { flip_swap: [1, 0], ...options }, 1).labels[0].classId;
    expect(classOf({})).toBe(0);
    expect(classOf({ fliplr: 1 })).toBe(1);
    expect(classOf({ flipud: 1 })).toBe(1);
    expect(classOf({ fliplr: 1, flipud: 1 })).toBe(0);
    expect(classOf({ fliplr: 1, transforms: [{ name: "HorizontalFlip", p: 1 }] })).toBe(0);
    expect(classOf({ perspective: 0.0005, transforms: [{ name: "HorizontalFlip", p: 1 }] })).toBe(1);
  });

  test("pastes lesions where there is room, with their pixels", () => {
    const lesion = ellipse(SIZE, SIZE, [110, 110, 20, 12], true);
    const base = rectangle(SIZE, SIZE, [10, 10, 40, 40]);
    const { image: shown, labels } = run([base], { copy_paste: 1, degrees: 20 }, 3, { donor: lesion });
    expect(labels.map(({ classId }) => classId)).toEqual([0, 1]);
    const alone = run([lesion], { degrees: 20 }, 3);
    const { x1, y1, x2, y2 } = labels[1];
    for (let y = Math.ceil(y1) + 6; y < y2 - 6; y++) {
      for (let x = Math.ceil(x1) + 10; x < x2 - 10; x++) {
        expect(shown.data[y * SIZE + x]).toBe(alone.image.data[y * SIZE + x]);
      }
    }
    expect([labels[1].x1, labels[1].y2]).toEqual([alone.labels[0].x1, alone.labels[0].y2]);
  });

  test("pastes nothing over a lesion, onto a margin or half outside", () => {
    const donor = rectangle(SIZE, SIZE, [20, 20, 60, 60]);
    const over = run([rectangle(SIZE, SIZE, [55, 55, 90, 90])], { copy_paste: 1 }, 1, { donor });
    expect(over.labels.map(({ x1 }) => x1)).toEqual([55]);
    // A base of 160 x 60 has its image from row 50 to 110.
    expect(run([rectangle(SIZE, 60, [140, 0, 150, 10])], { copy_paste: 1 }, 1, { donor }).labels).toHaveLength(1);
  });

  test("gives pasted lesions without outline none, and carries several", () => {
    const donor = rectangle(SIZE, SIZE, [20, 20, 60, 60]);
    const { image: shown, labels } = run([black()], { copy_paste: 1 }, 1, { donor });
    expect(labels).toEqual([{ classId: 0, x1: 20, y1: 20, x2: 60, y2: 60, outline: undefined }]);
    expect(brightBounds(shown)).toEqual([20, 20, 60, 60]);
    for (let seed = 0; seed < 20; seed++) {
      const sources = [black(), black(), black(), black()];
      const mosaic = run(sources, { copy_paste: 1, scale: 0.3 }, seed, { donor });
      if (mosaic.labels.length === 0) continue;
      const { x1, y1, x2, y2 } = mosaic.labels[0];
      const bright = brightBounds(mosaic.image);
      for (const [i, side] of [x1, y1, x2, y2].entries()) expect(Math.abs(side - bright[i])).toBeLessThan(1);
    }
  });

  test("mixes with partners that have a geometry of their own", () => {
    const lesion = () => rectangle(SIZE, SIZE, [60, 60, 90, 90]);
    const { labels } = run([lesion()], { translate: 0.2 }, 2, { mixup: [lesion()] });
    expect(labels).toHaveLength(2);
    expect(labels[0].x1).not.toBe(labels[1].x1);
  });

  test("is what it is without transforms that do not act", () => {
    const source = ellipse(SIZE, 120, [70, 50, 38, 22], true);
    const never = run([source], { degrees: 20, transforms: [{ name: "HorizontalFlip", p: 0 }] }, 4);
    expect(never).toEqual(run([source], { degrees: 20 }, 4));
  });

  test("repeats itself with everything on, and stays in range", () => {
    const everything = {
      ...{
        hsv_h: 0.1,
        hsv_s: 0.5,
        hsv_v: 0.5,
        degrees: 20,
        perspective: 0.0005,
        mixup: 1,
        cutmix: 1,
        copy_paste: 1,
        erasing: 1,
      },
      transforms: [
        "CLAHE",
        "RandomGamma",
        "RandomBrightnessContrast",
        "GaussNoise",
        "ISONoise",
        "RayleighSpeckle",
        "MotionBlur",
      ]
        .concat(["MedianBlur", "GaussianBlur", "ElasticTransform"])
        .map((name) => ({ name, p: 1 })),
    };
    const partners = { mixup: [ellipse(SIZE, 120, [50, 50, 20, 20], true)], cutmix: [black()], donor: black() };
    const again = (seed: number) => run([rectangle(120, SIZE, [40, 40, 70, 60])], everything, seed, partners);
    expect(again(5)).toEqual(again(5));
    expect(again(6).image.data).not.toEqual(again(5).image.data);
  });
});
