/**
 * @file Windows by name, and how a user writes which windows are wanted.
 *
 * Centres and widths in Hounsfield units as radiologists use them: lung, soft tissue, bone, brain, liver, subdural, temporal
 * bone and spine after the article "Windowing (CT)" of Radiopaedia (rID-52108); stroke after Lev et al., "Acute Stroke:
 * Improved Nonenhanced CT Detection", Radiology 213 (1999); angio as CT angiographies are commonly shown. Other books differ
 * by some tens of units.
 */
import { ArgumentError } from "../errors";
import { nearestName } from "../math/nearest-name";
import { leastWidth, type VoiLutFunction, type Window } from "./window";

/** Centre and width, Hounsfield units. */
export const WINDOW_PRESETS = {
  lung: [-600, 1500],
  mediastinum: [50, 350],
  bone: [400, 1800],
  brain: [40, 80],
  stroke: [32, 8],
  subdural: [75, 215],
  "temporal-bone": [600, 2800],
  "soft-tissue": [40, 400],
  abdomen: [50, 400],
  liver: [30, 150],
  spine: [50, 250],
  angio: [300, 600],
} as const satisfies Readonly<Record<string, readonly [center: number, width: number]>>;

export type PresetName = keyof typeof WINDOW_PRESETS;

/** One window, as it was asked for. */
export type WindowChoice =
  /** The file's own window or VOI LUT; where it has none, one that fits the values. */
  | { readonly kind: "auto" }
  /** From one percentile of the frame's values to another: `tail` of 1 is all but 1 % at either end. */
  | { readonly kind: "percentile"; readonly tail: number }
  /** The same for every file. `name` of a preset, whose units are Hounsfield's. */
  | { readonly kind: "window"; readonly window: Window; readonly name?: PresetName };

/** Per cent left out at either end under `percentile`: what `auto` leaves out where a file names no window. */
const USUAL_TAIL = 0.5;

const FUNCTIONS: readonly string[] = ["LINEAR", "LINEAR_EXACT", "SIGMOID"] satisfies readonly VoiLutFunction[];

/** What may be written, for help and errors. */
const WINDOW_WORDS = `auto, percentile, ${Object.keys(WINDOW_PRESETS).join(", ")}, or centre and width as -600,1500`;

/**
 * One window: `auto`, the name of a preset, `percentile`, `percentile:1`, `40,400` or `40,400,SIGMOID`.
 *
 * @throws {ArgumentError} if it is none of these
 */
export function parseWindow(text: string): WindowChoice {
  const word = text.trim().toLowerCase();
  if (word === "auto") return { kind: "auto" };
  if (Object.hasOwn(WINDOW_PRESETS, word)) return preset(word as PresetName);
  if (/^percentile(:|$)/.test(word)) return percentile(word);
  if (/^[a-z]/.test(word)) throw unknown(word);
  const [center, width, third, ...rest] = text.split(",").map((part) => part.trim());
  const voiLutFunction = (third ?? "LINEAR").toUpperCase() as VoiLutFunction;
  const window = { center: asNumber(center), width: asNumber(width), voiLutFunction };
  const isKnown = FUNCTIONS.includes(voiLutFunction) && rest.length === 0;
  if (!isKnown || !Number.isFinite(window.center) || !(window.width >= leastWidth(window))) {
    throw new ArgumentError(`window ${JSON.stringify(text)}; wanted ${WINDOW_WORDS}`);
  }
  return { kind: "window", window };
}

/**
 * Windows joined by `+`, `lung+mediastinum+bone`: one channel each.
 *
 * @throws {ArgumentError} if one of them is none
 */
export function parseWindows(text: string): WindowChoice[] {
  // A plus sign that begins a number joins nothing.
  return text.split(/(?<=\w)\+/).map(parseWindow);
}

function preset(name: PresetName): WindowChoice {
  const [center, width] = WINDOW_PRESETS[name];
  return { kind: "window", name, window: { center, width } };
}

function percentile(word: string): WindowChoice {
  const [, tail] = word.split(":");
  const value = tail === undefined ? USUAL_TAIL : asNumber(tail);
  if (!(value >= 0 && value < 50)) {
    throw new ArgumentError(`window ${word}; wanted per cent left out at either end, from 0 to 50, as percentile:1`);
  }
  return { kind: "percentile", tail: value };
}

function asNumber(text: string | undefined): number {
  return text === undefined || text.trim() === "" ? Number.NaN : Number(text);
}

function unknown(word: string): ArgumentError {
  const near = nearestName(word, ["auto", "percentile", ...Object.keys(WINDOW_PRESETS)]);
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  return new ArgumentError(`no window is called ${word}${hint}; there are ${WINDOW_WORDS}`);
}
