/**
 * @file What the results of a batch depend on. Plain data: the first line of its journal, by which a later run knows whether
 * it may go on there.
 */
import { resolve } from "node:path";
import type { Window } from "@fovea/core/dicom/window";
import { ArgumentError } from "@fovea/core/errors";
import type { Language } from "@fovea/core/language";
import type { ClassNames } from "@fovea/core/rules/class-names";
import { rulesVersion } from "@fovea/core/rules/judge";
import type { RuleSet } from "@fovea/core/rules/rule-set";
import type { ModelFileVersion } from "../model/model-file-version";
import type { PreparedPrediction } from "../predict/prepare-prediction";
import { VERSION } from "../version";

export interface BatchSettings {
  /** Of this program. */
  readonly program: string;
  /** Absolute paths, where the user gave some. */
  readonly inputs: readonly string[];
  readonly model: string;
  readonly modelSha256: string;
  readonly conf: number;
  readonly iou: number;
  readonly imgsz: number;
  /** `version@first 12 digits`; null without rules. */
  readonly rules: string | null;
  readonly classNames: ClassNames;
  readonly language: Language;
  readonly pictures: boolean;
  readonly window: Window | null;
  readonly maxDetections: number;
}

export interface SettingsParts {
  readonly inputs: readonly string[];
  readonly prepared: PreparedPrediction;
  readonly version: ModelFileVersion;
  readonly rules?: RuleSet;
  readonly classNames: ClassNames;
  readonly language: Language;
  readonly pictures: boolean;
  readonly window?: Window;
  readonly maxDetections: number;
}

export function batchSettings(parts: SettingsParts): BatchSettings {
  const { inputs, prepared, version, rules, classNames, language, pictures, window, maxDetections } = parts;
  const { conf, iou, imgsz } = prepared;
  return {
    program: VERSION,
    inputs: inputs.map((input) => resolve(input)),
    model: version.modelId,
    modelSha256: version.sha256,
    ...{ conf, iou, imgsz },
    rules: rules === undefined ? null : rulesVersion(rules),
    ...{ classNames, language, pictures, window: window ?? null, maxDetections },
  };
}

/** What a user calls a setting. */
const NAMES: Readonly<Record<keyof BatchSettings, string>> = {
  program: "version of fovea",
  inputs: "input",
  model: "--model",
  modelSha256: "--model",
  conf: "--conf",
  iou: "--iou",
  imgsz: "--imgsz",
  rules: "--rules",
  classNames: "--class-names",
  language: "--lang",
  pictures: "--pictures",
  window: "--window",
  maxDetections: "--max-det",
};

/** @throws {ArgumentError} that says what the run in `folder` had instead */
export function refuseOtherSettings(folder: string, former: unknown, now: BatchSettings): never {
  const was = (typeof former === "object" && former !== null ? former : {}) as Partial<
    Record<keyof BatchSettings, unknown>
  >;
  const keys = (Object.keys(NAMES) as (keyof BatchSettings)[]).filter((key) => shown(was[key]) !== shown(now[key]));
  const told = new Map(keys.map((key) => [NAMES[key], `${NAMES[key]} was ${shown(was[key])}, now ${shown(now[key])}`]));
  const which = told.size === 0 ? "of an older form" : [...told.values()].join("; ");
  throw new ArgumentError(
    `holds a batch with other settings (${which}); give those, another --out, or --restart to begin anew`,
    { file: folder },
  );
}

function shown(value: unknown): string {
  const text =
    value === undefined || value === null ? "none" : typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
