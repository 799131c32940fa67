/**
 * @file Networks in the published form: rows `[from, repeats, module, arguments]`, channels and repeats not yet scaled.
 *
 * Rows are numbered over backbone and head together, from 0. `from` is a row's number, or below 0 a distance back
 * (-1: the row before; in row 0 the image).
 */

/** Factor on repeats, factor on channels, and the most channels before that factor. */
export type Scale = readonly [depth: number, width: number, maxChannels: number];

export type PublishedRow = readonly [
  from: number | readonly number[],
  repeats: number,
  module: string,
  args: readonly unknown[],
];

export interface PublishedNetwork {
  /** Sizes by letter; without them channels and repeats are taken as they are written. */
  readonly scales?: Readonly<Record<string, Scale>>;
  readonly backbone: readonly PublishedRow[];
  readonly head: readonly PublishedRow[];
}
