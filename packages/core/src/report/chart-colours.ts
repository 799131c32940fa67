/**
 * @file Colours that charts share, on white paper.
 */

/** Text and axes. */
export const INK = "#22252b";
/** Text beside it. */
export const SOFT = "#5b6b7a";
export const GRID = "#e3e5e9";
