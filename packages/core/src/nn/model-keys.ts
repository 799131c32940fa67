/**
 * @file The keys of a model YAML beside its rows: size, number of classes, and what is not supported.
 */
import { FoveaError } from "../errors";
import type { PublishedNetwork, Scale } from "./published";
import { isCount, isGiven, isMapping, type Mapping, show } from "./yaml-value";

/** Takes one sentence for the user. */
export type Warn = (message: string) => void;

/** Key of the size that older files give by `depth_multiple` and `width_multiple`. */
const NO_LETTER = "";

/** Largest factor on repeats or channels; the published ones end at 1.5. */
const LARGEST_FACTOR = 16;

/** @throws {FoveaError} `invalid_model` on a key that asks for another kind of network */
export function refuseUnsupported(value: Mapping, file: string | undefined): void {
  const refuse = (at: string, message: string) => {
    throw new FoveaError("invalid_model", message, { file, at });
  };
  const { activation, task, reg_max: regMax } = value;
  if (isGiven(value.kpt_shape)) refuse("kpt_shape", "key points (pose) are not supported: Detect and Segment are");
  if (isGiven(task) && task !== "detect" && task !== "segment") {
    refuse("task", `${show(task)} is not supported, expected detect or segment`);
  }
  if (isGiven(value.anchors)) refuse("anchors", "heads have no anchors here: remove the key, and write Detect, [nc]");
  if (isGiven(activation) && !/^(?:torch\.)?(?:nn\.)?SiLU(?:\([^()]*\))?$/.test(String(activation))) {
    refuse("activation", `${show(activation)} is not supported, expected nn.SiLU(), which is also the default`);
  }
  if (isGiven(regMax) && regMax !== 16) refuse("reg_max", `${show(regMax)} is not supported, expected 16`);
  if (isGiven(value.end2end) && value.end2end !== false) refuse("end2end", "heads without NMS are not supported");
}

/**
 * Sizes by letter; `undefined`, with a warning, if the file gives none.
 *
 * @throws {FoveaError} `invalid_model` on a size that is no list of numbers
 */
export function parseScales(
  value: Mapping,
  file: string | undefined,
  warn: Warn,
): Readonly<Record<string, Scale>> | undefined {
  const place = { file, at: "scales" };
  const { scales } = value;
  if (isGiven(scales)) {
    if (!isMapping(scales) || Object.keys(scales).length === 0) {
      throw new FoveaError("invalid_model", `${show(scales)}, expected sizes, as n: [0.33, 0.25, 1024]`, place);
    }
    return Object.fromEntries(
      Object.entries(scales).map(([letter, scale]) => [letter, parseScale(scale, letter, file)]),
    );
  }
  const depth = parseFactor(value, "depth_multiple", file);
  const width = parseFactor(value, "width_multiple", file);
  if (depth !== undefined || width !== undefined) {
    return { [NO_LETTER]: [depth ?? 1, width ?? 1, Number.POSITIVE_INFINITY] };
  }
  warn("no scales: channels and repeats are taken as they are written");
  return undefined;
}

function parseScale(scale: unknown, letter: string, file: string | undefined): Scale {
  const [depth, width, maxChannels = Number.POSITIVE_INFINITY, ...rest]: unknown[] = Array.isArray(scale) ? scale : [];
  const maximum = typeof maxChannels === "number" && maxChannels > 0;
  if (isFactor(depth) && isFactor(width) && maximum && rest.length === 0) return [depth, width, maxChannels];
  const wanted = "expected [depth, width, max_channels], as [0.33, 0.25, 1024]";
  throw new FoveaError("invalid_model", `${show(scale)}, ${wanted}`, { file, at: `scales: ${letter}` });
}

function parseFactor(value: Mapping, key: string, file: string | undefined): number | undefined {
  const factor = value[key];
  if (!isGiven(factor)) return undefined;
  if (isFactor(factor)) return factor;
  throw new FoveaError("invalid_model", `${show(factor)}, expected a number above 0 and up to ${LARGEST_FACTOR}`, {
    file,
    at: key,
  });
}

function isFactor(value: unknown): value is number {
  return typeof value === "number" && value > 0 && value <= LARGEST_FACTOR;
}

/** @throws {FoveaError} `invalid_model` if the key has a value that is no count */
export function parseCount(value: Mapping, key: string, file: string | undefined): number | undefined {
  const number = value[key];
  if (!isGiven(number)) return undefined;
  if (isCount(number)) return number;
  throw new FoveaError("invalid_model", `${show(number)}, expected a whole number of at least 1`, { file, at: key });
}

export interface SizeHints {
  /** What the caller asks for. */
  readonly asked: string | undefined;
  /** Key `scale`. */
  readonly written: unknown;
  /** Name of the network, `yolov8n-p2`. */
  readonly name: string;
  readonly file: string | undefined;
}

/**
 * The size to take: the caller's, else the key's, else the letter in the file's name, else the first.
 *
 * @throws {FoveaError} `invalid_model` if there is no such size
 */
export function chooseScale(
  scales: Readonly<Record<string, Scale>> | undefined,
  { asked, written, name, file }: SizeHints,
  warn: Warn,
): string | undefined {
  const letters = Object.keys(scales ?? {});
  if (letters.length === 0 || letters[0] === NO_LETTER) {
    if (asked !== undefined) warn(`size ${asked} is ignored: the file has no scales`);
    return letters.at(0);
  }
  const inFile = isGiven(written) && written !== "" ? String(written) : undefined;
  const inName = /yolo(?:e-)?v?\d+([nslmx])(?![a-z])/i.exec(name)?.[1].toLowerCase();
  const chosen = asked ?? inFile;
  if (chosen !== undefined && !letters.includes(chosen)) {
    const message = `size ${show(chosen)} is not among the scales (${letters.join(", ")})`;
    throw new FoveaError("invalid_model", message, { file, at: "scale" });
  }
  if (chosen !== undefined) {
    if (asked === undefined && inName !== undefined && inName !== chosen) {
      warn(`size ${chosen} is taken, as the key scale says, although the file's name says ${inName}`);
    }
    return chosen;
  }
  if (inName !== undefined && letters.includes(inName)) return inName;
  const why = inName === undefined ? "neither scale nor the file's name says a size" : `scales has no size ${inName}`;
  warn(`${why}: the first is taken, ${letters[0]}`);
  return letters[0];
}

/**
 * The number of classes: the caller's, else the number in the head's arguments, else the key's, else 80.
 *
 * @throws {FoveaError} `invalid_model` if `nc` is no number of classes
 */
export function chooseClasses(
  { backbone, head }: PublishedNetwork,
  value: Mapping,
  { asked, file }: { readonly asked: number | undefined; readonly file: string | undefined },
  warn: Warn,
): number {
  const inFile = parseCount(value, "nc", file);
  const last = [...backbone, ...head].at(-1);
  const first = last && /^(?:Detect|Segment)$/.test(last[2]) ? last[3].at(0) : undefined;
  const inHead = isCount(first) ? first : undefined;
  const nc = asked ?? inHead ?? inFile;
  if (nc === undefined) {
    warn("no nc: 80 classes are taken");
    return 80;
  }
  const why = asked === undefined ? `as ${last?.[2]} says` : "as the data have";
  if (inHead !== undefined && inHead !== nc) warn(`${last?.[2]} has ${inHead} classes: ${nc} are taken, ${why}`);
  if (inFile !== undefined && inFile !== nc) warn(`nc is ${inFile}: ${nc} classes are taken, ${why}`);
  return nc;
}
