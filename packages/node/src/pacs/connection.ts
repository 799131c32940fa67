/**
 * @file A socket, read by asking for bytes and written by waiting for room: what is not asked for stays with the sender.
 *
 * Chunks are views on what the socket received; nothing is copied but what spans two of them.
 */
import type { Socket } from "node:net";
import { ConnectionLost, PeerTooSlow } from "./protocol-fault";

/** Bytes that may wait to be asked for; then the socket is not read any more, and TCP holds the sender back. */
const HIGH_WATER = 256 * 1024;

export class Connection {
  readonly #socket: Socket;
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #lost?: ConnectionLost;
  #wake?: () => void;
  #budgetMs = Number.POSITIVE_INFINITY;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("error", (error: NodeJS.ErrnoException) => this.#lose(`the connection broke (${error.code ?? "error"})`));
    socket.on("end", () => this.#lose("the peer closed the connection"));
    socket.on("close", () => this.#lose("the connection is closed"));
  }

  /** Bytes received and not asked for yet. */
  get waiting(): number {
    return this.#size;
  }

  get isLost(): boolean {
    return this.#lost !== undefined;
  }

  /** From now on all reading together may wait this long for the peer; time between reads does not count. */
  allow(ms: number): void {
    this.#budgetMs = ms;
  }

  /** Until there is a byte to read. @throws {ConnectionLost} @throws {PeerTooSlow} */
  async readable(): Promise<void> {
    while (this.#size === 0) await this.#more();
  }

  /** The next `count` bytes. @throws {ConnectionLost} @throws {PeerTooSlow} */
  async exactly(count: number): Promise<Buffer> {
    while (this.#size < count) await this.#more();
    const first = this.#chunks[0];
    if (first !== undefined && first.length >= count) return this.#cut(count);
    const parts: Buffer[] = [];
    for (let left = count; left > 0; ) {
      const part = this.#cut(left);
      parts.push(part);
      left -= part.length;
    }
    return Buffer.concat(parts, count);
  }

  /** At least one byte and at most `count`, as they came. @throws {ConnectionLost} @throws {PeerTooSlow} */
  async some(count: number): Promise<Buffer> {
    while (this.#size === 0) await this.#more();
    return this.#cut(count);
  }

  /**
   * Writes all parts and waits until the socket has room again.
   *
   * @throws {ConnectionLost}
   * @throws {PeerTooSlow} if there is no room for `timeoutMs`
   */
  async write(parts: readonly Uint8Array[], timeoutMs = 60_000): Promise<void> {
    if (this.#lost || !this.#socket.writable) throw this.#lost ?? new ConnectionLost("the connection is closed");
    let room = true;
    if (parts.length > 1) this.#socket.cork();
    for (const part of parts) room = this.#socket.write(part);
    if (parts.length > 1) this.#socket.uncork();
    if (!room) await this.#drained(timeoutMs);
  }

  /** Says no more, lets the peer read what was said, then destroys; what still comes in is thrown away. */
  close(graceMs = 2000): void {
    this.#chunks.length = 0;
    this.#size = 0;
    this.#lose("the connection was closed here");
    if (this.#socket.destroyed) return;
    this.#socket.end();
    this.#socket.resume();
    const timer = setTimeout(() => this.#socket.destroy(), graceMs);
    this.#socket.once("close", () => clearTimeout(timer));
  }

  destroy(): void {
    this.#lose("the connection was closed here");
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    if (this.#lost) return;
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size >= HIGH_WATER) this.#socket.pause();
    this.#wake?.();
  }

  #lose(why: string): void {
    this.#lost ??= new ConnectionLost(why);
    this.#wake?.();
  }

  #cut(count: number): Buffer {
    const first = this.#chunks[0];
    let part = first;
    if (first.length > count) {
      part = first.subarray(0, count);
      this.#chunks[0] = first.subarray(count);
    } else this.#chunks.shift();
    const before = this.#size;
    this.#size -= part.length;
    if (before >= HIGH_WATER && this.#size < HIGH_WATER && !this.#lost) this.#socket.resume();
    return part;
  }

  /** Waits for one more chunk. */
  #more(): Promise<void> {
    if (this.#lost) return Promise.reject(this.#lost);
    const started = performance.now();
    return new Promise((resolve, reject) => {
      const finish = (error?: Error) => {
        clearTimeout(timer);
        this.#wake = undefined;
        this.#budgetMs -= performance.now() - started;
        if (error) reject(error);
        else resolve();
      };
      const limit = Math.min(Math.max(this.#budgetMs, 0), 2 ** 31 - 1);
      const timer = setTimeout(() => finish(new PeerTooSlow("the peer was silent for too long")), limit);
      // What came before the end is still read.
      this.#wake = () => finish(this.#size > 0 ? undefined : this.#lost);
    });
  }

  #drained(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (error?: Error) => {
        clearTimeout(timer);
        this.#socket.off("drain", drained);
        this.#socket.off("close", closed);
        if (error) reject(error);
        else resolve();
      };
      const drained = () => finish();
      const closed = () => finish(new ConnectionLost("the connection was closed while we wrote"));
      const timer = setTimeout(() => finish(new PeerTooSlow("the peer does not read what we write")), timeoutMs);
      this.#socket.once("drain", drained);
      this.#socket.once("close", closed);
    });
  }
}
