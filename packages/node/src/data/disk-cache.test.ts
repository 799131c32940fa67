import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { image } from "@fovea/core/imaging/image";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DiskCache, stampOf } from "./disk-cache";
import type { FittedImage } from "./image-cache";

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-disk-cache-"));
  file = join(folder, "a.png");
  await writeFile(file, "whatever");
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const fitted: FittedImage = {
  image: image(2, 1, 3, Uint8Array.of(1, 2, 3, 250, 251, 252)),
  sourceWidth: 40,
  sourceHeight: 20,
};
const values: FittedImage = {
  image: image(3, 1, 1, Uint16Array.of(0, 4095, 65535)),
  display: {
    ...{ first: -1024, slope: 0.5, intercept: -3, inverted: true },
    window: { center: 40.25, width: 400, voiLutFunction: "LINEAR_EXACT" },
  },
  sourceWidth: 30,
  sourceHeight: 10,
};
const crop = { x: 4, y: 0, width: 16, height: 8 };

describe("DiskCache", () => {
  test("gives back what it was given, beside the image", async () => {
    const cache = new DiskCache({ side: 64 });
    const stamp = await stampOf(file);
    expect(await cache.read(stamp)).toBeUndefined();
    expect(await cache.write(stamp, undefined, fitted)).toBeUndefined();
    expect(await cache.read(stamp)).toEqual(fitted);
    expect(await readdir(join(folder, ".fovea-cache"))).toHaveLength(1);
    // 80 bytes of header and 6 of pixels.
    expect((await stat(cache.path(file))).size).toBe(86);
  });

  test("keeps parts and sizes apart", async () => {
    const cache = new DiskCache({ side: 64, folder: join(folder, "elsewhere") });
    const stamp = await stampOf(file);
    const part = { ...fitted, image: image(1, 1, 1, Uint8Array.of(7)) };
    await cache.write(stamp, undefined, fitted);
    await cache.write(stamp, crop, part);
    expect(await cache.read(stamp)).toEqual(fitted);
    expect(await cache.read(stamp, crop)).toEqual(part);
    expect(await cache.read(stamp, { ...crop, x: 5 })).toBeUndefined();
    expect(await new DiskCache({ side: 96, folder: join(folder, "elsewhere") }).read(stamp)).toBeUndefined();
    expect(await readdir(join(folder, "elsewhere"))).toHaveLength(2);
  });

  test("gives back measured values and how they are shown", async () => {
    const cache = new DiskCache({ side: 64, measured: true });
    const stamp = await stampOf(file);
    await cache.write(stamp, undefined, values);
    await cache.write(stamp, crop, fitted);
    expect(await cache.read(stamp)).toEqual(values);
    expect(await cache.read(stamp, crop)).toEqual(fitted);
    // 80 bytes of header, seven numbers of 8, three values of 2.
    expect((await stat(cache.path(file))).size).toBe(142);
    // Who wants bytes has files of their own.
    expect(await new DiskCache({ side: 64 }).read(stamp)).toBeUndefined();
  });

  test.each<[string, (bytes: Buffer) => Uint8Array]>([
    ["is cut off in its values", (bytes) => bytes.subarray(0, -2)],
    ["has another value", (bytes) => bytes.fill(9, 140)],
    ["says otherwise how they are shown", (bytes) => bytes.fill(9, 100, 101)],
    ["calls them bytes", (bytes) => bytes.fill(0, 68, 69)],
  ])("gives nothing of a file of values that %s", async (_, damage) => {
    const cache = new DiskCache({ side: 64, measured: true });
    const stamp = await stampOf(file);
    await cache.write(stamp, undefined, values);
    const path = cache.path(file);
    const whole = await readFile(path);
    await writeFile(path, damage(Buffer.from(whole)));
    expect(await cache.read(stamp)).toBeUndefined();
    await writeFile(path, whole);
    expect(await cache.read(stamp)).toEqual(values);
  });

  test("gives nothing of an image that has changed", async () => {
    const cache = new DiskCache({ side: 64 });
    const stamp = await stampOf(file);
    await cache.write(stamp, undefined, fitted);
    await utimes(file, new Date(1e12), new Date(1e12));
    const touched = await stampOf(file);
    expect(await cache.read(touched)).toBeUndefined();
    await cache.write(touched, undefined, fitted);
    expect(await cache.read(touched)).toEqual(fitted);
    await writeFile(file, "longer than before");
    await utimes(file, new Date(1e12), new Date(1e12));
    expect(await cache.read(await stampOf(file))).toBeUndefined();
    expect(await cache.read(await stampOf(join(folder, "gone.png")))).toBeUndefined();
  });

  test.each<[string, (bytes: Buffer) => Uint8Array]>([
    ["is empty", () => new Uint8Array(0)],
    ["is cut off in its header", (bytes) => bytes.subarray(0, 60)],
    ["is cut off in its pixels", (bytes) => bytes.subarray(0, -1)],
    ["has bytes to spare", (bytes) => Buffer.concat([bytes, Buffer.of(0)])],
    ["has another pixel", (bytes) => bytes.fill(9, 85)],
    ["has another width", (bytes) => bytes.fill(3, 44, 45)],
    ["is of another kind", (bytes) => bytes.fill(0, 0, 8)],
  ])("gives nothing of a file that %s, and writes it anew", async (_, damage) => {
    const cache = new DiskCache({ side: 64 });
    const stamp = await stampOf(file);
    await cache.write(stamp, undefined, fitted);
    const path = cache.path(file);
    await writeFile(path, damage(await readFile(path)));
    expect(await cache.read(stamp)).toBeUndefined();
    await cache.write(stamp, undefined, fitted);
    expect(await cache.read(stamp)).toEqual(fitted);
  });

  test("warns once where it cannot write, and leaves nothing behind", async () => {
    await writeFile(join(folder, "taken"), "a file");
    const cache = new DiskCache({ side: 64, folder: join(folder, "taken") });
    const stamp = await stampOf(file);
    expect(await cache.write(stamp, undefined, fitted)).toMatchObject({
      severity: "warning",
      code: "write_failed",
      file: join(folder, "taken"),
      message: expect.stringContaining("image cache: "),
    });
    expect(await cache.write(stamp, crop, fitted)).toBeUndefined();
    expect(await cache.read(stamp)).toBeUndefined();
    await mkdir(join(folder, "full"));
    // Its name is taken by a folder, so that the written neighbour cannot take it.
    const full = new DiskCache({ side: 64, folder: join(folder, "full") });
    await mkdir(join(full.path(file), "inside"), { recursive: true });
    expect(await full.write(stamp, undefined, fitted)).toMatchObject({ severity: "warning" });
    expect(await readdir(join(folder, "full"))).toHaveLength(1);
  });
});
