/**
 * @file Result objects as a PACS has them, taken apart.
 */
import { readWritten } from "@fovea/core/dicom/objects/read-written";

type Values = Readonly<Record<string, unknown>>;

/** A closed line in an image: corners x, y, x, y ... in pixels. */
export interface DrawnLine {
  readonly sopUid: string;
  readonly points: readonly number[];
}

export const RESULT_CLASSES = {
  sr: "1.2.840.10008.5.1.4.1.1.88.34",
  sc: "1.2.840.10008.5.1.4.1.1.7",
  gsps: "1.2.840.10008.5.1.4.1.1.11.1",
} as const;
export type ArrivedKind = keyof typeof RESULT_CLASSES;

export interface ArrivedObject {
  readonly kind: ArrivedKind;
  readonly file: Buffer;
  readonly values: Values;
}

/** Those of our kinds; what else the PACS has is left out. */
export function arrivedObjects(files: readonly Buffer[]): ArrivedObject[] {
  return files.flatMap((file) => {
    const values = readWritten(file);
    const kind = (Object.keys(RESULT_CLASSES) as ArrivedKind[]).find(
      (one) => RESULT_CLASSES[one] === values.SOPClassUID,
    );
    return kind === undefined ? [] : [{ kind, file, values }];
  });
}

/** Regions of a structured report (PS3.3 C.18.6): content items with coordinates, and the image that each is selected from. */
export function reportRegions(report: Values): DrawnLine[] {
  const items = itemsOf(report, "ContentSequence");
  const here = items.filter(({ ValueType }) => ValueType === "SCOORD");
  return [...here.map(regionOf), ...items.flatMap(reportRegions)];
}

function regionOf(item: Values): DrawnLine {
  const [image] = itemsOf(item, "ContentSequence");
  const [reference] = itemsOf(image, "ReferencedSOPSequence");
  return { sopUid: String(reference.ReferencedSOPInstanceUID), points: item.GraphicData as number[] };
}

/** Lines of a presentation state (PS3.3 C.10.5). */
export function presentationLines(state: Values): DrawnLine[] {
  return itemsOf(state, "GraphicAnnotationSequence").flatMap((annotation) => {
    const [image] = itemsOf(annotation, "ReferencedImageSequence");
    return itemsOf(annotation, "GraphicObjectSequence").map(({ GraphicData }) => ({
      ...{ sopUid: String(image.ReferencedSOPInstanceUID), points: GraphicData as number[] },
    }));
  });
}

function itemsOf(values: Values, keyword: string): Values[] {
  return (values[keyword] ?? []) as Values[];
}
