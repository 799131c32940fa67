/**
 * @file Against Orthanc, by DIMSE and DICOMweb: what goes out comes back as it was.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { dicomWebPeer } from "@fovea/node/pacs/dicom-web-peer";
import { dimsePeer } from "@fovea/node/pacs/dimse-peer";
import { readFileHeader } from "@fovea/node/pacs/part10";
import type { OutgoingObject } from "@fovea/node/pacs/peer";
import { type Receiver, startReceiver } from "@fovea/node/pacs/receiver";
import { seriesLeft } from "@fovea/node/pipeline/lacking-images";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../../test/shared";
import { type Orthanc, orthancMissing, startOrthanc } from "../orthanc";
import { ctFile, dataSetOf, type MemorySink, memorySink } from "./memory-sink";
import { receiverConfig } from "./receiver-config";

const STUDY = "1.2.826.0.1.3680043.10.1";
let folder: string;
let orthanc: Orthanc;
let receiver: Receiver;
let sink: MemorySink;

const dimse = () =>
  dimsePeer({
    name: "orthanc",
    send: [],
    dimse: { host: "127.0.0.1", port: orthanc.dimsePort, aeTitle: "ORTHANC", callingAe: "FOVEA" },
  });
const web = () => dicomWebPeer({ name: "orthanc", send: [], dicomWeb: { url: orthanc.dicomWebUrl } });

async function collected(objects: AsyncIterable<Readable>): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for await (const one of objects) {
    const file = await buffer(one);
    files.set(readFileHeader(file, true)!.sopUid, file);
  }
  return files;
}

function sharedObject(path: string): OutgoingObject {
  const bytes = readFileSync(sharedPath(`data/dicom/${path}`));
  return { ...readFileHeader(bytes, true)!, bytes };
}

describe.skipIf(orthancMissing !== "")(`Orthanc${orthancMissing && ` (skipped: ${orthancMissing})`}`, () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "fovea-orthanc-"));
    sink = memorySink();
    receiver = await startReceiver({ config: receiverConfig(), sink });
    orthanc = await startOrthanc(folder, receiver.port);
  }, 60_000);
  afterAll(async () => {
    await orthanc?.stop();
    await receiver?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test("answers C-ECHO and QIDO-RS", async () => {
    await dimse().echo();
    await web().echo();
  });

  test("takes objects by C-STORE, finds and counts them by C-FIND, gives them back by C-GET", async () => {
    const objects = await Promise.all([1, 2, 3].map((i) => ctFile(i, { study: 20, series: i === 3 ? 2 : 1 })));
    expect(await dimse().send(objects)).toEqual(objects.map(() => ({ state: "stored" })));
    expect(await dimse().count(`${STUDY}.20`)).toBe(3);
    const [one] = objects;
    expect(await dimse().has({ studyUid: `${STUDY}.20`, seriesUid: `${STUDY}.20.1`, sopUid: one.sopUid })).toBe(true);
    expect(await dimse().has({ studyUid: `${STUDY}.20`, seriesUid: `${STUDY}.20.1`, sopUid: "1.2.3" })).toBe(false);
    const files = await collected(dimse().retrieve({ studyUid: `${STUDY}.20` }));
    expect([...files.keys()].sort()).toEqual(objects.map(({ sopUid }) => sopUid).sort());
    for (const { sopUid, bytes } of objects) expect(dataSetOf(files.get(sopUid)!).equals(dataSetOf(bytes))).toBe(true);
  });

  test("sends to our receiver when told to by C-MOVE", async () => {
    const objects = await Promise.all([1, 2].map((i) => ctFile(i, { study: 21 })));
    await dimse().send(objects);
    expect(await dimse().move({ studyUid: `${STUDY}.21` }, "FOVEA")).toMatchObject({ failed: 0 });
    const got = sink.kept.filter(({ sopUid }) => sopUid.startsWith(`${STUDY}.21.`));
    expect(got.map(({ sopUid }) => sopUid).sort()).toEqual(objects.map(({ sopUid }) => sopUid).sort());
  });

  test("gives, and sends elsewhere, what stands in a list of UIDs", async () => {
    const objects = await Promise.all([1, 2, 3].map((i) => ctFile(i, { study: 26 })));
    await dimse().send(objects);
    const sopUids = objects.slice(1).map(({ sopUid }) => sopUid);
    const wanted = { studyUid: `${STUDY}.26`, seriesUid: `${STUDY}.26.1`, sopUids };
    expect([...(await collected(dimse().retrieve(wanted))).keys()].sort()).toEqual(sopUids);
    expect(await dimse().move(wanted, "FOVEA")).toMatchObject({ completed: 2, failed: 0 });
    const got = sink.kept.filter(({ sopUid }) => sopUid.startsWith(`${STUDY}.26.`));
    expect(got.map(({ sopUid }) => sopUid).sort()).toEqual(sopUids);
  });

  test.each([
    ["C-FIND", dimse],
    ["QIDO-RS", web],
  ])("says by %s which images of a study are left to fetch", async (_, peer) => {
    const objects = await Promise.all([1, 2, 3].map((i) => ctFile(i, { study: 27, series: i === 3 ? 2 : 1 })));
    await dimse().send(objects);
    const here = objects[0].sopUid;
    const filed = async (_: string, listed: readonly string[]) => new Set(listed.filter((one) => one === here));
    const studyUid = `${STUDY}.27`;
    const left = await seriesLeft(peer(), { studyUid }, filed, new AbortController().signal);
    expect(left?.toSorted((a, b) => (a.seriesUid < b.seriesUid ? -1 : 1))).toEqual([
      { studyUid, seriesUid: `${studyUid}.1`, here: 1, lacking: [objects[1].sopUid] },
      { studyUid, seriesUid: `${studyUid}.2`, here: 0, lacking: "all" },
    ]);
  });

  test("takes objects by STOW-RS and gives the same files back by WADO-RS", async () => {
    const objects = await Promise.all([1, 2, 3, 4].map((i) => ctFile(i, { study: 22, size: 300 })));
    expect(await web().send(objects)).toEqual(objects.map(() => ({ state: "stored" })));
    expect(await web().count(`${STUDY}.22`)).toBe(4);
    const one = { studyUid: `${STUDY}.22`, seriesUid: `${STUDY}.22.1`, sopUid: objects[0].sopUid };
    expect(await web().has(one)).toBe(true);
    expect(await web().has({ ...one, sopUid: `${one.sopUid}.9` })).toBe(false);
    expect(await web().has({ studyUid: "1.2.3", seriesUid: "1.2.3.4", sopUid: "1.2.3.4.5" })).toBe(false);
    expect(await web().count("1.2.3")).toBe(0);
    const files = await collected(web().retrieve({ studyUid: one.studyUid }));
    expect(files.size).toBe(4);
    for (const { sopUid, bytes } of objects) expect(files.get(sopUid)!.equals(Buffer.from(bytes))).toBe(true);
    const sopUids = objects.slice(1, 3).map(({ sopUid }) => sopUid);
    const some = await collected(web().retrieve({ ...one, sopUids }));
    expect([...some.keys()]).toEqual(sopUids);
  });

  test("answers queries of all levels with values by keyword", async () => {
    await web().send(await Promise.all([1, 2].map((i) => ctFile(i, { study: 23, series: i }))));
    const found = async (level: "STUDY" | "SERIES" | "IMAGE", query: Record<string, string>) => {
      const answers = [];
      for await (const one of web().find(level, query)) answers.push(one);
      return answers;
    };
    expect(await found("STUDY", { PatientID: "P23", PatientName: "" })).toMatchObject([
      { StudyInstanceUID: `${STUDY}.23`, PatientName: "Test^Case" },
    ]);
    const series = await found("SERIES", { StudyInstanceUID: `${STUDY}.23`, Modality: "CT" });
    expect(series.map((one) => one.SeriesInstanceUID).sort()).toEqual([`${STUDY}.23.1`, `${STUDY}.23.2`]);
    const images = await found("IMAGE", { StudyInstanceUID: `${STUDY}.23`, SeriesInstanceUID: `${STUDY}.23.2` });
    expect(images.map((one) => one.SOPInstanceUID)).toEqual([`${STUDY}.23.2.2`]);
    await expect(found("STUDY", { NoSuchKeyword: "1" })).rejects.toMatchObject({ code: "invalid_argument" });
  });

  test.skipIf(!sharedAvailable)(
    "keeps compressed objects and structured reports as they are, by either way",
    async () => {
      const paths = [
        "robyoung/WG04/JPLL/CT1_JPLL",
        "pydicom/test_files/JPEG2000.dcm",
        "pydicom/test_files/test-SR.dcm",
      ];
      for (const [i, peer] of [dimse(), web()].entries()) {
        for (const path of paths) {
          const object = sharedObject(path);
          await orthanc.empty();
          const [outcome] = await peer.send([object]);
          expect([path, outcome.state]).toEqual([path, "stored"]);
          const where = (await peerFind(object.sopUid))!;
          const files = await collected(peer.retrieve(where));
          const file = files.get(object.sopUid)!;
          expect([path, readFileHeader(file, true)!.transferSyntaxUid]).toEqual([path, object.transferSyntaxUid]);
          // Orthanc writes lengths of sequences anew when it hands out compressed objects; pixels stay, and so does what it keeps.
          const pixels = dataSetOf(object.bytes).subarray(-500);
          expect([path, dataSetOf(file).includes(pixels.subarray(0, 400))]).toEqual([path, true]);
          if (i === 1)
            expect((await orthanc.files()).map((one) => one.equals(Buffer.from(object.bytes)))).toEqual([true]);
        }
      }
    },
  );

  async function peerFind(sopUid: string) {
    const keys = { SOPInstanceUID: sopUid, StudyInstanceUID: "", SeriesInstanceUID: "" };
    for await (const one of web().find("IMAGE", keys)) {
      return { studyUid: one.StudyInstanceUID, seriesUid: one.SeriesInstanceUID, sopUid };
    }
  }

  test("tells of each object of one request whether it was stored", async () => {
    const good = await ctFile(1, { study: 24 });
    const other = await ctFile(2, { study: 24 });
    const broken = { ...other, bytes: Buffer.from("not a DICOM file") };
    const outcomes = await web().send([good, broken]);
    expect(outcomes[0]).toEqual({ state: "stored" });
    expect(outcomes[1].state).not.toBe("stored");
  });
});
