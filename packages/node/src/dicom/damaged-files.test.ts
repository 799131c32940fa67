import { parseDataSet } from "@fovea/core/dicom/data-set";
import { displayImage } from "@fovea/core/dicom/display";
import { FoveaError } from "@fovea/core/errors";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mutated } from "../../../core/test/damage";
import { dicomBytes, encapsulatedPixelData, greyElements, type TestElement } from "../../../core/test/dicom-bytes";
import { FrameDecoder } from "./frame-decoder";
import { readStoredValues } from "./read-dicom";

const bits8: TestElement[] = [
  [0x00280100, "US", [8]],
  [0x00280101, "US", [8]],
  [0x00280102, "US", [7]],
  [0x00281050, "DS", "100"],
  [0x00281051, "DS", "200"],
];

/** One segment of PackBits runs: 32 x 64 pixels, 16 runs of 128. */
function runLengths(): Uint8Array {
  const stream = new Uint8Array(64 + 32);
  new DataView(stream.buffer).setUint32(0, 1, true);
  new DataView(stream.buffer).setUint32(4, 64, true);
  for (let k = 0; k < 16; k++) stream.set([129, 10 * k], 64 + 2 * k);
  return stream;
}

function compressed(stream: Uint8Array, transferSyntax: string): Uint8Array {
  const head = dicomBytes(greyElements(32, 64, new Uint8Array(), bits8).slice(0, -1), { transferSyntax });
  return Uint8Array.from([...head, ...encapsulatedPixelData([stream])]);
}

describe("damaged files", () => {
  let decoder: FrameDecoder;
  const whole = new Map<string, Uint8Array>();

  beforeAll(async () => {
    decoder = new FrameDecoder();
    const grey = Uint8Array.from({ length: 64 * 32 }, (_, i) => (i % 64) * 3);
    const picture = sharp(grey, { raw: { width: 64, height: 32, channels: 1 } }).toColourspace("b-w");
    whole.set("uncompressed", dicomBytes(greyElements(32, 64, grey, bits8)));
    whole.set("RLE", compressed(runLengths(), "1.2.840.10008.1.2.5"));
    whole.set("JPEG", compressed(await picture.jpeg().toBuffer(), "1.2.840.10008.1.2.4.50"));
  });
  afterAll(() => decoder.close());

  async function show(bytes: Uint8Array): Promise<number> {
    const dataSet = parseDataSet(bytes, "damaged.dcm");
    const { pixel, values } = await readStoredValues(dataSet, { decoder });
    return displayImage(dataSet, pixel, values, 0).data.length;
  }

  test.each(["uncompressed", "RLE", "JPEG"])("of pixels %s are shown or refused, whatever is damaged", async (kind) => {
    const source = whole.get(kind) ?? new Uint8Array();
    expect(await show(source)).toBe(64 * 32);
    const outcomes = { shown: 0, refused: 0 };
    for (let index = 0; index < 120; index++) {
      try {
        await show(mutated(source, 1, index).bytes);
        outcomes.shown++;
      } catch (error) {
        expect(error).toBeInstanceOf(FoveaError);
        outcomes.refused++;
      }
    }
    expect(outcomes.shown).toBeGreaterThan(0);
    expect(outcomes.refused).toBeGreaterThan(0);
  });
});
