/**
 * @file What is wrong with a record after faults: looked at from outside, once nothing runs any more.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Row } from "../../src/store/database";
import { MARKER } from "../../src/store/file-folder";
import { openStore, type Store, type StoreConfig } from "../../src/store/open-store";
import { verifyAudit } from "../../src/store/verify-audit";
import { dataSetOf } from "../pacs/memory-sink";

export interface Expectation {
  /** Data sets of what was acknowledged, by SOP instance UID. */
  readonly acknowledged: ReadonlyMap<string, Uint8Array>;
  /** How often each object was stored, by SOP instance UID, by destination. Each gets an SR, an SC and a GSPS of every series. */
  readonly arrived: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Images that cannot be analysed. @default none */
  readonly poisoned?: ReadonlySet<string>;
}

/** What was looked at, and what is wrong: nothing, if all is as it should be. */
export interface Verdict {
  /** In the record. */
  readonly images: number;
  readonly series: number;
  readonly deliveries: number;
  readonly auditEntries: number;
  readonly faults: readonly string[];
}

/** Opens the record of a service with `brightDetector`, which nobody else may have open if it is embedded. */
export async function verdictOf(place: StoreConfig, expectation: Expectation): Promise<Verdict> {
  const store = await openStore(place);
  try {
    const [{ n: deliveries }] = await store.database.query<{ n: number }>("SELECT count(*) AS n FROM delivery");
    const series = await store.database.query<{ series_uid: string; state: string; reason: string | null }>(
      "SELECT series_uid, state, reason FROM series",
    );
    const open = await store.database.query<{ study_uid: string; state: string }>(
      "SELECT study_uid, state FROM study WHERE state <> 'analysed'",
    );
    const audit = await verifyAudit(store.database, store.vault);
    const images = await store.database.query<KeptImage>(IMAGES);
    const faults = [
      ...(await imageFaults(store, images, expectation)),
      ...series
        .filter(({ state }) => state !== "analysed")
        .map(({ series_uid, state, reason }) => `series ${series_uid} is ${state}: ${reason}`),
      ...open.map(({ study_uid, state }) => `study ${study_uid} is ${state}`),
      ...(await deliveryFaults(store, expectation)),
      ...(audit.broken === undefined ? [] : [`audit log: entry ${audit.broken.seq}: ${audit.broken.reason}`]),
      ...(await fileFaults(store, place.dataDir)),
    ];
    return { images: images.length, series: series.length, deliveries, auditEntries: audit.entries, faults };
  } finally {
    await store.close();
  }
}

interface KeptImage extends Row {
  readonly sop_uid: string;
  readonly blob: string | null;
  readonly rows: number;
  readonly columns: number;
  readonly analyses: number;
  readonly failed: number;
  readonly boxes: readonly (readonly [x1: number, y1: number, x2: number, y2: number])[];
}

const IMAGES = `SELECT sop_uid, blob, rows, columns,
    (SELECT count(*) FROM analysis WHERE analysis.sop_uid = instance.sop_uid) AS analyses,
    (SELECT count(*) FROM analysis WHERE analysis.sop_uid = instance.sop_uid AND state = 'failed') AS failed,
    (SELECT coalesce(jsonb_agg(jsonb_build_array(x1, y1, x2, y2)), '[]') FROM finding WHERE finding.sop_uid = instance.sop_uid) AS boxes
  FROM instance`;

/** Of a square image: the detector reports the box (24, 24, 40, 40) of 64 x 64 px, whatever the image shows. */
const [FROM, TO] = [24 / 64, 40 / 64];

async function imageFaults(
  { blobs }: Store,
  images: readonly KeptImage[],
  { acknowledged, poisoned = new Set() }: Expectation,
): Promise<string[]> {
  const faults: string[] = [];
  const known = new Map(images.map((image) => [image.sop_uid, image]));
  for (const [sopUid, dataSet] of acknowledged) {
    const blob = known.get(sopUid)?.blob;
    if (blob == null) {
      faults.push(`image ${sopUid} was acknowledged, and is not in the record`);
      continue;
    }
    const kept = await blobs.read(blob).catch(() => undefined);
    if (kept === undefined) faults.push(`image ${sopUid}: its file cannot be read`);
    else if (!dataSetOf(kept).equals(dataSet)) faults.push(`image ${sopUid}: its bytes are others`);
  }
  for (const { sop_uid, analyses, failed, boxes, rows, columns } of images) {
    const isPoisoned = poisoned.has(sop_uid);
    if (analyses !== 1) faults.push(`image ${sop_uid} was analysed ${analyses} times`);
    if (failed !== (isPoisoned ? 1 : 0)) faults.push(`image ${sop_uid}: ${failed} failed analyses`);
    if (boxes.length !== (isPoisoned ? 0 : 1)) faults.push(`image ${sop_uid} has ${boxes.length} findings`);
    const expected = [FROM * columns, FROM * rows, TO * columns, TO * rows];
    const isElsewhere = boxes.some((box) => box.some((at, i) => Math.abs(at - expected[i]) > 0.01));
    if (isElsewhere) faults.push(`image ${sop_uid}: a finding at ${boxes.join("; ")}, expected ${expected}`);
  }
  return faults;
}

interface PlannedDelivery extends Row {
  readonly series_uid: string;
  readonly kind: string;
  readonly object_sop_uid: string;
  readonly state: string;
  readonly attempts: number;
  readonly reason: string | null;
}

async function deliveryFaults({ database, blobs }: Store, { arrived }: Expectation): Promise<string[]> {
  const faults: string[] = [];
  const series = await database.query<{ series_uid: string }>("SELECT series_uid FROM series");
  for (const { blob } of await database.query<{ blob: string }>("SELECT DISTINCT blob FROM delivery")) {
    await blobs.read(blob).catch(() => faults.push(`the file ${blob} of a delivery cannot be read`));
  }
  for (const [destination, objects] of arrived) {
    const rows = await database.query<PlannedDelivery>(
      "SELECT series_uid, kind, object_sop_uid, state, attempts, reason FROM delivery WHERE destination = $1",
      [destination],
    );
    for (const { series_uid } of series) {
      for (const kind of ["sr", "sc", "gsps"]) {
        if (!rows.some((row) => row.series_uid === series_uid && row.kind === kind))
          faults.push(`no ${kind} of series ${series_uid} for ${destination}`);
      }
    }
    for (const { object_sop_uid, kind, state, attempts, reason } of rows) {
      const how = `after ${attempts} attempts: ${reason}`;
      if (state !== "sent") faults.push(`${kind} ${object_sop_uid} for ${destination} is ${state} ${how}`);
      if (!objects.has(object_sop_uid)) faults.push(`${kind} ${object_sop_uid} did not arrive at ${destination}`);
    }
    const planned = new Set(rows.map(({ object_sop_uid }) => object_sop_uid));
    for (const [sopUid, count] of objects) {
      if (count !== 1) faults.push(`${sopUid} was stored ${count} times at ${destination}`);
      if (!planned.has(sopUid)) faults.push(`${sopUid} arrived at ${destination}, and was never planned`);
    }
  }
  return faults;
}

/** Files that nobody waits for. */
async function fileFaults({ database }: Store, dataDir: string): Promise<string[]> {
  const folder = join(dataDir, "files");
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  const rows = await database.query<{ blob: string }>(
    `SELECT blob FROM instance WHERE blob IS NOT NULL UNION SELECT blob FROM held_instance
     UNION SELECT blob FROM delivery UNION SELECT blob FROM blob_removal`,
  );
  const named = new Set([MARKER, ...rows.map(({ blob }) => blob)]);
  return files.filter((file) => !named.has(file)).map((file) => `the file ${file} belongs to nobody`);
}
