/**
 * @file Checks the tree of a report against its templates, its regions against the images, its references against the
 * evidence.
 */
import { itemsOf, referencedUids, textOf } from "./attribute-access";
import { type Attributes, CODES, type Code } from "./code";
import { REPORT_ROWS, type TemplateRow } from "./report-template";

/** What is wrong with the report's content. */
export function reportFaults(report: Attributes): string[] {
  return [
    ...headFaults(report),
    ...treeFaults(report, REPORT_ROWS, "report"),
    ...regionFaults(report),
    ...evidenceFaults(report),
  ];
}

function headFaults(report: Attributes): string[] {
  const [template] = itemsOf(report, "ContentTemplateSequence");
  const isRight =
    isNamed(report, CODES.report) && template !== undefined && textOf(template, "TemplateIdentifier") === "1500";
  return isRight ? [] : ["report: no Imaging Measurement Report by template 1500"];
}

/** Every item has its row, every row its items, every value type its value. */
function treeFaults(parent: Attributes, rows: readonly TemplateRow[], path: string): string[] {
  const counts = new Map<TemplateRow, number>();
  const faults: string[] = [];
  for (const [i, item] of itemsOf(parent, "ContentSequence").entries()) {
    const at = `${path} > ${i + 1} ${nameOf(item)}`;
    faults.push(...valueFaultsOf(item, at));
    const row = rows.find((one) => fits(item, one));
    if (row === undefined) {
      const kind = `${textOf(item, "RelationshipType")} ${textOf(item, "ValueType")}`;
      faults.push(`${at}: ${kind} is not in the template`);
      continue;
    }
    counts.set(row, (counts.get(row) ?? 0) + 1);
    faults.push(...treeFaults(item, row.rows ?? [], at));
  }
  for (const row of rows) {
    const { least = 0, most = Infinity } = row;
    const count = counts.get(row) ?? 0;
    if (count < least || count > most) {
      const name = row.name?.meaning ?? "unnamed";
      faults.push(
        `${path}: ${count} of ${row.valueType} ${name}, expected ${count < least ? "at least" : "at most"} ${count < least ? least : most}`,
      );
    }
  }
  return faults;
}

function fits(item: Attributes, { relationship, valueType, name }: TemplateRow): boolean {
  if (textOf(item, "RelationshipType") !== relationship || textOf(item, "ValueType") !== valueType) return false;
  if (name === undefined) return itemsOf(item, "ConceptNameCodeSequence").length === 1;
  if (name === null) return itemsOf(item, "ConceptNameCodeSequence").length === 0;
  return isNamed(item, name);
}

function isNamed(item: Attributes, { value, scheme }: Code): boolean {
  const [code] = itemsOf(item, "ConceptNameCodeSequence");
  return code !== undefined && textOf(code, "CodeValue") === value && textOf(code, "CodingSchemeDesignator") === scheme;
}

function nameOf(item: Attributes): string {
  const [code] = itemsOf(item, "ConceptNameCodeSequence");
  return code === undefined ? textOf(item, "ValueType") : textOf(code, "CodeMeaning");
}

/** The attribute that holds the value of each value type (PS3.3 tables C.17.3-7, C.18). */
const VALUES: Readonly<Record<string, string>> = {
  CODE: "ConceptCodeSequence",
  CONTAINER: "ContinuityOfContent",
  IMAGE: "ReferencedSOPSequence",
  NUM: "MeasuredValueSequence",
  SCOORD: "GraphicData",
  TEXT: "TextValue",
  UIDREF: "UID",
};

function valueFaultsOf(item: Attributes, at: string): string[] {
  const keyword = VALUES[textOf(item, "ValueType")];
  if (keyword === undefined) return [`${at}: value type ${textOf(item, "ValueType")} is not used in reports`];
  const value = item[keyword];
  if (value === undefined || value === "" || (Array.isArray(value) && value.length === 0)) {
    return [`${at}: no ${keyword}`];
  }
  if (keyword !== "MeasuredValueSequence") return [];
  return itemsOf(item, keyword).flatMap((measured) => [
    ...(Number.isFinite(Number(measured.NumericValue ?? Number.NaN)) ? [] : [`${at}: no NumericValue`]),
    ...(itemsOf(measured, "MeasurementUnitsCodeSequence").length === 1 ? [] : [`${at}: no unit`]),
  ]);
}

function descendants(item: Attributes): Attributes[] {
  return itemsOf(item, "ContentSequence").flatMap((child) => [child, ...descendants(child)]);
}

/** Regions are closed, and inside the image as the library tells its size. */
function regionFaults(report: Attributes): string[] {
  const sizes = new Map<string, { columns: number; rows: number }>();
  const all = descendants(report);
  for (const item of all) {
    const size = { columns: numberBelow(item, CODES.pixelColumns), rows: numberBelow(item, CODES.pixelRows) };
    if (textOf(item, "ValueType") === "IMAGE" && size.rows > 0) sizes.set(imageUid(item), size);
  }
  return all
    .filter((item) => textOf(item, "ValueType") === "SCOORD")
    .flatMap((item, i) => {
      const size = sizes.get(imageUid(itemsOf(item, "ContentSequence").at(0) ?? {}));
      if (size === undefined) return [`region ${i + 1}: its image is not in the library`];
      return outlineFaults(item.GraphicData, size, `region ${i + 1}`);
    });
}

/** What is wrong with a closed outline x, y, x, y ... in an image, whose corners are 0, 0 and columns, rows. */
export function outlineFaults(
  data: unknown,
  { columns, rows }: { columns: number; rows: number },
  at: string,
): string[] {
  const points = Array.isArray(data) ? data.map(Number) : [];
  if (points.length < 8 || points.length % 2 !== 0) return [`${at}: ${points.length} coordinates, no outline`];
  const isClosed = points[0] === points.at(-2) && points[1] === points.at(-1);
  const isInside = points.every((value, i) => value >= 0 && value <= (i % 2 === 0 ? columns : rows));
  return [...(isClosed ? [] : [`${at}: not closed`]), ...(isInside ? [] : [`${at}: outside of its image`])];
}

function numberBelow(item: Attributes, name: Code): number {
  const found = itemsOf(item, "ContentSequence").find((child) => isNamed(child, name));
  return Number(itemsOf(found ?? {}, "MeasuredValueSequence").at(0)?.NumericValue ?? 0);
}

function imageUid(item: Attributes): string {
  return textOf(itemsOf(item, "ReferencedSOPSequence").at(0) ?? {}, "ReferencedSOPInstanceUID");
}

/** PS3.3 C.17.2.3: whatever the tree refers to stands in the evidence. */
function evidenceFaults(report: Attributes): string[] {
  const evidence = new Set(itemsOf(report, "CurrentRequestedProcedureEvidenceSequence").flatMap(referencedUids));
  const used = new Set(itemsOf(report, "ContentSequence").flatMap(referencedUids));
  return [...used].filter((uid) => !evidence.has(uid)).map((uid) => `evidence: lacks ${uid}`);
}
