import { describe, expect, test } from "vitest";
import { noduleFinding, resultContext, sourceImage } from "../../../test/result-context";
import { itemsOf } from "./attribute-access";
import { checkObject } from "./check-object";
import { presentationStates } from "./presentation-state";
import type { SourceFrame } from "./result-source";

const frameDetails = (details: SourceFrame) => new Map([[0, details]]);

describe("presentationStates", () => {
  test("draws in PIXEL units, whose 0,0 is the corner of the first pixel, and shows pixels 1,1 to columns, rows", () => {
    // PS3.3 C.10.5 (Graphic Annotation Units) and C.10.4: the one frame is continuous, the other counts pixels.
    const [state] = presentationStates(resultContext());
    const [{ GraphicObjectSequence }] = itemsOf(state, "GraphicAnnotationSequence");
    expect(GraphicObjectSequence).toMatchObject([
      {
        GraphicAnnotationUnits: "PIXEL",
        GraphicType: "POLYLINE",
        NumberOfGraphicPoints: 5,
        GraphicData: [2.5, 4, 12.25, 4, 12.25, 20, 2.5, 20, 2.5, 4],
      },
    ]);
    expect(itemsOf(state, "DisplayedAreaSelectionSequence")).toMatchObject([
      {
        DisplayedAreaTopLeftHandCorner: [1, 1],
        DisplayedAreaBottomRightHandCorner: [40, 30],
        PresentationPixelSpacing: ["0.5", "0.5"],
      },
    ]);
  });

  test("writes class and confidence at each box", () => {
    const [state] = presentationStates(resultContext());
    const [{ TextObjectSequence }] = itemsOf(state, "GraphicAnnotationSequence");
    expect(TextObjectSequence).toMatchObject([{ UnformattedTextValue: "结节 0.88", AnchorPoint: [2.5, 4] }]);
  });

  test("shows the images through their own window and rescaling", () => {
    const [state] = presentationStates(resultContext());
    expect(state).toMatchObject({
      RescaleSlope: "1",
      RescaleIntercept: "-1024",
      RescaleType: "HU",
      PresentationLUTShape: "IDENTITY",
      SoftcopyVOILUTSequence: [{ WindowCenter: "40", WindowWidth: "400" }],
    });
  });

  test("turns MONOCHROME1 over, as the image itself would be", () => {
    const images = [{ source: sourceImage({ isInverted: true }), findings: [noduleFinding()] }];
    expect(presentationStates(resultContext({ images }))[0].PresentationLUTShape).toBe("INVERSE");
  });

  test("parts images that one state cannot hold: another rescaling, colour", () => {
    const images = [
      { source: sourceImage(), findings: [noduleFinding()] },
      {
        source: sourceImage({
          sopUid: "1.2.3.4.2",
          frameDetails: frameDetails({ rescale: { slope: 2, intercept: 0 } }),
        }),
        findings: [noduleFinding()],
      },
      { source: sourceImage({ sopUid: "1.2.3.4.3", isColour: true }), findings: [noduleFinding()] },
    ];
    const states = presentationStates(resultContext({ images }));
    expect(states.map(({ SOPClassUID }) => SOPClassUID)).toEqual([
      "1.2.840.10008.5.1.4.1.1.11.1",
      "1.2.840.10008.5.1.4.1.1.11.1",
      "1.2.840.10008.5.1.4.1.1.11.2",
    ]);
    expect(states.map(({ RescaleSlope }) => RescaleSlope)).toEqual(["1", "2", undefined]);
    for (const state of states) expect(checkObject(state)).toEqual([]);
  });

  test("carries the image's tables where it has no window", () => {
    const table = { descriptor: [2, -5, 12] as const, entries: Uint16Array.of(0, 4095) };
    const details = frameDetails({ voi: { table }, modalityTable: { ...table, descriptor: [2, -5, 16] } });
    const images = [{ source: sourceImage({ frameDetails: details }), findings: [noduleFinding()] }];
    const [state] = presentationStates(resultContext({ images }));
    expect(itemsOf(state, "ModalityLUTSequence")[0].LUTDescriptor).toEqual([2, -5, 16]);
    const [voi] = itemsOf(state, "SoftcopyVOILUTSequence");
    const [{ LUTDescriptor, LUTData }] = itemsOf(voi, "VOILUTSequence");
    expect(LUTDescriptor).toEqual([2, -5, 12]);
    expect(new Uint16Array((LUTData as [ArrayBuffer])[0])).toEqual(Uint16Array.of(0, 4095));
    expect(checkObject(state)).toEqual([]);
  });

  test("packs entries of 8 bits two to a word", () => {
    // PS3.3 C.11.2.1.1: as many bytes as entries, and one for the even length.
    const table = { descriptor: [3, 0, 8] as const, entries: Uint16Array.of(1, 128, 255) };
    const images = [
      { source: sourceImage({ frameDetails: frameDetails({ voi: { table } }) }), findings: [noduleFinding()] },
    ];
    const [state] = presentationStates(resultContext({ images }));
    const [{ LUTData }] = itemsOf(itemsOf(state, "SoftcopyVOILUTSequence")[0], "VOILUTSequence");
    expect([...new Uint8Array((LUTData as [ArrayBuffer])[0])]).toEqual([1, 128, 255, 0]);
    expect(checkObject(state)).toEqual([]);
  });

  test("refers to the frames of an image of several by their numbers", () => {
    const details: SourceFrame = { voi: { center: 40, width: 400 } };
    const source = sourceImage({ frames: 9, frameDetails: new Map([2, 7].map((frame) => [frame, details])) });
    const images = [{ source, findings: [noduleFinding({ frame: 2 }), noduleFinding({ frame: 7 })] }];
    const [state] = presentationStates(resultContext({ images }));
    const [series] = itemsOf(state, "ReferencedSeriesSequence");
    expect(itemsOf(series, "ReferencedImageSequence")).toMatchObject([{ ReferencedFrameNumber: [3, 8] }]);
    expect(itemsOf(state, "GraphicAnnotationSequence")).toHaveLength(2);
    expect(itemsOf(state, "SoftcopyVOILUTSequence")).toHaveLength(1);
  });

  test("makes none without findings", () => {
    expect(presentationStates(resultContext({ images: [{ source: sourceImage(), findings: [] }] }))).toEqual([]);
  });
});
