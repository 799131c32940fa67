/**
 * @file The DIMSE client against a small PACS of our own, and against peers that misbehave.
 */
import { createServer, type Socket } from "node:net";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { type DimsePeer, dimsePeer } from "@fovea/node/pacs/dimse-peer";
import { openPeer } from "@fovea/node/pacs/open-peer";
import { fileHeader, readFileHeader } from "@fovea/node/pacs/part10";
import type { OutgoingObject } from "@fovea/node/pacs/peer";
import { startReceiver } from "@fovea/node/pacs/receiver";
import { afterEach, describe, expect, test } from "vitest";
import { type MemoryPacs, type MemoryPacsOptions, startMemoryPacs } from "./memory-pacs";
import { ctFile, dataSetOf, memorySink } from "./memory-sink";
import { receiverConfig } from "./receiver-config";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const peerAt = (port: number, times = {}): DimsePeer =>
  dimsePeer(
    { name: "pacs", send: [], dimse: { host: "127.0.0.1", port, aeTitle: "PACS", callingAe: "FOVEA" } },
    { times },
  );

async function pacs(options: MemoryPacsOptions = {}): Promise<{ pacs: MemoryPacs; peer: DimsePeer }> {
  const one = await startMemoryPacs(options);
  closing.push(() => one.close());
  return { pacs: one, peer: peerAt(one.port) };
}

async function collected(objects: AsyncIterable<Readable>): Promise<Buffer[]> {
  const files: Buffer[] = [];
  for await (const one of objects) files.push(await buffer(one));
  return files;
}

/** The port of a server that does something else. */
async function listening(onSocket: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => onSocket(socket.on("error", () => {})));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  const address = server.address();
  return typeof address === "object" && address ? address.port : 0;
}

/** The same data set under another transfer syntax: what is inside is nobody's business on the way. */
function as(object: OutgoingObject, transferSyntaxUid: string): OutgoingObject {
  const bytes = Buffer.concat([fileHeader({ ...object, transferSyntaxUid }), dataSetOf(object.bytes)]);
  return { ...object, transferSyntaxUid, bytes };
}

const STUDY = "1.2.826.0.1.3680043.10.1";

describe("the DIMSE client", () => {
  // 王 CD F5, 小 D0 A1 in GB18030; in ISO_IR 100 these bytes are Íõ^Ð¡.
  test.each([
    ["GB18030", "王^小"],
    [undefined, "Íõ^Ð¡"],
  ])("reads answers that declare no character set by the default one, %s", async (defaultCharacterSet, name) => {
    const { pacs: one } = await pacs({ match: [[0x00100010, "PN", Uint8Array.of(0xcd, 0xf5, 0x5e, 0xd0, 0xa1)]] });
    const dimse = { host: "127.0.0.1", port: one.port, aeTitle: "PACS", callingAe: "FOVEA" };
    const peer = openPeer({ name: "pacs", send: [], dimse }, defaultCharacterSet);
    const found: string[] = [];
    for await (const { PatientName } of peer.find("STUDY", { PatientName: "" })) found.push(PatientName);
    expect(found).toEqual([name]);
  });

  test("sends, asks, counts and gets back, each object in its own transfer syntax", async () => {
    const { pacs: one, peer } = await pacs();
    await peer.echo();
    const plain = await Promise.all([1, 2].map((i) => ctFile(i, { study: 5 })));
    const objects = [...plain, as(await ctFile(3, { study: 5, series: 2 }), "1.2.840.10008.1.2.4.90")];
    expect(await peer.send(objects)).toEqual(objects.map(() => ({ state: "stored" })));
    expect(one.kept.map(({ transferSyntaxUid }) => transferSyntaxUid)).toEqual(objects.map((o) => o.transferSyntaxUid));
    expect(await peer.count(`${STUDY}.5`)).toBe(3);
    const where = { studyUid: `${STUDY}.5`, seriesUid: `${STUDY}.5.1`, sopUid: objects[0].sopUid };
    expect([await peer.has(where), await peer.has({ ...where, sopUid: "1.2.3" })]).toEqual([true, false]);
    const files = await collected(peer.retrieve({ studyUid: `${STUDY}.5` }));
    expect(files.map((file) => readFileHeader(file, true)!.transferSyntaxUid).sort()).toEqual(
      objects.map((object) => object.transferSyntaxUid).sort(),
    );
    for (const { sopUid, bytes } of objects) {
      const file = files.find((candidate) => readFileHeader(candidate, true)?.sopUid === sopUid)!;
      expect(dataSetOf(file).equals(dataSetOf(bytes))).toBe(true);
    }
  });

  test("counts instances where the study does not tell their number", async () => {
    const { peer } = await pacs({ counts: false });
    await peer.send(await Promise.all([1, 2, 3].map((i) => ctFile(i, { study: 6, series: i === 1 ? 1 : 2 }))));
    expect(await peer.count(`${STUDY}.6`)).toBe(3);
  });

  test("knows that it cannot ask a peer that answers no queries", async () => {
    const { peer } = await pacs({ answers: false });
    expect(await peer.count("1.2.3")).toBeUndefined();
    expect(await peer.has({ studyUid: "1.2", seriesUid: "1.3", sopUid: "1.4" })).toBeUndefined();
    await expect(collected(peer.retrieve({ studyUid: "1.2" }))).rejects.toMatchObject({ code: "peer_refused" });
  });

  test.each([
    [0xb000, { state: "stored", warning: "status 0xB000" }],
    [0xa700, { state: "unreachable", reason: "status 0xA700" }],
    [0x0110, { state: "unreachable", reason: "status 0x0110" }],
    // PS3.7 C.5.18, not authorized: somebody lets us, and then the same object is taken.
    [0x0124, { state: "unreachable", reason: "status 0x0124" }],
    [0x0122, { state: "refused", reason: "status 0x0122" }],
    [0xa900, { state: "refused", reason: "status 0xA900" }],
    [0xc001, { state: "refused", reason: "status 0xC001" }],
  ])("reads status %i as PS3.4 table B.2-1 has it", async (status, outcome) => {
    const { peer } = await pacs({ status });
    expect(await peer.send([await ctFile(1)])).toEqual([outcome]);
  });

  test("refuses what is no DICOM file, and sends the rest", async () => {
    const { peer } = await pacs();
    const good = await ctFile(1);
    const outcomes = await peer.send([{ ...good, bytes: Buffer.alloc(500) }, good]);
    expect(outcomes.map(({ state }) => state)).toEqual(["refused", "stored"]);
  });

  test("has what was not read of a stream gone when the next is asked for, and goes on", async () => {
    const { peer } = await pacs();
    await peer.send(await Promise.all([1, 2, 3].map((i) => ctFile(i, { study: 8, size: 700 }))));
    let streams = 0;
    for await (const stream of peer.retrieve({ studyUid: `${STUDY}.8` })) {
      streams++;
      if (streams === 2) expect((await buffer(stream)).length).toBeGreaterThan(900_000);
    }
    expect(streams).toBe(3);
  });

  test("stops in mid-retrieval when nobody wants more", async () => {
    const { peer } = await pacs();
    await peer.send(await Promise.all([1, 2, 3].map((i) => ctFile(i, { study: 9 }))));
    for await (const stream of peer.retrieve({ studyUid: `${STUDY}.9` })) {
      stream.resume();
      break;
    }
    expect(await peer.count(`${STUDY}.9`)).toBe(3);
  });

  test("ends at once when it is cancelled", async () => {
    const port = await listening((socket) => socket.resume());
    const cancel = new AbortController();
    setTimeout(() => cancel.abort(), 50);
    const before = performance.now();
    const [outcome] = await peerAt(port).send([await ctFile(1)], cancel.signal);
    expect(outcome).toEqual({ state: "unreachable", reason: "the request to the PACS was cancelled" });
    expect(performance.now() - before).toBeLessThan(3000);
    await expect(peerAt(port).echo(cancel.signal)).rejects.toMatchObject({ code: "interrupted" });
    await expect(peerAt(port, { connectMs: 100 }).echo()).rejects.toMatchObject({ code: "peer_unreachable" });
  });

  test("waits longer for images that come from a tape than for an answer", async () => {
    const { pacs: one, peer } = await pacs({ tapeMs: 1500 });
    await peer.send([await ctFile(1, { study: 4 })]);
    const wanted = { studyUid: `${STUDY}.4` };
    const patient = peerAt(one.port, { responseMs: 1000, retrieveMs: 60_000 });
    expect(await collected(patient.retrieve(wanted))).toHaveLength(1);
    const hasty = peerAt(one.port, { responseMs: 60_000, retrieveMs: 200 });
    await expect(collected(hasty.retrieve(wanted))).rejects.toMatchObject({ code: "peer_unreachable" });
  });

  test("can be told to ask no longer whether something is there", async () => {
    const end = new AbortController();
    const port = await listening((socket) => {
      socket.resume();
      end.abort();
    });
    const object = { studyUid: "1.2", seriesUid: "1.3", sopUid: "1.9" };
    await expect(peerAt(port).has(object, end.signal)).rejects.toMatchObject({ code: "interrupted" });
    await expect(peerAt(port).count("1.2", end.signal)).rejects.toMatchObject({ code: "interrupted" });
  });

  test("tells of a rejection what to compare, and no more", async () => {
    const receiver = await startReceiver({
      config: receiverConfig({ aeTitle: "PACS", allowedAeTitles: ["OTHER"] }),
      sink: memorySink(),
    });
    closing.push(() => receiver.close());
    await expect(peerAt(receiver.port).echo()).rejects.toMatchObject({
      code: "peer_refused",
      message: expect.stringMatching(/AE title.*1\/1\/3.*compare/),
    });
  });

  test("does not take from a server that speaks something else", async () => {
    const port = await listening((socket) => socket.resume().end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    await expect(peerAt(port).echo()).rejects.toMatchObject({ code: "peer_unreachable" });
  });

  test("has a destination without an address named", () => {
    expect(() => openPeer({ name: "nowhere", send: [] })).toThrow('"nowhere" has no address');
  });
});
