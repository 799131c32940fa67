/**
 * @file What a file says of its pixels where they are to be blanked: layout, ultrasound regions, burned-in text.
 */

import type { BlankRegions, FrameLayout, Rectangle } from "./blank";
import { type Element, PIXEL_DATA } from "./element";
import type { FileLayout } from "./file-layout";
import { BURNED_IN } from "./method";
import { textOf } from "./plan";

/** Whether text is burned into pixels: said so, likely by the kind of picture, or not. */
export type BurnedIn = "yes" | "likely" | "no";

const MODALITIES_WITH_TEXT: ReadonlySet<string> = new Set([
  "US",
  "IVUS",
  "SC",
  "OT",
  "XC",
  "ES",
  "GM",
  "DOC",
  "BDUS",
  "HC",
]);

/** Secondary captures (…7, …7.1 to .4) and ultrasound (…6.1, …3.1, retired too) by SOP class. */
const CLASSES_WITH_TEXT = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.(7(\.\d+)?|6(\.\d+)?|3(\.\d+)?)$/;

/** Reads values of the first level by tag. */
export class HeaderValues {
  readonly #elements: ReadonlyMap<number, Element>;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(elements: readonly Element[], bytes: Uint8Array) {
    this.#elements = new Map(elements.map((element) => [element.tag, element]));
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  element(tag: number): Element | undefined {
    return this.#elements.get(tag);
  }

  text(tag: number): string {
    const element = this.#elements.get(tag);
    return element === undefined ? "" : textOf(element, this.#bytes).trim();
  }

  /** First value of a US or UL; undefined where absent. */
  whole(tag: number): number | undefined {
    const element = this.#elements.get(tag);
    if (element === undefined) return undefined;
    const { valueStart, valueEnd, encoding } = element;
    const little = !encoding.bigEndian;
    if (valueEnd - valueStart === 2) return this.#view.getUint16(valueStart, little);
    return valueEnd - valueStart >= 4 ? this.#view.getUint32(valueStart, little) : undefined;
  }
}

/** What the file says, or else what its kind makes likely; "no" without pixels. */
export function burnedIn({ elements, body }: FileLayout): BurnedIn {
  const values = new HeaderValues(elements, body);
  if (values.element(PIXEL_DATA) === undefined) return "no";
  const said = values.text(BURNED_IN).toUpperCase();
  if (said === "YES") return "yes";
  if (said === "NO") return "no";
  const likely = MODALITIES_WITH_TEXT.has(values.text(0x00080060)) || CLASSES_WITH_TEXT.test(values.text(0x00080016));
  return likely ? "likely" : "no";
}

/** Rectangles of SequenceOfUltrasoundRegions; both of their corners belong to them (PS3.3 C.8.5.5.1.14). */
function ultrasoundRegions({ elements, body }: FileLayout): Rectangle[] {
  const items = elements.find(({ tag }) => tag === 0x00186011)?.items ?? [];
  return items.flatMap((item) => {
    const values = new HeaderValues(item.elements, body);
    const [x0, y0, x1, y1] = [0x00186018, 0x0018601a, 0x0018601c, 0x0018601e].map((tag) => values.whole(tag));
    if (x0 === undefined || y0 === undefined || x1 === undefined || y1 === undefined) return [];
    return x1 < x0 || y1 < y0 ? [] : [{ x: x0, y: y0, width: x1 - x0 + 1, height: y1 - y0 + 1 }];
  });
}

/** What is blanked in this file; undefined if nothing. */
export function regionsToBlank(layout: FileLayout, given: readonly Rectangle[]): BlankRegions | undefined {
  if (!layout.elements.some(({ tag }) => tag === PIXEL_DATA)) return undefined;
  const keep = ultrasoundRegions(layout);
  return keep.length > 0 || given.length > 0 ? { keep, blank: given } : undefined;
}

/** How native pixels lie; undefined where the header does not say. */
export function nativeLayout({ elements, body, encoding }: FileLayout): FrameLayout | undefined {
  const values = new HeaderValues(elements, body);
  const [rows, columns] = [values.whole(0x00280010), values.whole(0x00280011)];
  const bitsAllocated = values.whole(0x00280100);
  if (!rows || !columns || !bitsAllocated) return undefined;
  const frames = Math.max(1, Number.parseInt(values.text(0x00280008), 10) || 1);
  return {
    ...{ rows, columns, bitsAllocated, frames, bigEndian: encoding.bigEndian },
    samplesPerPixel: values.whole(0x00280002) ?? 1,
    bitsStored: values.whole(0x00280101) ?? bitsAllocated,
    planar: values.whole(0x00280006) === 1,
    photometricInterpretation: values.text(0x00280004),
  };
}

/** The element of the pixel data; undefined without. */
export function pixelDataOf({ elements }: FileLayout): Element | undefined {
  return elements.find(({ tag }) => tag === PIXEL_DATA);
}
