/**
 * @file A limit to the memory of WebAssembly modules, which no limit of Node's threads reaches.
 */

/** What Node has, and the type check does not know. */
declare const WebAssembly: {
  Memory: { prototype: { grow(pages: number): number; readonly buffer: ArrayBuffer } };
};
type Memory = typeof WebAssembly.Memory.prototype;

/** A page of WebAssembly memory, bytes. */
const PAGE = 65536;

/**
 * Lets no memory of WebAssembly in this thread grow beyond `bytes`; what asks for more is told that there is none, which
 * the codecs answer with an error.
 */
export function limitGrowth(bytes: number): void {
  const { grow } = WebAssembly.Memory.prototype;
  WebAssembly.Memory.prototype.grow = function growWithinLimit(this: Memory, pages: number): number {
    if (this.buffer.byteLength + pages * PAGE > bytes) {
      throw new RangeError(`${pages} pages more than ${this.buffer.byteLength} bytes; the limit is ${bytes}`);
    }
    return grow.call(this, pages);
  };
}
