import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Finding } from "@fovea/core/finding";
import sharp from "sharp";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FilePredictor } from "./file-predictor";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-file-predictor-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function picture(name: string): Promise<string> {
  const file = join(folder, name);
  await sharp({ create: { width: 8, height: 6, channels: 3, background: "#808080" } }).toFile(file);
  return file;
}

/** Finds nothing, and only once it is let. */
class WaitingDetector {
  readonly asked: Promise<void>;
  release: () => void = () => undefined;
  #ask: () => void = () => undefined;
  readonly #released: Promise<void>;

  constructor() {
    this.asked = new Promise((resolve) => {
      this.#ask = resolve;
    });
    this.#released = new Promise((resolve) => {
      this.release = resolve;
    });
  }

  async detect(): Promise<Finding[]> {
    this.#ask();
    await this.#released;
    return [];
  }
}

test("while the network looks at one file the next one is read, and no further", async () => {
  const files = await Promise.all(["a.png", "b.png", "c.png"].map(picture));
  const detector = new WaitingDetector();
  const predictor = new FilePredictor(detector);
  const answers = files.map((file) => predictor.predict({ file, pictureName: "x" }));
  await detector.asked;
  // A picture of 48 pixels is read in far less; then both that wait are taken away.
  await sleep(500);
  await Promise.all([rm(files[1]), rm(files[2])]);
  detector.release();
  const images = (await Promise.all(answers)).flat();
  await predictor.close();
  expect(images.map(({ width, height }) => [width, height])).toEqual([
    [8, 6],
    [8, 6],
    [0, 0],
  ]);
  expect(images.map(({ error }) => error?.code)).toEqual([undefined, undefined, "file_not_found"]);
});

test("files asked for at once are answered in turn", async () => {
  const files = await Promise.all(["a.png", "b.png", "c.png", "d.png"].map(picture));
  const looks: number[] = [];
  let busy = 0;
  const detector = {
    async detect(): Promise<Finding[]> {
      looks.push(++busy);
      await sleep(5);
      busy--;
      return [];
    },
  };
  const predictor = new FilePredictor(detector);
  const done: string[] = [];
  await Promise.all(
    files.map(async (file) => {
      await predictor.predict({ file, pictureName: "x" });
      done.push(file);
    }),
  );
  await predictor.close();
  expect(done).toEqual(files);
  // Never two at once: the detector's buffers are used anew.
  expect(looks).toEqual([1, 1, 1, 1]);
});
