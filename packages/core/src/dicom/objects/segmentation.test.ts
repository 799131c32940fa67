import { describe, expect, test } from "vitest";
import { noduleFinding, resultContext, sourceImage } from "../../../test/result-context";
import { itemsOf } from "./attribute-access";
import { checkObject } from "./check-object";
import { measurementReport } from "./measurement-report";
import { segmentations } from "./segmentation";

const details = sourceImage().frameDetails;
const small = sourceImage({ rows: 3, columns: 3 });

/** Bits as they lie, the lowest of each byte first. */
function bits(pixels: unknown): string {
  const [buffer] = pixels as [ArrayBuffer];
  return [...new Uint8Array(buffer)].map((byte) => [...byte.toString(2).padStart(8, "0")].reverse().join("")).join("");
}

describe("segmentations", () => {
  test("packs masks one behind the other, frames not padded, the first pixel lowest", () => {
    // Square over pixels (1,1) and (2,1), (1,2) and (2,2); then the first row. 9 pixels each: 18 bits, padded to 32.
    const findings = [
      noduleFinding({ polygon: [1, 1, 3, 1, 3, 3, 1, 3] }),
      noduleFinding({ polygon: [0, 0, 3, 0, 3, 1, 0, 1] }),
    ];
    const [mask] = segmentations(resultContext({ images: [{ source: small, findings }] }));
    expect(bits(mask.PixelData)).toBe(`${"000011011"}${"111000000"}`.padEnd(32, "0"));
    expect(mask).toMatchObject({ NumberOfFrames: 2, BitsAllocated: 1, SegmentationType: "BINARY" });
    expect(checkObject(mask)).toEqual([]);
  });

  test("has a segment for each finding with an outline, tracked as in the report", () => {
    const findings = [noduleFinding(), noduleFinding({ polygon: [1, 1, 3, 1, 3, 3] })];
    const context = resultContext({ images: [{ source: small, findings }] });
    const [mask] = segmentations(context);
    const [, second] = itemsOf(measurementReport(context), "ContentSequence")
      .flatMap((item) => itemsOf(item, "ContentSequence"))
      .flatMap((group) => itemsOf(group, "ContentSequence"))
      .filter((item) => itemsOf(item, "ConceptNameCodeSequence").at(0)?.CodeValue === "112040");
    expect(second.UID).toMatch(/^2\.25\./);
    expect(itemsOf(mask, "SegmentSequence")).toMatchObject([
      {
        SegmentNumber: 1,
        SegmentLabel: "结节 2",
        SegmentAlgorithmType: "AUTOMATIC",
        TrackingID: "Fovea finding 2",
        TrackingUID: second.UID,
      },
    ]);
    const [segment] = itemsOf(mask, "SegmentSequence");
    expect(itemsOf(segment, "SegmentationAlgorithmIdentificationSequence")).toMatchObject([
      { AlgorithmName: "lung", AlgorithmVersion: "lung@0123456789ab" },
    ]);
  });

  test("lies where its image lies in the patient", () => {
    const findings = [noduleFinding({ polygon: [1, 1, 3, 1, 3, 3] })];
    const [mask] = segmentations(resultContext({ images: [{ source: small, findings }] }));
    expect(mask.FrameOfReferenceUID).toBe("1.2.3.9");
    const [frame] = itemsOf(mask, "PerFrameFunctionalGroupsSequence");
    expect(itemsOf(frame, "PlanePositionSequence")).toEqual([{ ImagePositionPatient: ["0", "0", "10"] }]);
    const [shared] = itemsOf(mask, "SharedFunctionalGroupsSequence");
    expect(itemsOf(shared, "PixelMeasuresSequence")).toEqual([{ PixelSpacing: ["0.5", "0.5"], SliceThickness: "1" }]);
  });

  test("claims no place that the image does not tell", () => {
    const source = sourceImage({ rows: 3, columns: 3, frameDetails: new Map() });
    const findings = [noduleFinding({ polygon: [1, 1, 3, 1, 3, 3] })];
    const [mask] = segmentations(resultContext({ images: [{ source, findings }] }));
    expect(mask.FrameOfReferenceUID).toBeUndefined();
    expect(checkObject(mask)).toEqual([]);
  });

  test("parts what would become too large for one object, without losing a mask", () => {
    const findings = [0, 1, 2].map((x) => noduleFinding({ polygon: [x, 0, x + 1, 0, x + 1, 1, x, 1] }));
    const context = resultContext({ images: [{ source: small, findings }] });
    // Two frames of 9 pixels are 18 bits.
    const masks = [...segmentations(context, 20)];
    expect(masks.map(({ NumberOfFrames, InstanceNumber }) => [NumberOfFrames, InstanceNumber])).toEqual([
      [2, 1],
      [1, 2],
    ]);
    expect(masks.map(({ PixelData }) => bits(PixelData).slice(0, 18))).toEqual([
      "100000000010000000",
      "001000000".padEnd(18, "0").slice(0, 16),
    ]);
    for (const mask of masks) expect(checkObject(mask)).toEqual([]);
    // A radiograph of 4096 x 3328 pixels: 2^29 bits hold 39 masks.
    const source = sourceImage({ rows: 4096, columns: 3328 });
    const many = Array.from({ length: 40 }, () => findings[0]);
    const parts = segmentations(resultContext({ images: [{ source, findings: many }] }));
    expect(parts.next().value?.NumberOfFrames).toBe(39);
    expect(parts.next().value?.NumberOfFrames).toBe(1);
    expect(parts.next().done).toBe(true);
  });

  test("sets the pixel in the middle where an outline is too thin to hold the centre of one", () => {
    const box = { x1: 0, y1: 1.1, x2: 3, y2: 1.2 };
    const findings = [noduleFinding({ box, polygon: [0, 1.1, 3, 1.1, 3, 1.2, 0, 1.2] })];
    const [mask] = segmentations(resultContext({ images: [{ source: small, findings }] }));
    expect(bits(mask.PixelData).slice(0, 9)).toBe("000010000");
    expect(checkObject(mask)).toEqual([]);
  });

  test("parts images that tell their place from those that do not", () => {
    const [[, placed]] = details;
    const { position: _, ...unplaced } = placed;
    const images = [small, sourceImage({ ...small, sopUid: "1.2.3.4.2", frameDetails: new Map([[0, unplaced]]) })];
    const findings = [noduleFinding({ polygon: [1, 1, 3, 1, 3, 3] })];
    const masks = [...segmentations(resultContext({ images: images.map((source) => ({ source, findings })) }))];
    expect(masks.map(({ FrameOfReferenceUID }) => FrameOfReferenceUID)).toEqual(["1.2.3.9", undefined]);
    for (const mask of masks) expect(checkObject(mask)).toEqual([]);
  });

  test("parts images of different sizes, and makes none without outlines", () => {
    const findings = [noduleFinding({ polygon: [1, 1, 3, 1, 3, 3] })];
    const other = sourceImage({ sopUid: "1.2.3.4.2", rows: 4, frameDetails: details });
    const images = [small, other].map((source) => ({ source, findings }));
    expect([...segmentations(resultContext({ images }))]).toHaveLength(2);
    expect([...segmentations(resultContext())]).toEqual([]);
  });
});
