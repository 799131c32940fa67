/**
 * @file How many elements a data set holds, found by walking over it without making anything of them.
 *
 * A parser makes an object of every element: eight bytes become two hundred, and a small file all of memory. Who reads
 * files of strangers counts first. Encodings are those of PS3.5 section 7.
 */

export interface DataSetEncoding {
  readonly explicit: boolean;
  readonly bigEndian: boolean;
}

const UNDEFINED_LENGTH = 0xffffffff;

/** Value representations with a length of 32 bits (PS3.5 7.1.2). */
const LONG = new Set(["OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"]);

/** Bytes of the smallest element. */
const SMALLEST = 8;

/** An element's head, or an item's or delimiter's. */
interface Head {
  readonly group: number;
  readonly element: number;
  /** Empty where the encoding is implicit. */
  readonly vr: string;
  readonly length: number;
  /** Where the value begins. */
  readonly value: number;
}

/**
 * Whether a data set may hold more than `limit` elements, those in sequences and the items themselves counted too.
 *
 * Where it cannot be followed any further, what is left counts as elements of the smallest size.
 *
 * @param start of the data set in `bytes`
 */
export function holdsMoreElements(limit: number, bytes: Uint8Array, start: number, encoding: DataSetEncoding): boolean {
  const walk = new Walk(bytes, start, encoding);
  for (let count = 0; count <= limit; count++) {
    const outcome = walk.step();
    if (outcome === "end") return false;
    if (outcome === "lost") return count + walk.left / SMALLEST > limit;
  }
  return true;
}

/** Goes from head to head: into sequences and items, over values. */
class Walk {
  readonly #view: DataView;
  readonly #encoding: DataSetEncoding;
  #at: number;
  /** Open sequences of undefined length in an unknown VR, whose content is implicit (PS3.5 6.2.2, note 2). */
  #unknown = 0;

  constructor(bytes: Uint8Array, start: number, encoding: DataSetEncoding) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = start;
    this.#encoding = encoding;
  }

  /** Bytes not walked over yet. */
  get left(): number {
    return Math.max(0, this.#view.byteLength - this.#at);
  }

  step(): "element" | "end" | "lost" {
    if (this.left < SMALLEST) return "end";
    const head = this.#head();
    if (head === undefined) return "lost";
    const { group, element, vr, length, value } = head;
    if (group === 0xfffe) {
      if (element === 0xe0dd && this.#unknown > 0) this.#unknown--;
      this.#at = value;
    } else if (length === UNDEFINED_LENGTH) {
      this.#at = group === 0x7fe0 && element === 0x0010 ? this.#behindFragments(value) : value;
      if (this.#unknown > 0 || vr === "UN") this.#unknown++;
    } else {
      const isSequence = vr === "SQ" || (vr === "" && length >= SMALLEST && this.#isItem(value));
      this.#at = isSequence ? value : value + length;
    }
    return "element";
  }

  #head(): Head | undefined {
    const { explicit, bigEndian } = this.#encoding;
    const at = this.#at;
    const little = !bigEndian;
    const group = this.#view.getUint16(at, little);
    const element = this.#view.getUint16(at + 2, little);
    if (group === 0xfffe || !explicit || this.#unknown > 0) {
      return { group, element, vr: "", length: this.#view.getUint32(at + 4, little), value: at + 8 };
    }
    const vr = String.fromCharCode(this.#view.getUint8(at + 4), this.#view.getUint8(at + 5));
    if (!/^[A-Z]{2}$/.test(vr)) return undefined;
    if (!LONG.has(vr)) return { group, element, vr, length: this.#view.getUint16(at + 6, little), value: at + 8 };
    if (this.left < 12) return undefined;
    return { group, element, vr, length: this.#view.getUint32(at + 8, little), value: at + 12 };
  }

  #isItem(at: number): boolean {
    if (at + SMALLEST > this.#view.byteLength) return false;
    const little = !this.#encoding.bigEndian;
    return this.#view.getUint16(at, little) === 0xfffe && this.#view.getUint16(at + 2, little) === 0xe000;
  }

  /** Compressed frames are items of bytes, up to a delimiter (PS3.5 A.4). */
  #behindFragments(start: number): number {
    let at = start;
    while (this.#isItem(at)) at += SMALLEST + this.#view.getUint32(at + 4, true);
    return at;
  }
}
