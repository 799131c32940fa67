/**
 * @file A batch from end to end: folders in; a table, a text report and a picture of each file, and statistics out.
 *
 * A journal holds what became of each file, so that a run that was ended at any moment goes on where it stood. Memory holds
 * the list of files and where the journal's lines stand; everything else passes through.
 */
import { basename, join, resolve } from "node:path";
import { FoveaError } from "@fovea/core/errors";
import type { Language } from "@fovea/core/language";
import type { BatchStatistics } from "@fovea/core/report/batch-statistics";
import type { ReportVersions } from "@fovea/core/report/judged-image";
import { type ClassNames, mergedClassNames } from "@fovea/core/rules/class-names";
import { rulesVersion } from "@fovea/core/rules/judge";
import type { RuleSet } from "@fovea/core/rules/rule-set";
import { ruleWarnings, unknownClasses } from "@fovea/core/rules/rule-warnings";
import { Journal } from "../data/journal";
import { readClassNamesFile, readRuleFile } from "../data/rule-file";
import { modelFileVersion } from "../model/model-file-version";
import type { DetectorFile } from "../model/open-detector";
import type { LanePlan } from "../predict/lanes";
import { type PredictionOptions, preparePrediction } from "../predict/prepare-prediction";
import { type AnalyseEvents, analyseBatch, type OpenBatch } from "./analyse-batch";
import {
  BATCH_FILES,
  type BatchSource,
  isDone,
  listBatch,
  lockBatchFolder,
  makeBatchFolder,
  removeFormerBatch,
} from "./batch-files";
import type { BatchLine } from "./batch-outcome";
import { writeBatchResults } from "./batch-results";
import { batchSettings, refuseOtherSettings } from "./batch-settings";

export interface BatchOptions extends PredictionOptions {
  /** Files, folders with all below them, patterns, lists. */
  readonly inputs: readonly string[];
  /** Folder of results, made if it is not there. */
  readonly out: string;
  /** Path of the rule file. @default no categories and suggestions */
  readonly rules?: string;
  /** Path of a table of class names; counts before that of the rule file. @default none */
  readonly classNames?: string;
  /** Of reports and pictures. @default "zh" */
  readonly language?: Language;
  /** Draw each image's findings. @default true */
  readonly pictures?: boolean;
  /** Write a page that shows the first 500 images. @default true */
  readonly page?: boolean;
  /** Take a former batch's results out of the folder and begin anew. @default false */
  readonly restart?: boolean;
}

/** What a run tells while it goes. */
export interface BatchEvents extends AnalyseEvents {
  /** Once everything is open. */
  onStart?(start: BatchStart): void;
}

export interface BatchStart {
  readonly model: DetectorFile;
  readonly versions: ReportVersions;
  readonly files: number;
  /** Files that a former run has done. */
  readonly doneBefore: number;
  readonly imgsz: number;
  /** Absent where nothing is left to do. */
  readonly plan?: LanePlan;
  /** What is odd about rules and names. */
  readonly warnings: readonly string[];
}

export interface BatchResult {
  readonly statistics: BatchStatistics;
  /** Files that an early end left out. */
  readonly left: number;
}

/**
 * Finds lesions in all images of the inputs and writes what a department reads. A file that cannot be read is said in its
 * place, and the others go on. Files that a former run with the same settings has done are left alone.
 *
 * @throws {FoveaError} if an input does not exist or holds no image, the model or the rules do not open, another run writes to
 * the folder (`busy`), it holds a batch with other settings (`invalid_argument`), or results cannot be written
 */
export async function runBatch(options: BatchOptions, events: BatchEvents = {}): Promise<BatchResult> {
  const { batch, prepared, settings, lock } = await openBatch(options);
  const { sources, journal, versions, rules, language, classNames } = batch;
  const { out, page = true, pictures = true, inputs } = options;
  const { names } = prepared.model.signature;
  try {
    const todo: BatchSource[] = [];
    for (const source of sources) if (!(await isDone(source, journal, out))) todo.push(source);
    const start = {
      ...{ model: prepared.model, versions, imgsz: prepared.imgsz, files: sources.length },
      doneBefore: sources.length - todo.length,
      warnings: warningsOf(rules, classNames, names),
    };
    let reached = 0;
    if (todo.length > 0) {
      const labels = classNames[language];
      const drawing = { sideBySide: false, drawAbove: rules?.reportAbove, labels };
      const { crew, plan } = await prepared.open(todo.length, { picturesIn: pictures ? out : undefined, ...drawing });
      try {
        events.onStart?.({ ...start, plan });
        const shouldStop = () => lock.isLost || (events.shouldStop?.() ?? false);
        reached = await analyseBatch(batch, crew, todo, { ...events, shouldStop });
      } finally {
        await crew.close();
      }
    } else events.onStart?.(start);
    if (lock.isLost) throw takenOver(out);
    const subject = inputs.map((input) => basename(resolve(input))).join(", ");
    const shown = { out, page, subject, settings, classes: names, language, classNames };
    return {
      statistics: await writeBatchResults(sources, journal, { ...shown, ...versions }),
      left: todo.length - reached,
    };
  } finally {
    await journal.close();
    lock.release();
  }
}

/** This process stood still for so long that another run took it for dead. */
function takenOver(out: string): FoveaError {
  const message = "another batch has taken this folder over, as this one stood still; that one goes on with it";
  return new FoveaError("busy", message, { file: out });
}

async function openBatch(options: BatchOptions) {
  const { inputs, out, language = "zh", pictures = true, restart = false, window, maxDetections = 300 } = options;
  const sources = await listBatch(inputs, out);
  const rules = options.rules === undefined ? undefined : await readRuleFile(options.rules);
  const table = options.classNames === undefined ? undefined : await readClassNamesFile(options.classNames);
  const classNames = mergedClassNames(rules?.classNames, table);
  const prepared = await preparePrediction({ ...options, maxDetections });
  const version = await modelFileVersion(options.model);
  const parts = { inputs, prepared, version, rules, classNames, language, pictures, window, maxDetections };
  const settings = batchSettings(parts);
  await makeBatchFolder(out, pictures);
  const lock = await lockBatchFolder(out);
  let journal: Journal<BatchLine>;
  try {
    if (restart) await removeFormerBatch(out);
    journal = await Journal.open<BatchLine>(join(out, BATCH_FILES.journal), settings, {
      onOtherSettings: (former) => refuseOtherSettings(out, former, settings),
    });
  } catch (error) {
    lock.release();
    throw error;
  }
  const versions = {
    modelVersion: version.modelId,
    ...(rules && { rulesVersion: rulesVersion(rules), reportAbove: rules.reportAbove }),
  };
  const batch: OpenBatch = { out, sources, rules, classNames, language, versions, journal };
  return { batch, prepared, settings, lock };
}

function warningsOf(rules: RuleSet | undefined, classNames: ClassNames, classes: readonly string[]): readonly string[] {
  return [...(rules ? ruleWarnings(rules) : []), ...unknownClasses({ rules: rules?.rules, classNames }, classes)];
}
