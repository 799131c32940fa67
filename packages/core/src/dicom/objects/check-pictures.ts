/**
 * @file Checks presentation states, segmentations and captures: outlines inside the images, references that are declared,
 * pixels as long as the object says.
 */
import { itemsOf, referencedUids, textOf } from "./attribute-access";
import { outlineFaults } from "./check-report";
import { listOf } from "./check-values";
import type { Attributes } from "./code";

/** What is wrong with a presentation state. */
export function stateFaults(state: Attributes): string[] {
  const declared = new Set(itemsOf(state, "ReferencedSeriesSequence").flatMap(referencedUids));
  const sizes = new Map<string, { columns: number; rows: number }>();
  for (const area of itemsOf(state, "DisplayedAreaSelectionSequence")) {
    const [columns, rows] = listOf(area.DisplayedAreaBottomRightHandCorner).map(Number);
    for (const uid of referencedUids(area)) sizes.set(uid, { columns, rows });
  }
  const layers = new Set(itemsOf(state, "GraphicLayerSequence").map((layer) => textOf(layer, "GraphicLayer")));
  const uses = ["DisplayedAreaSelectionSequence", "GraphicAnnotationSequence", "SoftcopyVOILUTSequence"];
  const used = uses.flatMap((keyword) => itemsOf(state, keyword).flatMap(referencedUids));
  const tables = ["ModalityLUTSequence", "SoftcopyVOILUTSequence"].flatMap((keyword) =>
    itemsOf(state, keyword).flatMap((item) => ("LUTData" in item ? [item] : itemsOf(item, "VOILUTSequence"))),
  );
  return [
    ...tables.flatMap(tableFaults),
    ...undeclared(used, declared),
    ...[...declared].filter((uid) => !sizes.has(uid)).map((uid) => `displayed area: none for ${uid}`),
    ...itemsOf(state, "GraphicAnnotationSequence").flatMap((item, i) => {
      const at = `annotation ${i + 1}`;
      const layer = layers.has(textOf(item, "GraphicLayer")) ? [] : [`${at}: on no layer of the state`];
      const size = sizes.get(referencedUids(item)[0]) ?? { columns: 0, rows: 0 };
      return [
        ...layer,
        ...itemsOf(item, "GraphicObjectSequence").flatMap((graphic) => graphicFaults(graphic, size, at)),
      ];
    }),
  ];
}

function graphicFaults(graphic: Attributes, size: { columns: number; rows: number }, at: string): string[] {
  const points = listOf(graphic.GraphicData).length / 2;
  const counted = Number(graphic.NumberOfGraphicPoints) === points ? [] : [`${at}: not as many points as it says`];
  return [...counted, ...outlineFaults(graphic.GraphicData, size, at)];
}

/** As long as its descriptor says: 2^16 entries where that is 0, two to a word where they have 8 bits (PS3.3 C.11.1.1.1). */
function tableFaults({ LUTDescriptor, LUTData }: Attributes): string[] {
  const [count, , bits] = listOf(LUTDescriptor).map(Number);
  const length = (bits > 8 ? 2 : 1) * (count === 0 ? 2 ** 16 : count);
  const [bytes] = listOf(LUTData);
  const held = bytes instanceof ArrayBuffer ? bytes.byteLength : 0;
  return held === length + (length % 2) ? [] : [`LUTData: ${held} bytes, expected ${length}`];
}

/** What is wrong with a segmentation. */
export function segmentationFaults(segmentation: Attributes): string[] {
  const declared = new Set(itemsOf(segmentation, "ReferencedSeriesSequence").flatMap(referencedUids));
  const frames = itemsOf(segmentation, "PerFrameFunctionalGroupsSequence");
  const segments = itemsOf(segmentation, "SegmentSequence").map((segment) => Number(segment.SegmentNumber));
  const count = Number(segmentation.NumberOfFrames);
  const size = Number(segmentation.Rows) * Number(segmentation.Columns);
  const numbers = frames.map((frame) =>
    Number(textOf(itemsOf(frame, "SegmentIdentificationSequence").at(0) ?? {}, "ReferencedSegmentNumber")),
  );
  return [
    ...undeclared(frames.flatMap(referencedUids), declared),
    ...(frames.length === count ? [] : [`frames: ${frames.length} described, ${count} said`]),
    ...(segments.every((number, i) => number === i + 1) ? [] : ["segments: not numbered from 1 on"]),
    ...numbers.filter((number) => !segments.includes(number)).map((number) => `frames: no segment ${number}`),
    ...lengthFaults(segmentation, Math.ceil((count * size) / 8)),
    ...emptyFrames(segmentation, count, size).map((frame) => `frames: ${frame} has no pixel of its segment`),
  ];
}

/** Frames without any pixel, counted from 1: a mask that is lost looks as if there were no lesion. */
function emptyFrames({ PixelData }: Attributes, count: number, size: number): number[] {
  const [buffer] = listOf(PixelData);
  const bytes = new Uint8Array(buffer instanceof ArrayBuffer ? buffer : new ArrayBuffer(0));
  const isSet = (at: number) => ((bytes[Math.floor(at / 8)] ?? 0) >> (at % 8)) & 1;
  const empty: number[] = [];
  for (let frame = 0; frame < count; frame++) {
    const end = (frame + 1) * size;
    let at = frame * size;
    // Whole bytes at once: most of a mask is nothing.
    while (at < end && !isSet(at)) at += at % 8 === 0 && end - at >= 8 && bytes[at / 8] === 0 ? 8 : 1;
    if (at >= end) empty.push(frame + 1);
  }
  return empty;
}

/** What is wrong with a capture. */
export function captureFaults(capture: Attributes): string[] {
  return lengthFaults(capture, 3 * Number(capture.Rows) * Number(capture.Columns));
}

function undeclared(used: readonly string[], declared: ReadonlySet<string>): string[] {
  return [...new Set(used)].filter((uid) => !declared.has(uid)).map((uid) => `referenced series: lack ${uid}`);
}

/** Padded to an even length (PS3.5 8.1.1). */
function lengthFaults({ PixelData }: Attributes, length: number): string[] {
  const [bytes] = listOf(PixelData);
  const held = bytes instanceof ArrayBuffer ? bytes.byteLength : 0;
  return held === length + (length % 2) ? [] : [`PixelData: ${held} bytes, expected ${length}`];
}
