/**
 * @file TFRecord files of TensorFlow's object detection API: `tf.Example`s with an image and its boxes each.
 *
 * A record is its length (uint64), a checksum of that, its bytes, a checksum of those (CRC-32C, turned by 15 bits, plus
 * 0xa282ead8), little endian (tensorflow.org, "TFRecord and tf.train.Example"). An Example maps names to lists of bytes,
 * floats or whole numbers (tensorflow/core/example/feature.proto). Boxes are fractions in single precision: to within
 * 6e-8 of the image's side. Pictures inside are not taken out.
 */
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { FoveaError } from "../../errors";
import { crc32c } from "../../math/crc32c";
import { type AnnotationDraft, assembleSet, type ImageDraft, imagePath, type ReadSet } from "./annotation-draft";
import { someAttributes } from "./attribute-text";
import { scaledBox } from "./fractions";
import { Tally } from "./tally";

/** Lists of one Example by name. */
type Features = ReadonlyMap<string, readonly (Uint8Array | number)[]>;

/**
 * Records of a file, checksums checked.
 *
 * @throws {FoveaError} `invalid_annotations` with the record from 0 if it is cut off or a checksum differs
 */
function* tfRecords(bytes: Uint8Array, file: string): Generator<Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let position = 0;
  for (let index = 0; position < bytes.length; index++) {
    const fail = (message: string) => new FoveaError("invalid_annotations", message, { file, at: `record ${index}` });
    if (position + 12 > bytes.length) throw fail("cut off, or no TFRecord file");
    const length = Number(view.getBigUint64(position, true));
    if (masked(bytes.subarray(position, position + 8)) !== view.getUint32(position + 8, true)) {
      throw fail("checksum of its length differs; the file is damaged, compressed, or no TFRecord file");
    }
    const start = position + 12;
    if (start + length + 4 > bytes.length)
      throw fail(`cut off: ${length} bytes announced, ${bytes.length - start} there`);
    const data = bytes.subarray(start, start + length);
    if (masked(data) !== view.getUint32(start + length, true)) throw fail("checksum differs; the file is damaged");
    yield data;
    position = start + length + 4;
  }
}

function masked(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/**
 * @param names class names by number from a label map, where there is one
 * @throws {FoveaError} `invalid_annotations` if the file is no TFRecord file or damaged
 */
export function readTfRecord(
  bytes: Uint8Array,
  { file, names = new Map() }: { readonly file: string; readonly names?: ReadonlyMap<number, string> },
): ReadSet {
  const tally = new Tally();
  const drafts: ImageDraft[] = [];
  let index = 0;
  for (const record of tfRecords(bytes, file)) {
    const at = `record ${index++}`;
    try {
      const draft = readExample(readFeatures(record), names, tally, at);
      if (draft) drafts.push(draft);
    } catch (error) {
      if (error instanceof FoveaError) throw error;
      tally.add(`no tf.Example: ${String(error)}; left out`, at, "error");
    }
  }
  const known = [...names].sort((a, b) => a[0] - b[0]).map(([, name]) => name);
  return { set: assembleSet(drafts, known), problems: tally.problems(file) };
}

function readExample(
  features: Features,
  names: ReadonlyMap<number, string>,
  tally: Tally,
  at: string,
): ImageDraft | undefined {
  const numbers = (name: string) => (features.get(name) ?? []).filter((one) => typeof one === "number");
  const texts = (name: string) =>
    (features.get(name) ?? []).flatMap((one) => (typeof one === "number" ? [] : utf8(one)));
  const [name] = [...texts("image/filename"), ...texts("image/source_id")].filter((text) => text !== "");
  const [width] = numbers("image/width");
  const [height] = numbers("image/height");
  if (name === undefined || !width || !height) {
    tally.add("no image/filename, image/width or image/height; left out", at, "error");
    return undefined;
  }
  const [x1, y1, x2, y2] = ["xmin", "ymin", "xmax", "ymax"].map((side) => numbers(`image/object/bbox/${side}`));
  if ([y1, x2, y2].some(({ length }) => length !== x1.length)) {
    tally.add("lists of xmin, ymin, xmax and ymax differ in length; left out", at, "error");
    return undefined;
  }
  if (![x1, y1, x2, y2, [width, height]].flat().every(Number.isFinite)) {
    tally.add("sides of boxes or of the image that are no numbers; left out", at, "error");
    return undefined;
  }
  const classTexts = texts("image/object/class/text");
  const classIds = numbers("image/object/class/label");
  const flags = { difficult: numbers("image/object/difficult"), truncated: numbers("image/object/truncated") };
  const crowds = numbers("image/object/is_crowd");
  const annotations = x1.map((_, i): AnnotationDraft => {
    const className = classTexts[i] || names.get(classIds[i]) || `class_${classIds[i] ?? 0}`;
    const set = Object.entries(flags).filter(([, list]) => list[i] === 1);
    const box = scaledBox({ x1: x1[i], y1: y1[i], x2: x2[i], y2: y2[i] }, width, height);
    const attributes = Object.fromEntries(set.map(([flag]) => [flag, true]));
    return { className, box, ...(crowds[i] === 1 && { crowd: true }), ...someAttributes(attributes) };
  });
  return { file: imagePath(name), width, height, annotations };
}

const utf8 = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Reads a message, handing every field to `field`; what it does not read is skipped. */
function readMessage(
  bytes: Uint8Array,
  field: (no: number, reader: BinaryReader, wireType: WireType) => boolean,
): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [no, wireType] = reader.tag();
    if (!field(no, reader, wireType)) reader.skip(wireType, no);
  }
}

/** `Example { Features features = 1 }`, `Features { map<string, Feature> feature = 1 }`. */
function readFeatures(example: Uint8Array): Features {
  const features = new Map<string, readonly (Uint8Array | number)[]>();
  readMessage(example, (outer, reader) => {
    if (outer !== 1) return false;
    readMessage(reader.bytes(), (no, inner) => {
      if (no !== 1) return false;
      let [name, list]: [string, readonly (Uint8Array | number)[]] = ["", []];
      readMessage(inner.bytes(), (part, entry) => {
        if (part === 1) name = entry.string();
        else if (part === 2) list = readFeature(entry.bytes());
        return part === 1 || part === 2;
      });
      features.set(name, list);
      return true;
    });
    return true;
  });
  return features;
}

/** `Feature { BytesList = 1, FloatList = 2, Int64List = 3 }`, each `repeated value = 1`, numbers packed or not. */
function readFeature(feature: Uint8Array): (Uint8Array | number)[] {
  const values: (Uint8Array | number)[] = [];
  readMessage(feature, (kind, reader) => {
    if (kind < 1 || kind > 3) return false;
    readMessage(reader.bytes(), (no, list, wireType) => {
      if (no !== 1) return false;
      if (kind === 1) values.push(list.bytes());
      else {
        const read = (from: BinaryReader) => (kind === 2 ? from.float() : Number(from.int64()));
        if (wireType !== WireType.LengthDelimited) values.push(read(list));
        else for (const packed = new BinaryReader(list.bytes()); packed.pos < packed.len; ) values.push(read(packed));
      }
      return true;
    });
    return true;
  });
  return values;
}

/** Class names by number from a label map: `item { id: 1 name: 'nodule' }` ...; `display_name` before `name`. */
export function readLabelMap(text: string): Map<number, string> {
  const names = new Map<number, string>();
  for (const [, body] of text.matchAll(/item\s*:?\s*\{([^}]*)\}/g)) {
    const id = /\bid\s*:\s*(\d+)/.exec(body)?.[1];
    const display = /\bdisplay_name\s*:\s*(["'])(.*?)\1/.exec(body)?.[2];
    const name = /(?<!display_)\bname\s*:\s*(["'])(.*?)\1/.exec(body)?.[2];
    if (id !== undefined && (display ?? name) !== undefined) names.set(Number(id), display ?? name ?? "");
  }
  return names;
}
