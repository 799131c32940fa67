/**
 * @file Pickles and checkpoints put together by hand, good and bad.
 *
 * A piece of program is a list of bytes; pieces are values of the stack machine, so that they nest as the values do.
 * Opcodes after Lib/pickletools.py.
 */
import { zipSync } from "fflate";

export type Program = readonly number[];

export const NONE: Program = [0x4e];
export const TRUE: Program = [0x88];
export const FALSE: Program = [0x89];
export const EMPTY_TUPLE: Program = [0x29];

const encoder = new TextEncoder();

function u32(value: number): Program {
  return [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24];
}

/** BINUNICODE */
export function text(value: string): Program {
  const bytes = encoder.encode(value);
  return [0x58, ...u32(bytes.length), ...bytes];
}

/** BININT */
export function int(value: number): Program {
  return [0x4a, ...u32(value)];
}

/** BINFLOAT */
export function float(value: number): Program {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value);
  return [0x47, ...bytes];
}

/** MARK items TUPLE */
export function tuple(...items: readonly Program[]): Program {
  return [0x28, ...items.flat(), 0x74];
}

/** EMPTY_LIST MARK items APPENDS */
export function list(...items: readonly Program[]): Program {
  return [0x5d, 0x28, ...items.flat(), 0x65];
}

/** EMPTY_DICT MARK items SETITEMS */
export function dict(entries: Readonly<Record<string, Program>>): Program {
  const items = Object.entries(entries).flatMap(([key, value]) => [...text(key), ...value]);
  return [0x7d, 0x28, ...items, 0x75];
}

/** GLOBAL */
export function global(module: string, name: string): Program {
  return [0x63, ...encoder.encode(`${module}\n${name}\n`)];
}

/** callable args REDUCE */
export function call(callable: Program, ...args: readonly Program[]): Program {
  return [...callable, ...tuple(...args), 0x52];
}

/** object state BUILD */
export function withState(object: Program, state: Program): Program {
  return [...object, ...state, 0x62];
}

/** value LONG_BINPUT */
export function memoized(index: number, value: Program): Program {
  return [...value, 0x72, ...u32(index)];
}

/** LONG_BINGET */
export function recalled(index: number): Program {
  return [0x6a, ...u32(index)];
}

/** id BINPERSID */
export function persistent(id: Program): Program {
  return [...id, 0x51];
}

/** PROTO program STOP */
export function pickle(program: Program, protocol = 2): Uint8Array {
  return Uint8Array.from([0x80, protocol, ...program, 0x2e]);
}

export const ORDERED_DICT = call(global("collections", "OrderedDict"));

export interface TensorOptions {
  /** @default "FloatStorage" */
  readonly type?: string;
  readonly key?: string;
  readonly offset?: number;
  /** Values of the storage. @default product of the sizes */
  readonly count?: number;
  /** @default row-major */
  readonly strides?: readonly number[];
}

/** What torch.save writes for a tensor. */
export function tensor(
  sizes: readonly number[],
  { type = "FloatStorage", key = "0", offset = 0, count, strides }: TensorOptions = {},
): Program {
  const rowMajor = sizes.map((_, axis) => sizes.slice(axis + 1).reduce((product, size) => product * size, 1));
  const total = count ?? sizes.reduce((product, size) => product * size, 1);
  const id = tuple(text("storage"), global("torch", type), text(key), text("cpu"), int(total));
  const ints = (values: readonly number[]) => tuple(...values.map(int));
  const rebuild = global("torch._utils", "_rebuild_tensor_v2");
  return call(rebuild, persistent(id), int(offset), ints(sizes), ints(strides ?? rowMajor), FALSE, ORDERED_DICT);
}

/** What torch.save writes for an `nn.Parameter`. */
export function parameter(data: Program): Program {
  return call(global("torch._utils", "_rebuild_parameter"), data, TRUE, ORDERED_DICT);
}

export interface ModuleParts {
  readonly parameters?: Readonly<Record<string, Program>>;
  readonly buffers?: Readonly<Record<string, Program>>;
  readonly modules?: Readonly<Record<string, Program>>;
  /** Names of buffers that are not saved. */
  readonly transient?: readonly string[];
  readonly attributes?: Readonly<Record<string, Program>>;
}

/** What torch.save writes for an `nn.Module`. */
export function module(
  className: string,
  { parameters = {}, buffers = {}, modules = {}, transient = [], attributes = {} }: ModuleParts,
): Program {
  const object: Program = [...global("torch.nn.modules.container", className), ...EMPTY_TUPLE, 0x81];
  return withState(
    object,
    dict({
      training: FALSE,
      _parameters: ordered(parameters),
      _buffers: dict(buffers),
      _non_persistent_buffers_set: call(global("__builtin__", "set"), list(...transient.map(text))),
      _modules: ordered(modules),
      ...attributes,
    }),
  );
}

/** OrderedDict() MARK items SETITEMS, as PyTorch before 2.0 keeps its parts. */
function ordered(entries: Readonly<Record<string, Program>>): Program {
  return [...ORDERED_DICT, 0x28, ...Object.entries(entries).flatMap(([key, value]) => [...text(key), ...value]), 0x75];
}

export type Storages = Readonly<Record<string, Float32Array | Float64Array | Uint16Array | BigInt64Array>>;

/** A `.pt` file as torch.save writes it, stored unless a level of compression is given. */
export function checkpointFile(data: Uint8Array, storages: Storages, level: 0 | 6 = 0): Uint8Array {
  const files: Record<string, Uint8Array> = {
    "best/data.pkl": data,
    "best/byteorder": encoder.encode("little"),
    "best/version": encoder.encode("3\n"),
  };
  for (const [key, values] of Object.entries(storages)) files[`best/data/${key}`] = new Uint8Array(values.buffer);
  return zipSync(files, { level });
}
