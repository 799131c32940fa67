/**
 * @file The report of a series that went before: a reader of both must be able to tell which one is newer (PS3.3 C.17.2.2).
 */
import type { ReportReference } from "@fovea/core/dicom/objects/result-source";
import { FoveaError } from "@fovea/core/errors";
import { readFileHeader } from "../pacs/part10";
import type { BlobStore } from "../store/blob-store";
import type { Deliveries } from "../store/deliveries";
import type { SeriesRecord } from "../store/studies";
import { readInstanceHead } from "./instance-head";
import { isProven } from "./patience";

/** Newest first; none where its file is gone. @throws what may pass: a report must not lose the one before it by chance */
export async function earlierReports(
  { studyUid, seriesUid }: Pick<SeriesRecord, "studyUid" | "seriesUid">,
  { deliveries, blobs }: { readonly deliveries: Pick<Deliveries, "ofStudy">; readonly blobs: Pick<BlobStore, "read"> },
): Promise<readonly ReportReference[]> {
  const planned = (await deliveries.ofStudy(studyUid))
    .filter((one) => one.kind === "sr" && one.seriesUid === seriesUid)
    .sort((a, b) => b.plannedAt.getTime() - a.plannedAt.getTime());
  const files = new Map(planned.map(({ objectSopUid, blob }) => [objectSopUid, blob]));
  const found = await Promise.all([...files.values()].map((blob) => referenceOf(blob, blobs)));
  return found.filter((one) => one !== undefined);
}

async function referenceOf(blob: string, blobs: Pick<BlobStore, "read">): Promise<ReportReference | undefined> {
  try {
    const bytes = await blobs.read(blob);
    const header = readFileHeader(bytes, true);
    if (header === undefined) return undefined;
    const { studyUid, seriesUid, sopUid } = readInstanceHead(bytes.subarray(header.dataSetStart), header).instance;
    return { studyUid, seriesUid, sopUid, sopClassUid: header.sopClassUid };
  } catch (error) {
    if (isProven(error) || (error instanceof FoveaError && error.code === "file_not_found")) return undefined;
    throw error;
  }
}
