/**
 * @file The two languages that readers are spoken to in.
 */

/** A sentence or a name, in both. */
export interface Bilingual {
  readonly zh: string;
  readonly en: string;
}

export type Language = keyof Bilingual;
