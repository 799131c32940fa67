/**
 * @file Memory that is given back at once: what comes in at hundreds of megabytes a second must not wait for the garbage collector,
 * which else goes through the whole heap each time some 16 MB of buffers have come together.
 */
import { MessageChannel } from "node:worker_threads";

/** Smaller ones are cheap, or parts of memory that others use (`Buffer.poolSize`). */
const WORTH_BYTES = 16 * 1024;

/** Nobody listens: what is sent here is taken from the sender, and freed. */
const nowhere = new MessageChannel().port1;
nowhere.close();

/**
 * Frees the memory under a view that nobody uses any more, nor any other view on it. Does nothing unless the view ends where its
 * memory ends: of several that divide it, handed over in order, the last one frees all.
 *
 * @param view has no bytes afterwards
 */
export function giveBack({ buffer, byteOffset, byteLength }: Uint8Array): void {
  if (buffer.byteLength < WORTH_BYTES || byteOffset + byteLength !== buffer.byteLength) return;
  if (buffer instanceof ArrayBuffer) nowhere.postMessage(undefined, [buffer]);
}
