/**
 * @file Letterboxed pictures against the public implementation, which resizes with OpenCV.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../test/shared";
import { image } from "../src/imaging/image";
import { type LetterboxOptions, letterbox, letterboxTensor } from "../src/imaging/letterbox";
import { openSafetensors } from "../src/nn/weights/safetensors";

const SETTINGS: readonly (readonly [name: string, options: LetterboxOptions])[] = [
  ["square", { width: 160, height: 160 }],
  ["auto", { width: 160, height: 160, auto: true, stride: 32 }],
  ["noup", { width: 320, height: 320, scaleUp: false }],
  ["up", { width: 256, height: 320 }],
];

describe.skipIf(!sharedAvailable)("letterbox", () => {
  test.each(SETTINGS)("parity: %s to the last grey level, as picture and as planes", (name, options) => {
    const { tensors } = openSafetensors(readFileSync(sharedPath("reference/yolo/ops/letterbox.safetensors")));
    const source = tensors.get("image")!;
    const expected = tensors.get(name)!;
    const [height, width] = expected.shape;
    const given = image(source.shape[1], source.shape[0], 3, new Uint8Array(source.bytes));
    const found = letterbox(given, options).image;
    expect([found.height, found.width, found.channels]).toEqual(expected.shape);
    expect(Buffer.compare(found.data, expected.bytes)).toBe(0);

    const planes = new Uint8Array(3 * height * width);
    letterboxTensor(given, options, planes);
    const interleaved = planes.map((_, i) => planes[(i % 3) * height * width + Math.floor(i / 3)]);
    expect(Buffer.compare(interleaved, expected.bytes)).toBe(0);
  });
});
