/**
 * @file Where an attribute of one frame stands (PS3.3 C.7.6.16.1.1).
 *
 * Enhanced multi-frame objects keep window, rescale and spacing in macros, once for each frame or once for all; classic
 * objects keep them at the top.
 */
import type { Keyword } from "./attribute";
import type { DataSet } from "./data-set";

/** The item of `macro` for a frame counted from 0: the frame's own, else the shared one, else the data set itself. */
export function frameItem(dataSet: DataSet, frame: number, macro: Keyword): DataSet {
  const own = dataSet.items("PerFrameFunctionalGroupsSequence").at(frame)?.items(macro).at(0);
  return own ?? dataSet.items("SharedFunctionalGroupsSequence").at(0)?.items(macro).at(0) ?? dataSet;
}
