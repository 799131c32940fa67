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
  readonly images: number;
  readonly series: number;
  readonly deliveries: number;
  readonly auditEntries: number;
  readonly faults: readonly string[];
}

/** Opens the record, which nobody else may have open if it is embedded. */
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
    const faults = [
      ...(await imageFaults(store, expectation)),
      ...series
        .filter(({ state }) => state !== "analysed")
        .map(({ series_uid, state, reason }) => `series ${series_uid} is ${state}: ${reason}`),
      ...open.map(({ study_uid, state }) => `study ${study_uid} is ${state}`),
      ...(await deliveryFaults(store, expectation)),
      ...(audit.broken === undefined ? [] : [`audit log: entry ${audit.broken.seq}: ${audit.broken.reason}`]),
      ...(await fileFaults(store, place.dataDir)),
    ];
    const images = expectation.acknowledged.size;
    return { images, series: series.length, deliveries, auditEntries: audit.entries, faults };
  } finally {
    await store.close();
  }
}

async function imageFaults(
  { database, blobs }: Store,
  { acknowledged, poisoned = new Set() }: Expectation,
): Promise<string[]> {
  const faults: string[] = [];
  const rows = await database.query<{ sop_uid: string; blob: string | null; analyses: number; failed: number }>(
    `SELECT sop_uid, blob, (SELECT count(*) FROM analysis WHERE analysis.sop_uid = instance.sop_uid) AS analyses,
       (SELECT count(*) FROM analysis WHERE analysis.sop_uid = instance.sop_uid AND state = 'failed') AS failed FROM instance`,
  );
  const known = new Map(rows.map((row) => [row.sop_uid, row]));
  for (const [sopUid, dataSet] of acknowledged) {
    const row = known.get(sopUid);
    if (row?.blob == null) {
      faults.push(`image ${sopUid} was acknowledged, and is not in the record`);
      continue;
    }
    const kept = await blobs.read(row.blob).catch(() => undefined);
    if (kept === undefined) faults.push(`image ${sopUid}: its file cannot be read`);
    else if (!dataSetOf(kept).equals(dataSet)) faults.push(`image ${sopUid}: its bytes are others`);
    if (row.analyses !== 1) faults.push(`image ${sopUid} was analysed ${row.analyses} times`);
    if (row.failed !== (poisoned.has(sopUid) ? 1 : 0)) faults.push(`image ${sopUid}: ${row.failed} failed analyses`);
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

async function deliveryFaults({ database }: Store, { arrived }: Expectation): Promise<string[]> {
  const faults: string[] = [];
  const series = await database.query<{ series_uid: string }>("SELECT series_uid FROM series");
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

/** Files that nobody waits for, and rows without a file. */
async function fileFaults({ database }: Store, dataDir: string): Promise<string[]> {
  const folder = join(dataDir, "files");
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  const rows = await database.query<{ blob: string }>(
    `SELECT blob FROM instance WHERE blob IS NOT NULL UNION SELECT blob FROM delivery UNION SELECT blob FROM blob_removal`,
  );
  const named = new Set([MARKER, ...rows.map(({ blob }) => blob)]);
  return files.filter((file) => !named.has(file)).map((file) => `the file ${file} belongs to nobody`);
}
