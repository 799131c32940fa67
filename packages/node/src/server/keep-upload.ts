/**
 * @file An uploaded image and what was found in it, kept in the record as a study of its own.
 *
 * Its UIDs follow from its bytes: the same file is one study however often it comes, and no upload can slip an image into a study
 * that came from a PACS. Nothing of it is sent anywhere.
 */
import { createHash } from "node:crypto";
import { hasDicomPrefix } from "@fovea/core/dicom/data-set";
import { uidFromSha256 } from "@fovea/core/dicom/uid";
import { rulesVersion } from "@fovea/core/rules/judge";
import type { ServiceConfig } from "../config/service-config";
import { imageFormat } from "../imaging/image-format";
import type { ImageAnalysis } from "../inference/inference-pool";
import { readFileHeader } from "../pacs/part10";
import { type InstanceHead, type ReadHeadOptions, readInstanceHead } from "../pipeline/instance-head";
import { cancelRemoval, hastenRemoval, writeBooked } from "../store/booked-blob";
import type { Sql } from "../store/database";
import type { JudgedFinding, ReceivedInstance } from "../store/record";
import type { AppParts } from "./app-parts";
import { readFrames, unreadFrames } from "./detection-answer";

/** Whether an image that came so is kept. Where arrival takes identifiers out, files that have some are not. */
export function keeps(
  { http, deidentifyOnArrival }: Pick<ServiceConfig, "http" | "deidentifyOnArrival">,
  action: "image.analyse" | "image.detect",
  bytes: Uint8Array,
): boolean {
  if (http.keepUploads === "none" || (http.keepUploads === "detect" && action !== "image.detect")) return false;
  return !(deidentifyOnArrival && hasDicomPrefix(bytes));
}

export interface AnalysedUpload {
  readonly bytes: Uint8Array;
  readonly actor: string;
  readonly analysis: ImageAnalysis;
  readonly findings: readonly JudgedFinding[];
  /** Confidence below which findings were left out. */
  readonly threshold: number;
}

/** Identifiers of an image in the record. */
interface KeptUpload {
  readonly studyUid: string;
  readonly sopUid: string;
}

/** @returns its study, and its own identifier */
export async function keepUpload(
  parts: Pick<AppParts, "store" | "rules" | "config">,
  upload: AnalysedUpload,
): Promise<KeptUpload> {
  const { studies } = parts.store;
  const here = await studies.findInstance(uidOf("instance", upload.analysis.inputSha256));
  try {
    return await keep(parts, upload, here?.blob);
  } catch (error) {
    if (!(error instanceof FileGone)) throw error;
    return keep(parts, upload, undefined);
  }
}

/** Retention deleted the image, and its file, since we looked. */
class FileGone extends Error {
  override readonly name = "FileGone";
}

/** @param there its file, if it has one. @throws {FileGone} if that is no more */
async function keep(
  { store, rules, config }: Pick<AppParts, "store" | "rules" | "config">,
  { bytes, analysis, findings, threshold }: AnalysedUpload,
  there: string | undefined,
): Promise<KeptUpload> {
  const { model, inferenceMs } = analysis;
  // A new file is named by nobody yet: `nameFile` does, in the transaction that keeps the rest.
  const blob = there ?? (await writeBooked(store, "images", bytes));
  const instance = instanceOf(bytes, analysis, blob, config);
  const { studyUid, seriesUid, sopUid } = instance;
  const kept = { modelId: model.modelId, inferenceMs, threshold, rulesVersion: rules && rulesVersion(rules) };
  await store.models.makeKnown(model);
  await store.database.transaction(async (sql) => {
    const [outcome] = await store.studies.acceptIn(sql, [instance]);
    await beginDays(sql, studyUid);
    if (there === undefined) await nameFile(sql, { sopUid, blob, isNew: outcome === "new" });
    else if (outcome === "new" || !(await hasFile(sql, sopUid))) throw new FileGone();
    const unread = analysis.images.filter(({ error }) => error !== undefined).length;
    const seen = analysis.images.flatMap(({ findings: all, frame = 0 }) => all.map((one) => ({ ...one, frame })));
    // Of a file that was read better before, the record says what was found then.
    if (await store.analyses.renew({ sopUid, ...kept, unreadFrames: unread, outcome: { findings } }, seen, sql)) {
      const reason = unreadFrames(analysis.images);
      await store.studies.setSeriesState(seriesUid, { state: "analysed", reason, modelId: model.modelId }, sql);
    }
    await store.studies.complete({ studyUid, lastReceivedAt: new Date(Date.now() + CLOCKS_APART_MS) }, sql);
    await store.studies.settleState(studyUid, sql);
  });
  return { studyUid, sopUid };
}

/** Retention counts from now on, and keeps away from the study until the transaction ends. @throws {FileGone} if it was faster */
async function beginDays(sql: Sql, studyUid: string): Promise<void> {
  const studies = await sql.query(
    "UPDATE study SET last_received_at = clock_timestamp() WHERE study_uid = $1 RETURNING 1",
    [studyUid],
  );
  if (studies.length === 0) throw new FileGone();
}

async function hasFile(sql: Sql, sopUid: string): Promise<boolean> {
  const rows = await sql.query("SELECT 1 FROM instance WHERE sop_uid = $1 AND blob IS NOT NULL", [sopUid]);
  return rows.length > 0;
}

/** The database's clock may be ahead of ours by so much. */
const CLOCKS_APART_MS = 3_600_000;

/** One file is an image's: of requests with the same bytes at one time the first keeps its own, that of the others goes. */
async function nameFile(
  sql: Sql,
  { sopUid, blob, isNew }: { readonly sopUid: string; readonly blob: string; readonly isNew: boolean },
): Promise<void> {
  const named =
    isNew ||
    // Of an image that is here: retention has deleted its file, or another request was faster.
    (await sql.query("UPDATE instance SET blob = $2 WHERE sop_uid = $1 AND blob IS NULL RETURNING 1", [sopUid, blob]))
      .length > 0;
  if (named) await cancelRemoval(sql, [blob]);
  else await hastenRemoval(sql, blob);
}

function uidOf(level: "study" | "series" | "instance", inputSha256: string): string {
  return uidFromSha256(createHash("sha256").update(`upload ${level} ${inputSha256}`).digest("hex"));
}

function instanceOf(
  bytes: Uint8Array,
  analysis: ImageAnalysis,
  blob: string,
  options: ReadHeadOptions,
): ReceivedInstance {
  const { inputSha256, images, modality } = analysis;
  const [{ width, height }] = readFrames(analysis);
  return {
    patient: {},
    ...headOf(bytes, options),
    studyUid: uidOf("study", inputSha256),
    seriesUid: uidOf("series", inputSha256),
    sopUid: uidOf("instance", inputSha256),
    mediaType: mediaTypeOf(bytes),
    origin: "upload",
    ...(modality && { modality }),
    frames: images.length,
    rows: height,
    columns: width,
    bytes: bytes.length,
    sha256: inputSha256,
    blob,
  };
}

/** What a DICOM file says of patient and study; nothing where it cannot be told. */
function headOf(bytes: Uint8Array, options: ReadHeadOptions): Partial<InstanceHead> {
  if (!hasDicomPrefix(bytes)) return {};
  try {
    const header = readFileHeader(bytes, true);
    return header === undefined ? {} : readInstanceHead(bytes.subarray(header.dataSetStart), header, options).instance;
  } catch {
    return {};
  }
}

function mediaTypeOf(bytes: Uint8Array): string {
  const format = imageFormat(bytes);
  return format === undefined ? "application/dicom" : `image/${format.toLowerCase()}`;
}
