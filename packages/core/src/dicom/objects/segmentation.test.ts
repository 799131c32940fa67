import { describe, expect, test } from "vitest";
import { noduleFinding, resultContext, sourceImage } from "../../../test/result-context";
import { itemsOf } from "./attribute-access";
import { checkObject } from "./check-object";
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
    expect(itemsOf(mask, "SegmentSequence")).toMatchObject([
      {
        SegmentNumber: 1,
        SegmentLabel: "结节 2",
        SegmentAlgorithmType: "AUTOMATIC",
        TrackingID: "Fovea finding 2",
        TrackingUID: context.uid("finding 2"),
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

  test("parts images of different sizes, and makes none without outlines", () => {
    const findings = [noduleFinding({ polygon: [1, 1, 3, 1, 3, 3] })];
    const other = sourceImage({ sopUid: "1.2.3.4.2", rows: 4, frameDetails: details });
    const images = [small, other].map((source) => ({ source, findings }));
    expect(segmentations(resultContext({ images }))).toHaveLength(2);
    expect(segmentations(resultContext())).toEqual([]);
  });
});
