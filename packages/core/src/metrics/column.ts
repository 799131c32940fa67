/**
 * @file A column of numbers that grows: one flat array, twice as large whenever it is full.
 */

/** Arrays that a column may be. */
export type ColumnArray = Uint8Array | Int32Array | Float32Array;

export class Column<A extends ColumnArray> {
  readonly #make: (length: number) => A;
  #room: A;
  #length = 0;

  /** @param make an array of so many zeros */
  constructor(make: (length: number) => A) {
    this.#make = make;
    this.#room = make(256);
  }

  /** What was added so far. A view: not to be kept beyond the next `add`. */
  get values(): A {
    return this.#room.subarray(0, this.#length) as A;
  }

  add(values: ArrayLike<number>): void {
    const length = this.#length + values.length;
    if (length > this.#room.length) {
      const larger = this.#make(Math.max(length, 2 * this.#room.length));
      larger.set(this.values);
      this.#room = larger;
    }
    this.#room.set(values, this.#length);
    this.#length = length;
  }
}
