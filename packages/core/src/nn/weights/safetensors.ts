/**
 * @file The safetensors format, read strictly and written.
 *
 * Hugging Face safetensors 0.8, "Format": eight bytes with the length n of the header, n bytes of JSON that begin with `{`
 * and may end in spaces, then the numbers of all tensors, little-endian, row-major, without holes or overlaps. The header
 * names for each tensor its dtype, shape and `data_offsets` [begin, end) after the header; `__metadata__` maps text to text.
 */
import { getTextEncoding } from "@bufbuild/protobuf/wire";
import { FoveaError, ShapeError } from "../../errors";
import { floatFromBfloat16, floatFromHalf, halfFromFloat } from "../../math/half";
import { type StateDict, shapeText, valueCount } from "./state";

/** Bits per value of every dtype the format knows. */
const DTYPE_BITS = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E5M2FNUZ: 8,
  F8_E4M3FNUZ: 8,
  F8_E8M0: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
} as const;

export type SafetensorsDtype = keyof typeof DTYPE_BITS;

/** A tensor as it stands in the file. */
export interface RawTensor {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /** View of the file, not aligned. */
  readonly bytes: Uint8Array;
}

export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, RawTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface SafetensorsOptions {
  /** @default {} */
  readonly metadata?: Readonly<Record<string, string>>;
  /** F16 halves the file and rounds to 11 bits. @default "F32" */
  readonly dtype?: "F32" | "F16";
}

/** The reference implementation's own bound on the header. */
const MAX_HEADER_BYTES = 100_000_000;
const PREFIX_BYTES = 8;

/**
 * Tensors of a file, not yet converted.
 *
 * @param file path for messages
 * @throws {FoveaError} `invalid_safetensors` if the file breaks the format
 */
export function openSafetensors(bytes: Uint8Array, file?: string): SafetensorsFile {
  // Parts of a Node Buffer would be Buffers, whose `slice` does not copy.
  const content = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { header, start } = readHeader(content, file);
  const tensors = new Map<string, RawTensor>();
  let metadata: Readonly<Record<string, string>> = {};
  const spans: (Span & { readonly name: string })[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === "__metadata__") {
      metadata = readMetadata(value, file);
      continue;
    }
    const { dtype, shape, begin, end } = readEntry(name, value, file);
    spans.push({ name, begin, end });
    tensors.set(name, { dtype, shape, bytes: content.subarray(start + begin, start + end) });
  }

  let filled = 0;
  for (const { name, begin, end } of spans.sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== filled)
      throw invalid(`its data begins at byte ${begin} instead of ${filled}: a hole or an overlap`, file, name);
    filled = end;
  }
  const present = bytes.length - start;
  if (filled !== present)
    throw invalid(`${present} bytes of numbers, the header names ${filled}: cut off or damaged`, file);
  return { tensors, metadata };
}

interface Span {
  readonly begin: number;
  readonly end: number;
}

function invalid(message: string, file: string | undefined, at?: string, cause?: unknown): FoveaError {
  return new FoveaError("invalid_safetensors", message, { file, at, cause });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSize(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function readHeader(bytes: Uint8Array, file: string | undefined) {
  if (bytes.length < PREFIX_BYTES) throw invalid(`${bytes.length} bytes hold no safetensors header`, file);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  if (length > MAX_HEADER_BYTES || PREFIX_BYTES + length > bytes.length) {
    throw invalid(`a header of ${length} bytes in a file of ${bytes.length}: cut off, or no safetensors file`, file);
  }
  const start = PREFIX_BYTES + length;
  if (bytes[PREFIX_BYTES] !== 0x7b) throw invalid("its header does not begin with {: no safetensors file", file);
  let header: unknown;
  try {
    header = JSON.parse(getTextEncoding().decodeUtf8(bytes.subarray(PREFIX_BYTES, start), true));
  } catch (cause) {
    throw invalid(`its header is no JSON (${cause instanceof Error ? cause.message : cause})`, file, undefined, cause);
  }
  if (!isRecord(header)) throw invalid("its header is no JSON object", file);
  return { header, start };
}

function readMetadata(value: unknown, file: string | undefined): Readonly<Record<string, string>> {
  const metadata: [string, string][] = [];
  for (const [key, text] of Object.entries(isRecord(value) ? value : { "": value })) {
    if (typeof text !== "string") throw invalid("maps to something else than text", file, `__metadata__.${key}`);
    metadata.push([key, text]);
  }
  return Object.fromEntries(metadata);
}

function readEntry(name: string, value: unknown, file: string | undefined) {
  const { dtype, shape, data_offsets: offsets } = isRecord(value) ? value : {};
  if (typeof dtype !== "string" || !Object.hasOwn(DTYPE_BITS, dtype)) {
    throw invalid(`unknown dtype ${JSON.stringify(dtype)}`, file, name);
  }
  if (!Array.isArray(shape) || !shape.every(isSize)) throw invalid("its shape is no list of sizes", file, name);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    throw invalid("its data_offsets are no pair of byte counts", file, name);
  }
  const known = dtype as SafetensorsDtype;
  const [begin, end] = offsets;
  const expected = (valueCount(shape) * DTYPE_BITS[known]) / 8;
  if (end - begin !== expected) {
    throw invalid(`${end - begin} bytes for ${shapeText(shape)} values of ${dtype}, expected ${expected}`, file, name);
  }
  return { dtype: known, shape, begin, end };
}

/** Floats of aligned, little-endian bytes. */
const FLOATS: { readonly [K in SafetensorsDtype]?: (buffer: ArrayBufferLike) => Float32Array } = {
  F32: (buffer) => new Float32Array(buffer),
  F16: (buffer) => floatFromHalf(new Uint16Array(buffer)),
  BF16: (buffer) => floatFromBfloat16(new Uint16Array(buffer)),
  F64: (buffer) => Float32Array.from(new Float64Array(buffer)),
};

/**
 * Float tensors of a file, all as float32; tensors of integers are left out.
 *
 * @param file path for messages
 * @throws {FoveaError} `invalid_safetensors` if the file breaks the format
 */
export function readSafetensors(
  bytes: Uint8Array,
  file?: string,
): { state: StateDict; metadata: Readonly<Record<string, string>> } {
  const { tensors, metadata } = openSafetensors(bytes, file);
  const state: StateDict = new Map();
  for (const [name, { dtype, shape, bytes: raw }] of tensors) {
    const floats = FLOATS[dtype];
    // Copied, because the file's numbers need not be aligned and must not be held by one small tensor.
    if (floats) state.set(name, { shape, data: floats(new Uint8Array(raw).buffer) });
    else if (/^[FC]/.test(dtype)) throw invalid(`${dtype} is not read; save it as F32`, file, name);
  }
  return { state, metadata };
}

/**
 * Bytes of a safetensors file with these weights in this order.
 *
 * @throws {ShapeError} if a tensor has more or fewer values than its shape
 */
export function writeSafetensors(
  state: StateDict,
  { metadata = {}, dtype = "F32" }: SafetensorsOptions = {},
): Uint8Array<ArrayBuffer> {
  const itemBytes = DTYPE_BITS[dtype] / 8;
  const entries: [string, unknown][] = Object.keys(metadata).length > 0 ? [["__metadata__", metadata]] : [];
  let end = 0;
  for (const [name, { shape, data }] of state) {
    if (data.length !== valueCount(shape)) {
      throw new ShapeError(`${data.length} values for ${shapeText(shape)}`, { at: name });
    }
    const begin = end;
    end += data.length * itemBytes;
    entries.push([name, { dtype, shape, data_offsets: [begin, end] }]);
  }
  const header = getTextEncoding().encodeUtf8(JSON.stringify(Object.fromEntries(entries)));
  // The numbers begin at a multiple of 8.
  const start = PREFIX_BYTES + Math.ceil(header.length / 8) * 8;

  const bytes = new Uint8Array(start + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - PREFIX_BYTES), true);
  bytes.fill(0x20, PREFIX_BYTES, start);
  bytes.set(header, PREFIX_BYTES);
  let at = start;
  for (const { data } of state.values()) {
    const numbers = dtype === "F16" ? halfFromFloat(data) : data;
    bytes.set(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength), at);
    at += numbers.byteLength;
  }
  return bytes;
}
