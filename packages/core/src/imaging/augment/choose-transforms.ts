/**
 * @file Which transforms of a list act on one image.
 */
import type { Random } from "../../math/random";
import type { WindowShift } from "../window-jitter";
import { type SimpleTransform, TRANSFORMS, type Transform } from "./transform-table";

/** Entries that act on one image, in their order; of every OneOf its choice. Windows are not among them. */
export function chooseTransforms(list: readonly Transform[], random: Random): readonly SimpleTransform[] {
  const chosen: SimpleTransform[] = [];
  for (const entry of list) {
    if (entry.name === "window_jitter" || !random.chance(entry.p)) continue;
    chosen.push(entry.name === "OneOf" ? oneOf(entry.transforms, random) : entry);
  }
  return chosen;
}

function oneOf(choices: readonly SimpleTransform[], random: Random): SimpleTransform {
  let rest = random.uniform(
    0,
    choices.reduce((sum, { p }) => sum + p, 0),
  );
  for (const choice of choices) {
    rest -= choice.p;
    if (rest < 0) return choice;
  }
  return choices[choices.length - 1];
}

/**
 * How the display window of an image is moved; `undefined` if it is not. Drawn before the image is read, and only if the list
 * asks for it.
 */
export function drawWindowShift(list: readonly Transform[], random: Random): WindowShift | undefined {
  for (const entry of list) {
    if (entry.name !== "window_jitter" || !random.chance(entry.p)) continue;
    return { center: random.uniform(...entry.center_limit), width: random.uniform(...entry.width_limit) };
  }
  return undefined;
}

/** Whether something in the list can act on values beyond the display window, so that bytes are not enough. */
export function wantsValues(list: readonly Transform[]): boolean {
  return list.some((entry) => {
    if (entry.p === 0) return false;
    if (entry.name === "OneOf") return wantsValues(entry.transforms);
    const { stage } = TRANSFORMS[entry.name];
    return stage === "window" || stage === "values";
  });
}
