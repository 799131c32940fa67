/**
 * @file State of the pickle machine: program, stack, memo, and the bounds on each.
 */
import { getTextEncoding } from "@bufbuild/protobuf/wire";
import { FoveaError } from "../../errors";
import { type PickleValue, PyGlobal, type PyPersistent } from "./pickle-value";

export interface PickleOptions {
  /** Whether the program may name this global; one that it may not ends the reading. */
  readonly allow: (module: string, name: string) => boolean;
  /** Makes the record of a persistent id; throws a message if the id does not fit. */
  readonly persistent?: (id: PickleValue) => PyPersistent;
  /** Path for messages. */
  readonly file?: string;
  /** Name of the pickle inside the file, for messages. */
  readonly entry?: string;
  /** Opcodes, and values copied into containers; a checkpoint of YOLO12n takes 74 thousand. @default 1_000_000 */
  readonly maxSteps?: number;
}

/** Integers of more bytes than this stand in no checkpoint, and turning them into a bigint is slow. */
const MAX_INTEGER_BYTES = 256;

/** One reading of one pickle. Opcodes work on it. */
export class PickleMachine {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #options: PickleOptions;
  #at = 0;
  #steps = 0;
  #stack: PickleValue[] = [];
  /** Stacks put aside by MARK. */
  readonly #marked: PickleValue[][] = [];
  readonly #memo = new Map<number, PickleValue>();

  constructor(bytes: Uint8Array, options: PickleOptions) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#options = options;
  }

  /** Counts `steps` of work. */
  spend(steps: number): void {
    const { maxSteps = 1_000_000 } = this.#options;
    this.#steps += steps;
    if (this.#steps > maxSteps) throw this.fail(`takes more than ${maxSteps} steps; no checkpoint is that long`);
  }

  /** The one value left when the program stops. */
  finish(): PickleValue {
    const value = this.pop();
    if (this.#stack.length > 0 || this.#marked.length > 0) throw this.fail("values are left over at its end");
    if (this.#at !== this.#bytes.length) throw this.fail("bytes follow its end");
    return value;
  }

  fail(message: string): FoveaError {
    const { file, entry = "pickle" } = this.#options;
    return new FoveaError("invalid_checkpoint", message, { file, at: `${entry}, byte ${this.#at}` });
  }

  /** The next `length` bytes, a view. */
  bytes(length: number): Uint8Array {
    if (!(length <= this.#bytes.length - this.#at)) {
      throw this.fail(`cut off: ${length} bytes wanted, ${this.#bytes.length - this.#at} left`);
    }
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  #skip(length: number): number {
    this.bytes(length);
    return this.#at - length;
  }

  u8(): number {
    return this.#view.getUint8(this.#skip(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#skip(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#skip(4), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#skip(4), true);
  }

  /** Lengths only: exact up to 2^53, larger than any file beyond. */
  u64(): number {
    const low = this.u32();
    return low + this.u32() * 2 ** 32;
  }

  /** Big-endian, as BINFLOAT has it. */
  f64(): number {
    return this.#view.getFloat64(this.#skip(8), false);
  }

  text(length: number): string {
    return getTextEncoding().decodeUtf8(this.bytes(length));
  }

  /** Text up to the next line feed. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) throw this.fail("cut off inside a name");
    const text = this.text(end - this.#at);
    this.#at++;
    return text;
  }

  /** Two's complement, little-endian; a bigint only where a number is not exact. */
  integer(length: number): number | bigint {
    if (length > MAX_INTEGER_BYTES) throw this.fail(`an integer of ${length} bytes belongs to no checkpoint`);
    const bytes = this.bytes(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
    value = BigInt.asIntN(8 * length, value);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }

  push(value: PickleValue): void {
    this.#stack.push(value);
  }

  pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined) throw this.fail("takes a value from an empty stack");
    return value;
  }

  top(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined) throw this.fail("reads a value from an empty stack");
    return value;
  }

  mark(): void {
    this.#marked.push(this.#stack);
    this.#stack = [];
  }

  /** Everything above the last mark, which goes. */
  popMark(): PickleValue[] {
    const below = this.#marked.pop();
    if (!below) throw this.fail("goes back to a mark that was never set");
    const items = this.#stack;
    this.#stack = below;
    return items;
  }

  /** POP: the top value, or the mark if that is on top. */
  discard(): void {
    if (this.#stack.length > 0) this.#stack.pop();
    else this.popMark();
  }

  memoize(index: number = this.#memo.size): void {
    this.#memo.set(index, this.top());
  }

  recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw this.fail(`recalls memo ${index}, which was never stored`);
    this.push(value);
  }

  global(module: PickleValue, name: PickleValue): void {
    if (typeof module !== "string" || typeof name !== "string")
      throw this.fail("names a global by something else than text");
    if (!this.#options.allow(module, name)) {
      const global = JSON.stringify(`${module}.${name}`.slice(0, 200));
      const message = `names the Python global ${global}, which no checkpoint of a detector needs; the file may be hostile, nothing of it was run`;
      throw this.fail(message);
    }
    this.push(new PyGlobal(module, name));
  }

  persistent(id: PickleValue): void {
    const { persistent } = this.#options;
    if (!persistent) throw this.fail("refers to data outside itself");
    try {
      this.push(persistent(id));
    } catch (cause) {
      throw this.fail(cause instanceof Error ? cause.message : String(cause));
    }
  }
}
