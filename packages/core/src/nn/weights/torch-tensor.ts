/**
 * @file Tensors of a PyTorch checkpoint: a view (offset, sizes, strides) of a storage, which is one entry of the archive.
 *
 * Storages are little-endian and, by torch.save, raw. Every view is checked against its storage before it is read.
 */
import { FoveaError } from "../../errors";
import { floatFromBfloat16, floatFromHalf } from "../../math/half";
import { type PickleValue, PyGlobal, PyObject, PyPersistent } from "./pickle-value";
import { shapeText, valueCount, type WeightTensor } from "./state";
import type { ZipArchive } from "./zip";

interface StorageType {
  readonly bytes: number;
  /** Values of aligned, little-endian bytes; absent for integers, which no weight is made of. */
  readonly floats?: (buffer: ArrayBuffer) => Float32Array;
}

const STORAGES: Readonly<Record<string, StorageType>> = {
  FloatStorage: { bytes: 4, floats: (buffer) => new Float32Array(buffer) },
  HalfStorage: { bytes: 2, floats: (buffer) => floatFromHalf(new Uint16Array(buffer)) },
  BFloat16Storage: { bytes: 2, floats: (buffer) => floatFromBfloat16(new Uint16Array(buffer)) },
  DoubleStorage: { bytes: 8, floats: (buffer) => Float32Array.from(new Float64Array(buffer)) },
  LongStorage: { bytes: 8 },
  IntStorage: { bytes: 4 },
  ShortStorage: { bytes: 2 },
  CharStorage: { bytes: 1 },
  ByteStorage: { bytes: 1 },
  BoolStorage: { bytes: 1 },
};

/** PyTorch itself goes to 64, no layer beyond 5. */
const MAX_RANK = 8;

/** A view of a storage as the pickle describes it, checked. */
interface View {
  readonly storage: PyPersistent;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/**
 * Record of `("storage", class, key, device, count)`.
 *
 * @throws {Error} whose message says what does not fit
 */
export function storageFromId(id: PickleValue): PyPersistent {
  const [kind, type, key, , count] = Array.isArray(id) && id.length === 5 ? id : [];
  if (kind !== "storage" || !(type instanceof PyGlobal) || typeof key !== "string" || !isSize(count)) {
    throw new Error("a persistent id that describes no tensor storage");
  }
  return new PyPersistent(key, type, count);
}

function isSize(value: PickleValue | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isSizes(value: PickleValue | undefined): value is number[] {
  return Array.isArray(value) && value.length <= MAX_RANK && value.every(isSize);
}

/** The call of `_rebuild_tensor_v2` inside parameters and subclasses of Tensor. */
function tensorCall(value: PickleValue): PyObject | undefined {
  let call = value;
  // Wrappers wrap once or twice; a record that contains itself ends here.
  for (let depth = 0; depth < 4 && call instanceof PyObject; depth++) {
    switch (String(call.callable)) {
      case "torch._utils._rebuild_tensor":
      case "torch._utils._rebuild_tensor_v2":
      case "torch._utils._rebuild_tensor_v3":
        return call;
      case "torch._utils._rebuild_parameter":
      case "torch._utils._rebuild_parameter_with_state":
        call = call.args.at(0) ?? null;
        break;
      case "torch._tensor._rebuild_from_type_v2": {
        const [inner, , args] = call.args;
        if (!(inner instanceof PyGlobal) || !Array.isArray(args)) return undefined;
        call = new PyObject(inner, args);
        break;
      }
      default:
        return undefined;
    }
  }
  return undefined;
}

/** Whether a value of the pickle describes a tensor. */
export function isTensor(value: PickleValue): boolean {
  return tensorCall(value) !== undefined;
}

/** Reads tensors out of one archive. */
export class TensorStore {
  readonly #archive: ZipArchive;
  readonly #folder: string;
  readonly #file: string | undefined;
  /** Storages read so far: each is checked against its checksum once. */
  readonly #storages = new Map<string, Uint8Array>();
  /** Values that may still be read: views may share a storage, but not so that a small file fills the memory. */
  #budget: number;

  /** @param folder path of the archive's own folder, with a slash at its end */
  constructor(archive: ZipArchive, folder: string, file?: string) {
    this.#archive = archive;
    this.#folder = folder;
    this.#file = file;
    this.#budget = archive.totalSize;
  }

  /**
   * Values of a tensor record, row-major.
   *
   * @param at name of the tensor, for messages
   * @returns nothing for a tensor of integers
   * @throws {FoveaError} `invalid_checkpoint` if it is no tensor, of an unknown type, or reaches out of its storage
   */
  read(value: PickleValue, at: string): WeightTensor | undefined {
    const view = this.#view(value, at);
    const type = this.#type(view.storage, at);
    const { floats } = type;
    if (!floats) return undefined;
    const count = valueCount(view.shape);
    const span = count === 0 ? 0 : 1 + view.shape.reduce((sum, size, i) => sum + (size - 1) * view.strides[i], 0);
    if (view.offset + span > view.storage.count || count > view.storage.count) {
      throw this.#fail(
        at,
        `${shapeText(view.shape)} values with strides ${shapeText(view.strides)} from ${view.offset} reach out of their storage of ${view.storage.count}`,
      );
    }
    this.#budget -= Math.max(span, count);
    if (this.#budget < 0) throw this.#fail(at, "its tensors hold more values than the file; forged");

    const bytes = this.#storage(view.storage, type, at);
    const start = view.offset * type.bytes;
    // `slice` aligns; the archive's own data need not be.
    const values = floats(bytes.slice(start, start + span * type.bytes).buffer);
    return { shape: view.shape, data: isContiguous(view) ? values : gather(values, view, count) };
  }

  #fail(at: string, message: string): FoveaError {
    return new FoveaError("invalid_checkpoint", message, { file: this.#file, at });
  }

  #view(value: PickleValue, at: string): View {
    const call = tensorCall(value);
    if (!call) throw this.#fail(at, "is no tensor");
    const [storage, offset, shape, strides] = call.args;
    if (call.callable.name === "_rebuild_tensor_v3") {
      throw this.#fail(
        at,
        "has a number type other than float64, float32, float16 and bfloat16; save the model as float32",
      );
    }
    if (!(storage instanceof PyPersistent) || !isSize(offset) || !isSizes(shape) || !isSizes(strides)) {
      throw this.#fail(at, "its storage, offset, sizes or strides are none");
    }
    if (shape.length !== strides.length) {
      throw this.#fail(at, `${shape.length} sizes but ${strides.length} strides`);
    }
    return { storage, offset, shape: [...shape], strides };
  }

  #type(storage: PyPersistent, at: string): StorageType {
    const { module, name } = storage.type;
    const known = (module === "torch" || module === "torch.cuda") && Object.hasOwn(STORAGES, name);
    if (!known) throw this.#fail(at, `its storage is a ${storage.type}, which is not read; save the model as float32`);
    return STORAGES[name];
  }

  #storage(storage: PyPersistent, type: StorageType, at: string): Uint8Array {
    const known = this.#storages.get(storage.key);
    const bytes = known ?? this.#archive.read(`${this.#folder}data/${storage.key}`);
    if (bytes.length !== storage.count * type.bytes) {
      throw this.#fail(at, `its storage holds ${bytes.length} bytes, ${storage.count * type.bytes} expected`);
    }
    this.#storages.set(storage.key, bytes);
    return bytes;
  }
}

function isContiguous({ shape, strides }: View): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis];
  }
  return true;
}

/** Values in row-major order of a view with any strides, such as channels-last. */
function gather(values: Float32Array, { shape, strides }: View, count: number): Float32Array {
  const out = new Float32Array(count);
  const index = new Array<number>(shape.length).fill(0);
  let from = 0;
  for (let i = 0; i < count; i++) {
    out[i] = values[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return out;
}
