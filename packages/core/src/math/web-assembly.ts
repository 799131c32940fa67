/**
 * @file WebAssembly modules that compute in a memory of ours.
 */

/** What browsers and Node offer alike, of which core's type check knows neither. */
declare const WebAssembly: {
  Memory: new (size: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
};
declare const atob: (text: string) => string;

const PAGE = 65536;

/** A module, running. */
export interface Loaded<Exports> {
  readonly buffer: ArrayBuffer;
  readonly exports: Exports;
}

/** The memory's size in bytes, rounded up to what WebAssembly gives. */
export const memorySize = (bytes: number) => Math.ceil(bytes / PAGE) * PAGE;

/**
 * Loads a module that imports its memory, of `bytes` or a little more.
 *
 * @param module base64
 * @throws {RangeError} if there is no such room, or more than 4 GiB are asked for
 */
export function loadKernel<Exports>(module: string, bytes: number): Loaded<Exports> {
  const pages = memorySize(bytes) / PAGE;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const code = Uint8Array.from(atob(module), (letter) => letter.charCodeAt(0));
  const instance = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } });
  return { buffer: memory.buffer, exports: instance.exports as Exports };
}
