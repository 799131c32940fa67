/**
 * @file Good files with a few bytes changed or cut off, some hundred of each kind, the same in every run: whatever the
 * mutation, the file is read or refused by an error of ours, and the reading ends.
 */

import { Detector } from "@fovea/core/detect/detector";
import { parseDataSet } from "@fovea/core/dicom/data-set";
import { FoveaError } from "@fovea/core/errors";
import { image } from "@fovea/core/imaging/image";
import { Random } from "@fovea/core/math/random";
import { describe, expect, test } from "vitest";
import { dicomBytes, greyElements, type TestElement } from "../../../core/test/dicom-bytes";
import { readCheckpoint } from "../../src/data/weights-file";
import { dicomImage } from "../../src/dicom/read-dicom";
import { exportOnnx } from "../../src/export/export-onnx";
import { decodeImage } from "../../src/imaging/read-image";
import { loadNetwork } from "../../src/model/load-network";
import { openDetector } from "../../src/model/open-detector";
import { openModel } from "../../src/model/open-model";
import { brightDetector } from "../bright-detector";
import { noise, ONE_LAYER, smallWeights, torchFile } from "./material";
import { Scratch } from "./scratch";

/** `bytes` cut off somewhere, with a run of bytes blotted out, or with one to four changed, among the first `reach`. */
function mutated(bytes: Uint8Array, reach: number, random: Random): Uint8Array {
  const kind = random.integer(0, 4);
  if (kind === 0) return bytes.slice(0, random.integer(0, reach));
  const copy = bytes.slice();
  if (kind === 1) {
    const at = random.integer(0, reach);
    return copy.fill(random.chance(0.5) ? 0 : 255, at, at + random.integer(1, 9));
  }
  for (let i = random.integer(1, 5); i > 0; i--) copy[random.integer(0, reach)] = random.integer(0, 256);
  return copy;
}

interface Mutated {
  readonly what: string;
  readonly bytes: (scratch: Scratch) => Uint8Array | Promise<Uint8Array>;
  /** Mutations go no further into the file: headers are where lengths and offsets stand. @default all of it */
  readonly reach?: number;
  readonly read: (bytes: Uint8Array, scratch: Scratch) => unknown;
  readonly times: number;
}

/** Reads from a file of this name, as users do. */
const fromFile = (name: string, read: (path: string) => Promise<unknown>): Mutated["read"] => {
  return async (bytes, scratch) => read(await scratch.put(name, bytes));
};

const decoded: Mutated["read"] = (bytes) => decodeImage(bytes, "image");
const dicom: Mutated["read"] = (bytes) => dicomImage(parseDataSet(bytes, "a.dcm"));

/** A model in a file, on a grey picture. */
async function detect(path: string): Promise<void> {
  const network = await loadNetwork(await openDetector(path), { threads: 1 });
  try {
    const detector = new Detector(network, { imgsz: Math.max(...network.strides) });
    await detector.detect(image(8, 8, 1, new Uint8Array(64).fill(100)));
  } finally {
    await network.session.release();
  }
}

/** Attributes of each kind that a reader asks for. */
const ELEMENTS: readonly TestElement[] = [
  [0x00080060, "CS", "DX"],
  [0x00280008, "IS", "1"],
  [0x00280030, "DS", "0.2\\0.2"],
  [0x00281050, "DS", "100"],
  [0x00281051, "DS", "200"],
  [0x00281052, "DS", "0"],
  [0x00281053, "DS", "1"],
  [
    0x00283010,
    "SQ",
    [
      [
        [0x00283002, "US", [2, 0, 16]],
        [0x00283006, "US", [1, 2]],
      ],
    ],
  ],
];

const grey = (transferSyntax: string) => () =>
  dicomBytes(greyElements(8, 8, new Uint8Array(128), ELEMENTS), { transferSyntax });

const KINDS: readonly Mutated[] = [
  { what: ".pt", bytes: () => torchFile(ONE_LAYER), read: fromFile("a.pt", readCheckpoint), times: 120 },
  // The header takes 4 kB, the numbers 536.
  {
    what: ".safetensors",
    bytes: () => smallWeights(),
    reach: 9000,
    read: fromFile("a.safetensors", openModel),
    times: 80,
  },
  {
    what: ".onnx read as weights",
    bytes: async (scratch) => {
      const model = await openModel(await scratch.put("small.safetensors", smallWeights()));
      return exportOnnx(model, { height: 64, width: 64, date: "2024-01-01" });
    },
    reach: 3000,
    read: fromFile("a.onnx", openModel),
    times: 60,
  },
  { what: ".onnx run", bytes: () => brightDetector(), read: fromFile("a.onnx", detect), times: 120 },
  { what: "PNG", bytes: () => noise().png().toBuffer(), reach: 80, read: decoded, times: 80 },
  { what: "JPEG", bytes: () => noise().jpeg().toBuffer(), reach: 630, read: decoded, times: 80 },
  { what: "TIFF", bytes: () => noise().tiff({ compression: "lzw" }).toBuffer(), read: decoded, times: 40 },
  { what: "WebP", bytes: () => noise().webp().toBuffer(), reach: 60, read: decoded, times: 40 },
  { what: "GIF", bytes: () => noise().gif().toBuffer(), reach: 900, read: decoded, times: 40 },
  { what: "DICOM, explicit", bytes: grey("1.2.840.10008.1.2.1"), read: dicom, times: 300 },
  { what: "DICOM, implicit", bytes: grey("1.2.840.10008.1.2"), read: dicom, times: 300 },
  { what: "DICOM, big-endian", bytes: grey("1.2.840.10008.1.2.2"), read: dicom, times: 100 },
];

describe("a few changed bytes are read or refused:", () => {
  test.each(KINDS.map((kind) => [kind.what, kind] as const))("%s", async (_, { bytes, reach, read, times }) => {
    const scratch = await Scratch.make();
    const good = await bytes(scratch);
    await read(good, scratch);
    const random = new Random(7);
    let refused = 0;
    for (let i = 0; i < times; i++) {
      const bad = mutated(good, reach ?? good.length, random);
      try {
        await read(bad, scratch);
      } catch (error) {
        expect(error, `mutation ${i}`).toBeInstanceOf(FoveaError);
        refused++;
      }
    }
    // Otherwise the mutations change nothing that anybody reads.
    expect(refused).toBeGreaterThan(times / 10);
    await scratch.remove();
  });
});
