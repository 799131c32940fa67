/**
 * @file The head of an object that comes in piece by piece: gathered until it says what the object is.
 *
 * Most heads say it within the first bytes, which are not kept then. Private elements before the size may be long: they are
 * gathered too, up to a limit, if they are not many.
 */
import { holdsMoreElements } from "@fovea/core/dicom/element-count";
import { type FileMeta, type ReadHead, type ReadHeadOptions, readHeadSoFar, readInstanceHead } from "./instance-head";

/** It is looked at when so many bytes of the data set are here, and at its end. Never more than the last of them are kept. */
const LOOKS: readonly number[] = [16 * 1024, 2 ** 20, 4 * 2 ** 20, 16 * 2 ** 20];
const MOST = LOOKS[LOOKS.length - 1];
/** A longer head is for long elements, not for many: each costs the parser some hundred bytes. */
const [LONG, MOST_ELEMENTS] = [2 ** 20, 2 ** 17];

const IMPLICIT_LITTLE = "1.2.840.10008.1.2";
const EXPLICIT_BIG = "1.2.840.10008.1.2.2";

export class IncomingHead {
  readonly #meta: FileMeta;
  readonly #options: ReadHeadOptions;
  #pieces: Uint8Array[] = [];
  /** Gathered. */
  #bytes = 0;
  #looks = 0;
  #isCut = false;
  #read: ReadHead | undefined;

  constructor(meta: FileMeta, options: ReadHeadOptions = {}) {
    this.#meta = meta;
    this.#options = options;
  }

  /** What it says, once that is known. */
  get read(): ReadHead | undefined {
    return this.#read;
  }

  /** @param piece of the data set; its memory may be used again afterwards */
  take(piece: Uint8Array): void {
    if (this.#read !== undefined || this.#isCut) return;
    const part = piece.subarray(0, MOST - this.#bytes);
    this.#isCut = part.length < piece.length;
    this.#pieces.push(part);
    this.#bytes += part.length;
    if (this.#bytes >= LOOKS[this.#looks]) this.#look();
    if (this.#read !== undefined) this.drop();
    else if (this.#pieces.at(-1) === part) this.#pieces[this.#pieces.length - 1] = new Uint8Array(part);
  }

  #look(): void {
    while (this.#bytes >= LOOKS[this.#looks]) this.#looks++;
    this.#read = readHeadSoFar(this.#bounded(), this.#meta, this.#options);
  }

  /**
   * What it says, after the last byte.
   *
   * @throws {FoveaError} as `readInstanceHead`
   */
  end(): ReadHead {
    if (this.#read !== undefined) return this.#read;
    const head = this.#bounded();
    return readInstanceHead(head, this.#meta, { ...this.#options, isCut: this.#isCut });
  }

  /** Lets go of what it has gathered: nobody will ask. */
  drop(): void {
    this.#pieces = [];
  }

  /** What was gathered; its beginning, and nothing more from then on, if it holds too many elements. */
  #bounded(): Uint8Array {
    const head = this.#pieces.length === 1 ? this.#pieces[0] : Buffer.concat(this.#pieces);
    if (head.length <= LONG) return head;
    const uid = this.#meta.transferSyntaxUid;
    const encoding = { explicit: uid !== IMPLICIT_LITTLE, bigEndian: uid === EXPLICIT_BIG };
    if (!holdsMoreElements(MOST_ELEMENTS, head, 0, encoding)) return head;
    const begin = new Uint8Array(head.subarray(0, LONG));
    this.#pieces = [begin];
    this.#isCut = true;
    return begin;
  }
}
