/**
 * @file Content items of a structured report (PS3.3 C.17.3).
 */
import { type Attributes, type Code, codeSequence } from "./code";

export type Relationship =
  | "CONTAINS"
  | "HAS OBS CONTEXT"
  | "HAS CONCEPT MOD"
  | "HAS ACQ CONTEXT"
  | "HAS PROPERTIES"
  | "INFERRED FROM"
  | "SELECTED FROM";

function item(
  relationship: Relationship,
  valueType: string,
  name: Code | undefined,
  value: Attributes,
  children: readonly Attributes[] = [],
): Attributes {
  return {
    RelationshipType: relationship,
    ValueType: valueType,
    ...(name !== undefined && { ConceptNameCodeSequence: codeSequence(name) }),
    ...value,
    ...(children.length > 0 && { ContentSequence: children }),
  };
}

/** @param template identifier in DCMR, of a template that has one */
export function containerItem(name: Code, children: readonly Attributes[], template?: string): Attributes {
  return item("CONTAINS", "CONTAINER", name, { ContinuityOfContent: "SEPARATE", ...templateOf(template) }, children);
}

/** Content Template Sequence (PS3.3 C.18.8). */
export function templateOf(template: string | undefined): Attributes {
  if (template === undefined) return {};
  return { ContentTemplateSequence: [{ MappingResource: "DCMR", TemplateIdentifier: template }] };
}

export function codeItem(relationship: Relationship, name: Code, value: Code): Attributes {
  return item(relationship, "CODE", name, { ConceptCodeSequence: codeSequence(value) });
}

export function textItem(relationship: Relationship, name: Code, text: string): Attributes {
  return item(relationship, "TEXT", name, { TextValue: text });
}

export function uidItem(relationship: Relationship, name: Code, uid: string): Attributes {
  return item(relationship, "UIDREF", name, { UID: uid });
}

/** @param value decimal string */
export function numberItem(relationship: Relationship, name: Code, value: string, units: Code): Attributes {
  const measured = [{ NumericValue: value, MeasurementUnitsCodeSequence: codeSequence(units) }];
  return item(relationship, "NUM", name, { MeasuredValueSequence: measured });
}

export function imageItem(relationship: Relationship, reference: Attributes, children: readonly Attributes[] = []) {
  return item(relationship, "IMAGE", undefined, { ReferencedSOPSequence: [reference] }, children);
}

/**
 * A closed outline in an image (PS3.3 C.18.6): column, row ... with 0\0 at the outer corner of the first pixel and
 * Columns\Rows at that of the last, which is the frame of `Box`.
 */
export function regionItem(name: Code, points: readonly number[], image: Attributes): Attributes {
  return item("CONTAINS", "SCOORD", name, { GraphicType: "POLYLINE", GraphicData: points }, [image]);
}
