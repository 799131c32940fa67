/**
 * @file One round trip: a CT series goes to the built service, what it finds goes to a PACS, and all of it is laid out to be looked at.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { StudyDetail } from "@fovea/core/contract/study";
import { openStore } from "@fovea/node/store/open-store";
import { verifyAudit } from "@fovea/node/store/verify-audit";
import { type ArrivedObject, arrivedObjects } from "./arrived-objects";
import { type RunningService, startService } from "./running-service";
import { spotDetector } from "./spot-detector";
import { type SpotSeries, spotSeries } from "./spot-series";

/** A loaded machine takes long. */
export const PATIENCE_MS = 240_000;
const LOOK_AGAIN_MS = 200;

const RULES = `version: spots-1
report_above: 0.5
class_names: {zh: {nodule: 结节}}
rules:
  - when: {confidence: {above: 0.75}}
    category: {zh: 高度可疑, en: highly suspicious}
    suggestion: {zh: 建议活检, en: biopsy suggested}
  - category: {zh: 可疑, en: suspicious}
    suggestion: {zh: 建议3个月后复查, en: review in three months suggested}
`;

export interface Journey {
  /** Of the series; each trip its own. */
  readonly number: number;
  readonly folder: string;
  /** Of the destination, in `fovea.yaml`: `dimse` or `dicom_web`. */
  readonly destination: string;
  /** As `fovea.yaml` has it. */
  readonly completeness: string;
  readonly databaseUrl?: string;
  /** By C-STORE to the AE title FOVEA. */
  readonly send: (series: SpotSeries, port: number) => Promise<void>;
  /** All files that the PACS has. */
  readonly arrived: () => Promise<readonly Buffer[]>;
}

export interface Trip {
  readonly series: SpotSeries;
  /** As `GET /studies/:uid` answers. */
  readonly detail: StudyDetail;
  readonly objects: readonly ArrivedObject[];
  /** What the service gives out of one slice, and what it keeps of each, by SOP instance UID. */
  readonly pixels: { readonly sopUid: string; readonly values: Uint8Array };
  readonly kept: ReadonlyMap<string, Uint8Array>;
  /** In the audit log, once the service has ended. */
  readonly sendings: number;
  readonly auditFault?: string;
  readonly exitCode: number | null;
  /** All that the service printed. */
  readonly transcript: string;
}

/** @throws {Error} if it takes longer than `PATIENCE_MS`, with what the record says by then */
export async function travel(journey: Journey): Promise<Trip> {
  const { folder, send, arrived, databaseUrl } = journey;
  const series = spotSeries(journey.number);
  const dataDir = join(folder, "data");
  const service = await startService(folder, settings(journey, dataDir), databaseUrl);
  try {
    await send(series, service.dimsePort);
    const detail = await delivered(service, series.studyUid);
    const [{ sopUid }] = series.slices;
    const values = await service.bytes(`/instances/${sopUid}/frames/0/pixels`);
    const objects = arrivedObjects(await arrived());
    const exitCode = await service.stop();
    const left = await leftBehind({ dataDir, databaseUrl }, series);
    return { series, detail, objects, pixels: { sopUid, values }, exitCode, transcript: service.transcript, ...left };
  } finally {
    await service.stop();
  }
}

function settings({ folder, destination, completeness }: Journey, dataDir: string): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "spots.onnx"), spotDetector());
  writeFileSync(join(folder, "rules.yaml"), RULES);
  return `data_dir: ${dataDir}
models: [{file: spots.onnx, conf: 0.5}]
rules: rules.yaml
completeness: ${completeness}
routing: [{when: {modality: CT, body_part: chest}, model: spots, send_to: [pacs]}]
destinations: [{name: pacs, send: [sr, sc, gsps], ${destination}}]
`;
}

/** The study, once everything about it is over. */
async function delivered(service: RunningService, studyUid: string): Promise<StudyDetail> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const detail = await service.json(`/studies/${studyUid}?lang=zh`).then(
      (answer) => answer as StudyDetail,
      () => undefined,
    );
    const over = detail?.deliveries.every(({ state }) => state === "sent" || state === "failed");
    if (detail && over && detail.study.state !== "receiving" && detail.study.state !== "queued") return detail;
    if (performance.now() > end) throw new Error(`not over in time: ${JSON.stringify(detail)}\n${service.transcript}`);
    await sleep(LOOK_AGAIN_MS);
  }
}

/** What the record holds after the service has let go of it. */
async function leftBehind(
  place: { readonly dataDir: string; readonly databaseUrl?: string },
  { slices }: SpotSeries,
): Promise<Pick<Trip, "kept" | "sendings" | "auditFault">> {
  const store = await openStore(place);
  try {
    const kept = new Map<string, Uint8Array>();
    for (const { sopUid } of slices) {
      const blob = (await store.studies.findInstance(sopUid))?.blob;
      if (blob !== undefined) kept.set(sopUid, await store.blobs.read(blob));
    }
    const { broken } = await verifyAudit(store.database, store.vault);
    const sendings = await store.audit.list({ action: "object.send" });
    return { kept, sendings: sendings.length, ...(broken && { auditFault: broken.reason }) };
  } finally {
    await store.close();
  }
}
