import { image } from "@fovea/core/imaging/image";
import { describe, expect, test } from "vitest";
import {
  CacheSlots,
  createCacheMemory,
  type FittedImage,
  fetchImage,
  fitImage,
  fitMeasured,
  fittedSides,
  offerImage,
} from "./image-cache";

function fitted(value: number, bytes = 4): FittedImage {
  return { image: image(bytes, 1, 1, new Uint8Array(bytes).fill(value)), sourceWidth: 40, sourceHeight: 10 };
}

const display = {
  ...{ first: -1024, slope: 2, intercept: 0.5, inverted: true },
  window: { center: 40, width: 400, voiLutFunction: "SIGMOID" },
} as const;

/** Three values of two bytes. */
function values(...data: [number, number, number]): FittedImage {
  return { image: image(3, 1, 1, Uint16Array.from(data)), display, sourceWidth: 30, sourceHeight: 10 };
}

describe("CacheSlots", () => {
  test("gives each image its slot, and the same again", () => {
    const slots = new CacheSlots(createCacheMemory(2, 4, false));
    expect([slots.take(7), slots.take(9), slots.take(7)]).toEqual([0, 1, 0]);
  });

  test("gives up the slot that was not used for longest, never one that is held", () => {
    const slots = new CacheSlots(createCacheMemory(2, 4, false));
    slots.take(7);
    slots.take(9);
    expect(slots.take(8)).toBe(-1);
    slots.release(1);
    expect(slots.take(8)).toBe(1);
    slots.release(0);
    slots.release(1);
    // 7 was used before 8.
    expect(slots.take(6)).toBe(0);
    slots.release(-1);
  });

  test("empties a slot that it gives to another image", async () => {
    const slots = new CacheSlots(createCacheMemory(1, 4, false));
    await fetchImage(slots.memory, slots.take(1), async () => fitted(1));
    slots.release(0);
    const found = await fetchImage(slots.memory, slots.take(2), async () => fitted(2));
    expect(found?.image.data[0]).toBe(2);
  });
});

describe("fetchImage", () => {
  test("decodes once", async () => {
    const memory = createCacheMemory(3, 4, false);
    let decoded = 0;
    for (let i = 0; i < 2; i++) {
      const found = await fetchImage(memory, 2, async () => {
        decoded++;
        return fitted(5);
      });
      expect(found).toMatchObject({ sourceWidth: 40, sourceHeight: 10, image: { width: 4, height: 1, channels: 1 } });
      expect([...(found?.image.data ?? [])]).toEqual([5, 5, 5, 5]);
    }
    expect(decoded).toBe(1);
  });

  test("throws once for a file that cannot be decoded, then knows", async () => {
    const memory = createCacheMemory(1, 4, false);
    const fail = async () => {
      throw new Error("damaged");
    };
    await expect(fetchImage(memory, 0, fail)).rejects.toThrow("damaged");
    expect(await fetchImage(memory, 0, fail)).toBeUndefined();
  });

  test("keeps no image that is larger than its slot", async () => {
    const memory = createCacheMemory(1, 4, false);
    for (let i = 0; i < 2; i++) {
      const found = await fetchImage(memory, 0, async () => fitted(i, 5));
      expect([found?.image.width, found?.image.data[0]]).toEqual([5, i]);
    }
  });

  test("decodes every time without a slot", async () => {
    expect((await fetchImage(undefined, -1, async () => fitted(1)))?.image.data[0]).toBe(1);
    expect((await fetchImage(createCacheMemory(1, 4, false), -1, async () => fitted(2)))?.image.data[0]).toBe(2);
  });
});

describe("fetchImage of measured values", () => {
  test("gives back values and how they are shown, beside images of bytes", async () => {
    // An odd length, of which two bytes a value need the next even one.
    const memory = createCacheMemory(3, 7, false);
    const given = [values(1, 2, 3), fitted(9, 5), values(65535, 256, 255)];
    const never = async () => {
      throw new Error("decoded again");
    };
    for (const [slot, one] of given.slice(0, 2).entries()) await fetchImage(memory, slot, async () => one);
    offerImage(memory, 2, () => given[2]);
    for (const [slot, one] of given.entries()) expect(await fetchImage(memory, slot, never)).toEqual(one);
  });

  test("keeps no values that take more bytes than a slot has", async () => {
    const memory = createCacheMemory(1, 4, false);
    for (const first of [1, 2]) {
      const found = await fetchImage(memory, 0, async () => values(first, 2, 3));
      expect(found?.image.data[0]).toBe(first);
    }
  });
});

describe("fitMeasured", () => {
  test("brings values to the size, and keeps how they are shown", () => {
    // Means of two and two: (1000 + 2000) / 2, (3000 + 5001) / 2 = 4000.5, upwards.
    const source = image(4, 2, 1, Uint16Array.of(1000, 2000, 3000, 5001, 1000, 2000, 3000, 5001));
    const found = fitMeasured({ image: source, display }, 2);
    // Two pixels at least in height.
    expect(found.image).toEqual(image(2, 2, 1, Uint16Array.of(1500, 4001, 1500, 4001)));
    expect(found).toMatchObject({ display, sourceWidth: 4, sourceHeight: 2 });
  });
});

describe("fitImage", () => {
  test.each([
    // 640 x 480 to 320: halved. 100 x 301 to 320: 320 / 301 * 100 = 106.3, rounded up. A thread keeps two pixels.
    [640, 480, 320, [320, 240]],
    [100, 301, 320, [107, 320]],
    [320, 320, 320, [320, 320]],
    [10000, 10, 320, [320, 2]],
  ])("brings %d x %d to %d: %j", (width, height, size, sides) => {
    expect(fittedSides(width, height, size)).toEqual(sides);
  });

  test("keeps one channel of a grey image stored in colour, three of any other", () => {
    const grey = image(2, 2, 3, new Uint8Array(12).fill(9));
    expect(fitImage(grey, 2).image).toEqual(image(2, 2, 1, Uint8Array.of(9, 9, 9, 9)));
    const almost = image(2, 2, 3, new Uint8Array(12).fill(9).fill(8, 11));
    expect(fitImage(almost, 2).image.channels).toBe(3);
  });
});
