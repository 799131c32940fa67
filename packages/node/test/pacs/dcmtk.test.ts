/**
 * @file Against DCMTK's programs, in both directions: the bytes of every data set stay what they were.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { FoveaError } from "@fovea/core/errors";
import { type DimsePeer, dimsePeer } from "@fovea/node/pacs/dimse-peer";
import { fileHeader, readFileHeader } from "@fovea/node/pacs/part10";
import type { OutgoingObject } from "@fovea/node/pacs/peer";
import { type AssociationEnd, type Receiver, startReceiver } from "@fovea/node/pacs/receiver";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../../test/shared";
import { dcmtk, dcmtkAvailable, type Running, startArchive, startStorescp } from "../dcmtk";
import { ctFile, dataSetOf, type MemorySink, memorySink } from "./memory-sink";
import { receiverConfig } from "./receiver-config";

const why = dcmtkAvailable ? "" : " (skipped: Debian's dcmtk is not installed)";
let folder: string;
const running: Running[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fovea-dcmtk-"));
});
afterEach(async () => {
  for (const one of running.splice(0)) await one.stop();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Compressed, lossless and lossy, implicit, big-endian, deflated objects, and a structured report. */
const SHARED = [
  "pydicom/test_files/CT_small.dcm",
  "pydicom/test_files/MR_small_implicit.dcm",
  "pydicom/test_files/MR_small_bigendian.dcm",
  "pydicom/test_files/JPEG2000.dcm",
  "pydicom/test_files/JPEG-lossy.dcm",
  "pydicom/test_files/MR_small_RLE.dcm",
  "pydicom/test_files/image_dfl.dcm",
  "pydicom/test_files/test-SR.dcm",
  "highdicom/sr_document.dcm",
  "robyoung/WG04/JPLL/CT1_JPLL",
];

/** Options that have storescu propose a transfer syntax that it does not propose by itself. */
const PROPOSE: Readonly<Record<string, readonly string[]>> = {
  "1.2.840.10008.1.2": ["-xi"],
  "1.2.840.10008.1.2.4.90": ["-xv"],
  "1.2.840.10008.1.2.4.91": ["-xw"],
  "1.2.840.10008.1.2.4.51": ["-xx"],
  "1.2.840.10008.1.2.4.70": ["-xs"],
  "1.2.840.10008.1.2.5": ["-xr"],
  "1.2.840.10008.1.2.1.99": ["-xd"],
  "1.2.840.10008.1.2.2": ["-xb"],
};

async function material(): Promise<OutgoingObject[]> {
  const own = await Promise.all([1, 2, 3].map((i) => ctFile(i, { size: 200 })));
  if (!sharedAvailable) return own;
  const files = SHARED.flatMap((path): OutgoingObject[] => {
    const bytes = readFileSync(sharedPath(`data/dicom/${path}`));
    const header = readFileHeader(bytes, true);
    return header ? [{ ...header, bytes }] : [];
  });
  return [...own, ...files];
}

describe.skipIf(!dcmtkAvailable)(`our receiver${why}`, () => {
  let receiver: Receiver;
  let sink: MemorySink;
  const ends: AssociationEnd[] = [];

  beforeAll(async () => {
    sink = memorySink();
    receiver = await startReceiver({ config: receiverConfig(), sink, onAssociation: (end) => ends.push(end) });
  });
  afterAll(() => receiver.close());

  test("answers echoscu", async () => {
    const { code } = await dcmtk("echoscu", ["-aec", "FOVEA", "localhost", `${receiver.port}`]);
    expect(code).toBe(0);
  });

  test("keeps what storescu sends as DCMTK's storescp does in its bit-preserving mode, whatever the transfer syntax", async () => {
    const stored = join(folder, "storescp");
    const peer = await startStorescp(stored);
    running.push(peer);
    for (const [i, object] of (await material()).entries()) {
      const file = join(folder, `out${i}.dcm`);
      writeFileSync(file, object.bytes);
      // -R: what the file needs, its own transfer syntax included only where an option names it.
      const options = ["-R", ...(PROPOSE[object.transferSyntaxUid] ?? [])];
      for (const port of [receiver.port, peer.port]) {
        const { code, output } = await dcmtk("storescu", ["-aec", "FOVEA", ...options, "localhost", `${port}`, file]);
        expect([code, output]).toEqual([0, ""]);
      }
      const got = sink.kept.at(-1);
      const wanted = readFileSync(join(stored, readdirSync(stored).find((name) => name.endsWith(object.sopUid))!));
      const { sopClassUid, sopUid, transferSyntaxUid } = readFileHeader(wanted, true)!;
      expect(got).toMatchObject({ sopClassUid, sopUid, transferSyntaxUid, callingAe: "STORESCU" });
      expect(transferSyntaxUid).toBe(object.transferSyntaxUid);
      expect([file, got?.dataSet.equals(dataSetOf(wanted))]).toEqual([file, true]);
    }
    expect(ends.every(({ how }) => how === "released")).toBe(true);
  });

  test("takes several associations at a time", async () => {
    const before = sink.kept.length;
    const files = await Promise.all([11, 12, 13, 14].map((i) => ctFile(i, { size: 128 })));
    const sent = files.map((object, i) => {
      const file = join(folder, `many${i}.dcm`);
      writeFileSync(file, object.bytes);
      return dcmtk("storescu", ["-aec", "FOVEA", "--repeat", "5", "localhost", `${receiver.port}`, file]);
    });
    for (const { code } of await Promise.all(sent)) expect(code).toBe(0);
    expect(sink.kept.length - before).toBe(20);
    for (const { sopUid, bytes } of files) {
      const copies = sink.kept.slice(before).filter((one) => one.sopUid === sopUid);
      expect(copies.length).toBe(5);
      expect(copies.every(({ dataSet }) => dataSet.equals(dataSetOf(bytes)))).toBe(true);
    }
  });
});

describe.skipIf(!dcmtkAvailable)(`our client${why}`, () => {
  const destination = (port: number, aeTitle: string) =>
    dimsePeer({ name: "peer", send: [], dimse: { host: "127.0.0.1", port, aeTitle, callingAe: "FOVEA" } });

  test("sends files whose data sets arrive byte for byte at storescp, several classes and syntaxes in one association", async () => {
    const stored = join(folder, "sent");
    const peer = await startStorescp(stored);
    running.push(peer);
    for (const objects of distinct(await material())) {
      const outcomes = await destination(peer.port, "STORESCP").send(objects);
      expect(outcomes).toEqual(objects.map(() => ({ state: "stored" })));
      for (const { sopUid, bytes } of objects) {
        const got = dataSetOf(readFileSync(join(stored, readdirSync(stored).find((name) => name.endsWith(sopUid))!)));
        const given = dataSetOf(bytes);
        // A deflated stream of odd length is padded (PS3.5 A.5).
        expect(got.subarray(0, given.length).equals(given)).toBe(true);
        expect(got.length - given.length).toBe(given.length % 2);
      }
    }
  });

  test("tells which object was refused because of its transfer syntax, and sends the others", async () => {
    // +x=: uncompressed alone.
    const peer = await startStorescp(join(folder, "uncompressed"), ["+B", "+x="]);
    running.push(peer);
    const [plain] = await material();
    const rle = { ...plain, bytes: asTransferSyntax(plain.bytes, "1.2.840.10008.1.2.5") };
    const outcomes = await destination(peer.port, "STORESCP").send([rle, plain]);
    expect(outcomes[0]).toMatchObject({ state: "refused", reason: expect.stringContaining("1.2.840.10008.1.2.5") });
    expect(outcomes[1]).toEqual({ state: "stored" });
  });

  describe("with dcmqrscp", () => {
    async function archive(
      destinations: Readonly<Record<string, number>> = {},
    ): Promise<{ port: number; peer: DimsePeer }> {
      const one = await startArchive(mkdtempSync(join(folder, "archive")), destinations);
      running.push(one);
      return { port: one.port, peer: destination(one.port, "ARCHIVE") };
    }

    const keep = (objects: AsyncIterable<Readable>) => collected(objects);

    test("stores, finds, counts, and gets objects back", async () => {
      const { peer } = await archive();
      await peer.echo();
      const objects = await Promise.all([1, 2, 3].map((i) => ctFile(i, { study: 7, series: i === 3 ? 2 : 1 })));
      expect(await peer.send(objects)).toEqual(objects.map(() => ({ state: "stored" })));
      const studyUid = "1.2.826.0.1.3680043.10.1.7";
      const seriesUid = `${studyUid}.1`;
      expect(await peer.has({ studyUid, seriesUid, sopUid: objects[0].sopUid })).toBe(true);
      expect(await peer.has({ studyUid, seriesUid, sopUid: `${studyUid}.9` })).toBe(false);
      expect(await peer.count(studyUid)).toBe(3);
      expect(await peer.count("1.2.3")).toBe(0);

      const studies = [];
      for await (const one of peer.find("STUDY", { PatientID: "P*", StudyInstanceUID: "", PatientName: "" }))
        studies.push(one);
      expect(studies).toMatchObject([{ PatientID: "P7", StudyInstanceUID: studyUid, PatientName: "Test^Case" }]);

      const files = await keep(peer.retrieve({ studyUid }));
      expect(files.length).toBe(3);
      for (const { sopUid, bytes } of objects) {
        const file = files.find((one) => readFileHeader(one, true)?.sopUid === sopUid)!;
        expect(dataSetOf(file).equals(dataSetOf(bytes))).toBe(true);
      }
      expect((await keep(peer.retrieve({ studyUid, seriesUid }))).length).toBe(2);
      expect((await keep(peer.retrieve({ studyUid, seriesUid, sopUid: objects[1].sopUid }))).length).toBe(1);
    });

    test("cancels a query that nobody reads to its end, and answers the next one", async () => {
      const { peer } = await archive();
      await peer.send(await Promise.all([1, 2, 3, 4, 5].map((study) => ctFile(1, { study }))));
      for await (const one of peer.find("STUDY", { StudyInstanceUID: "" })) {
        expect(one.StudyInstanceUID).toContain(".");
        break;
      }
      expect(await peer.count("1.2.826.0.1.3680043.10.1.2")).toBe(1);
    });

    test("has it moved to our own receiver", async () => {
      const sink = memorySink();
      const receiver = await startReceiver({ config: receiverConfig(), sink });
      try {
        const { peer } = await archive({ FOVEA: receiver.port });
        const objects = await Promise.all([1, 2].map((i) => ctFile(i, { study: 3 })));
        await peer.send(objects);
        const studyUid = "1.2.826.0.1.3680043.10.1.3";
        expect(await peer.move({ studyUid }, "FOVEA")).toEqual({ completed: 2, failed: 0, warning: 0 });
        expect(sink.kept.map(({ sopUid }) => sopUid).sort()).toEqual(objects.map(({ sopUid }) => sopUid));
        await expect(peer.move({ studyUid }, "NOBODY")).rejects.toMatchObject({ code: "peer_refused" });
      } finally {
        await receiver.close();
      }
    });

    test("reads names in the character set of the answer", async () => {
      const { peer } = await archive();
      const file = Buffer.from((await ctFile(1, { study: 9 })).bytes);
      const named = withChineseName(file);
      expect(await peer.send([{ ...(await ctFile(1, { study: 9 })), bytes: named }])).toEqual([{ state: "stored" }]);
      const found = [];
      for await (const one of peer.find("STUDY", { PatientName: "", StudyInstanceUID: "", SpecificCharacterSet: "" })) {
        found.push(one.PatientName);
      }
      expect(found).toEqual(["王^小东"]);
    });
  });

  test("says that nobody listens", async () => {
    const peer = await startStorescp(join(folder, "gone"));
    await peer.stop();
    await expect(destination(peer.port, "STORESCP").echo()).rejects.toBeInstanceOf(FoveaError);
    const [outcome] = await destination(peer.port, "STORESCP").send([await ctFile(1)]);
    expect(outcome).toMatchObject({ state: "unreachable", reason: expect.stringContaining("ECONNREFUSED") });
  });
});

/** In groups without two of one UID: the reference material has the same image in several transfer syntaxes. */
function distinct(objects: readonly OutgoingObject[]): OutgoingObject[][] {
  const groups: OutgoingObject[][] = [];
  for (const object of objects) {
    const group = groups.find((one) => one.every(({ sopUid }) => sopUid !== object.sopUid));
    if (group) group.push(object);
    else groups.push([object]);
  }
  return groups;
}

async function collected(objects: AsyncIterable<Readable>): Promise<Buffer[]> {
  const files: Buffer[] = [];
  for await (const one of objects) files.push(await buffer(one));
  return files;
}

/** The file with another transfer syntax in its header; its data set stays. */
function asTransferSyntax(bytes: Uint8Array, uid: string): Uint8Array {
  const header = readFileHeader(bytes, true)!;
  return Buffer.concat([fileHeader({ ...header, transferSyntaxUid: uid }), dataSetOf(bytes)]);
}

/** The file with PatientName 王^小东 in GB18030, written by hand: (0008,0005) CS GB18030 in front of everything. */
function withChineseName(file: Buffer): Buffer {
  const header = readFileHeader(file, true)!;
  const dataSet = file.subarray(header.dataSetStart);
  const at = dataSet.indexOf(Buffer.from([0x10, 0, 0x10, 0, 0x50, 0x4e]));
  const end = at + 8 + dataSet.readUInt16LE(at + 6);
  // GB18030: 王 CDF5, 小 D0A1, 东 B6AB.
  const name = Buffer.from([0xcd, 0xf5, 0x5e, 0xd0, 0xa1, 0xb6, 0xab, 0x20]);
  const element = Buffer.concat([Buffer.from([0x10, 0, 0x10, 0, 0x50, 0x4e, 8, 0]), name]);
  const set = Buffer.concat([Buffer.from([8, 0, 5, 0, 0x43, 0x53, 8, 0]), Buffer.from("GB18030 ")]);
  return Buffer.concat([fileHeader(header), set, dataSet.subarray(0, at), element, dataSet.subarray(end)]);
}
