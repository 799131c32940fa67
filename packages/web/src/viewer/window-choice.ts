/**
 * @file Windows to choose from, and what they are in the values that the renderer has.
 */
import type { FrameValues, InstanceImage } from "@fovea/core/contract/image";
import { automaticWindow, leastWidth, type Window } from "@fovea/core/dicom/window";
import { WINDOW_PRESETS } from "@fovea/core/dicom/window-preset";
import type { DisplayValues } from "./display-values";

/** Presets in Hounsfield units, for CT alone: no other modality has them. */
const CT_PRESETS = ["lung", "mediastinum", "soft-tissue", "bone", "brain"] as const;
export type WindowName = "file" | "automatic" | (typeof CT_PRESETS)[number];

/** A window with the key that chooses it, `1` to `7`: the same window has the same key everywhere. */
export interface WindowChoice {
  readonly name: WindowName;
  readonly digit: number;
  /** What the file calls its own. */
  readonly explanation?: string;
}

/** How many values of a frame the automatic window looks at, at most. */
const SAMPLES = 1 << 20;

export function windowChoices(
  { modality, photometric_interpretation }: InstanceImage,
  values: FrameValues,
): WindowChoice[] {
  if (photometric_interpretation === "RGB") return [];
  const own = values.windows.at(0);
  return [
    ...(own ? [{ name: "file" as const, digit: 1, ...(own.explanation && { explanation: own.explanation }) }] : []),
    { name: "automatic", digit: 2 },
    ...(modality === "CT" ? CT_PRESETS.map((name, index) => ({ name, digit: 3 + index })) : []),
  ];
}

/** The window of that name, in modality values; undefined where the file has none of its own. */
export function windowOf(
  name: WindowName,
  image: InstanceImage,
  values: FrameValues,
  display: DisplayValues,
): Window | undefined {
  if (name === "file") {
    const own = values.windows.at(0);
    return own && { center: own.center, width: own.width, voiLutFunction: image.voi_lut_function };
  }
  if (name === "automatic") return fitting(image, display);
  const [center, width] = WINDOW_PRESETS[name];
  return { center, width };
}

/** A window, and which of the choices it is; undefined where it is none. */
export interface ChosenWindow {
  readonly window: Window;
  readonly windowName: WindowName | undefined;
}

/**
 * How a frame is shown at first, as core/dicom/display chooses: the file's window, else all of 8 bits, else one that fits.
 */
export function initialWindow(image: InstanceImage, values: FrameValues, display: DisplayValues): ChosenWindow {
  const own = windowOf("file", image, values, display);
  if (own && own.width >= leastWidth(own)) return { window: own, windowName: "file" };
  if (image.bits_stored > 8 || image.signed) return { window: fitting(image, display), windowName: "automatic" };
  const top = 2 ** image.bits_stored - 1;
  const center = display.slope * (top / 2) + display.intercept;
  const width = Math.abs(display.slope) * top;
  return { window: { center, width, voiLutFunction: "LINEAR_EXACT" }, windowName: undefined };
}

/** Percentiles of a sample of the frame: of a mammogram every twentieth value tells the same as all. */
function fitting({ pixel_padding: padding, bits_allocated }: InstanceImage, display: DisplayValues): Window {
  const { pixels, slope, intercept } = display;
  const step = Math.ceil(pixels.length / SAMPLES);
  const sample = new Float32Array(Math.ceil(pixels.length / step));
  for (let i = 0; i < sample.length; i++) sample[i] = pixels[i * step];
  const excluded = padding && bits_allocated <= 16 ? { padding } : {};
  const { center, width } = automaticWindow(sample, excluded);
  return { center: slope * center + intercept, width: Math.abs(slope) * width, voiLutFunction: "LINEAR_EXACT" };
}

/** Values shown black and white. */
export interface ValueRange {
  readonly lower: number;
  readonly upper: number;
}

/**
 * Ends of a window in the renderer's values (PS3.3 C.11.2.1.2.1), and whether they change places: a falling rescale.
 *
 * SIGMOID is shown as the straight line that touches it in the middle.
 */
export function rangeOf(
  { center, width, voiLutFunction = "LINEAR" }: Window,
  { slope, intercept }: Pick<DisplayValues, "slope" | "intercept">,
): ValueRange & { readonly falls: boolean } {
  const [c, w] = voiLutFunction === "LINEAR" ? [center - 0.5, Math.max(width - 1, 1e-6)] : [center, width];
  const ends = [c - w / 2, c + w / 2].map((value) => (value - intercept) / slope);
  return { lower: Math.min(...ends), upper: Math.max(...ends), falls: slope < 0 };
}

/** A window after a drag by CSS pixels: wider to the right, brighter upwards, in proportion to its width. */
export function dragged(window: Window, dx: number, dy: number): Window {
  const width = Math.max(leastWidth(window), window.width * Math.exp(dx / 250), 1e-3);
  return { ...window, width, center: window.center + (dy * window.width) / 500 };
}
