import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { sentInstance, seriesUid, sopUid, studyUid } from "../../test/service/sent-instance";
import { fileHeader, readFileHeader } from "../pacs/part10";
import type { IdentityPair } from "../store/identity-map";
import { type ArrivalDeidentifier, openArrivalDeidentifier } from "./deidentify-arrival";
import { readInstanceHead } from "./instance-head";

const folder = mkdtempSync(join(tmpdir(), "fovea-arrival-"));
const opened: ArrivalDeidentifier[] = [];
afterAll(async () => {
  for (const one of opened) await one.close();
  rmSync(folder, { recursive: true });
});

async function open(options = {}) {
  const pairs: IdentityPair[] = [];
  const keep = async (more: readonly IdentityPair[]) => void pairs.push(...more);
  const arrival = await openArrivalDeidentifier(join(folder, "keys", "pseudonyms.key"), { keep }, options);
  opened.push(arrival);
  return { arrival, pairs };
}

function fileOf(n: number, options = {}): Buffer {
  const { incoming, dataSet } = sentInstance(n, options);
  return Buffer.concat([fileHeader(incoming), dataSet]);
}

function headOf(file: Uint8Array) {
  const header = readFileHeader(file, true);
  if (header === undefined) throw new Error("no header");
  return readInstanceHead(file.subarray(header.dataSetStart), header).instance;
}

test("takes out who it is, moves dates, keeps what analysis needs, and says who it was to the identity map alone", async () => {
  const { arrival, pairs } = await open();
  const bytes = await arrival.deidentify(fileOf(1));
  const text = Buffer.from(bytes).toString("latin1");
  for (const secret of ["Curie", "P-4711", sopUid(1), seriesUid(), "20261126"]) expect(text).not.toContain(secret);
  const head = headOf(bytes);
  expect(head).toMatchObject({ rows: 8, columns: 8, modality: "CT", instanceNumber: 1 });
  expect(pairs).toContainEqual({ kind: "patient_id", newValue: head.patient.PatientID, original: "P-4711" });
  expect(pairs).toContainEqual({ kind: "study_uid", newValue: head.studyUid, original: studyUid() });
  expect(pairs).toContainEqual({ kind: "sop_uid", newValue: head.sopUid, original: sopUid(1) });
});

test("tells the identity map a name without a declared character set as the default one has it", async () => {
  const { arrival, pairs } = await open({ defaultCharacterSet: "GB18030" });
  // 王^小.
  await arrival.deidentify(fileOf(1, { extra: [[0x00100010, "PN", Uint8Array.of(0xcd, 0xf5, 0x5e, 0xd0, 0xa1)]] }));
  expect(pairs.find(({ kind }) => kind === "patient_name")?.original).toBe("王^小");
});

test("gives the same patient, study and object the same new identity after a restart, from a key for its owner alone", async () => {
  const [first, second] = [await open(), await open()];
  const [one, other] = [await first.arrival.deidentify(fileOf(1)), await second.arrival.deidentify(fileOf(1))];
  expect(Buffer.from(other)).toEqual(Buffer.from(one));
  const next = headOf(await second.arrival.deidentify(fileOf(2)));
  expect([next.studyUid, next.patient.PatientID]).toEqual([headOf(one).studyUid, headOf(one).patient.PatientID]);
  expect(statSync(join(folder, "keys", "pseudonyms.key")).mode & 0o077).toBe(0);
});

test("refuses an object that says that text is burned into its pixels", async () => {
  const { arrival } = await open();
  const burned = fileOf(1, { extra: [[0x00280301, "CS", "YES"]] });
  await expect(arrival.deidentify(burned)).rejects.toMatchObject({ code: "unsupported_dicom" });
});
