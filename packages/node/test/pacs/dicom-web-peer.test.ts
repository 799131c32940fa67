/**
 * @file The DICOMweb client against a small server of our own, and against servers that misbehave.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { dicomWebPeer } from "@fovea/node/pacs/dicom-web-peer";
import { fileHeader } from "@fovea/node/pacs/part10";
import type { PacsPeer } from "@fovea/node/pacs/peer";
import { storeParts } from "@fovea/node/pacs/store-parts";
import { afterEach, describe, expect, test } from "vitest";
import { ctFile, dataSetOf, type MemorySink, memorySink, storingInto } from "./memory-sink";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

async function serving(handler: Handler, times = {}): Promise<PacsPeer> {
  const server = createServer((request, response) => void handler(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const dicomWeb = { url: `http://127.0.0.1:${port}/web/`, authorization: "Bearer secret" };
  return dicomWebPeer({ name: "pacs", send: [], dicomWeb }, times);
}

const sequence = (...sops: readonly string[]) => ({
  vr: "SQ",
  Value: sops.map((sop) => ({ "00081155": { vr: "UI", Value: [sop] } })),
});

const json = (response: ServerResponse, value: unknown, status = 200) =>
  response.writeHead(status, { "content-type": "application/dicom+json" }).end(JSON.stringify(value));

/** STOW-RS, and WADO-RS of everything that was stored. */
async function pacs(): Promise<{ peer: PacsPeer; sink: MemorySink; asked: IncomingMessage[] }> {
  const sink = memorySink();
  const asked: IncomingMessage[] = [];
  const peer = await serving(async (request, response) => {
    asked.push(request);
    if (request.method === "POST") {
      const type = request.headers["content-type"] ?? "";
      const answer = await storeParts(request, type, storingInto(sink), { maxInstanceBytes: 2 ** 24 });
      json(response, answer.json, answer.httpStatus);
      return;
    }
    response.writeHead(200, { "content-type": 'multipart/related; type="application/dicom"; boundary=part' });
    for (const one of sink.kept) {
      response.write("--part\r\nContent-Type: application/dicom\r\n\r\n");
      response.write(Buffer.concat([fileHeader(one), one.dataSet]));
      response.write("\r\n");
    }
    response.end("--part--");
  });
  return { peer, sink, asked };
}

async function collected(objects: AsyncIterable<Readable>): Promise<Buffer[]> {
  const files: Buffer[] = [];
  for await (const one of objects) files.push(await buffer(one));
  return files;
}

describe("the DICOMweb client", () => {
  test("stores files as they are and gets them back", async () => {
    const { peer, sink, asked } = await pacs();
    const objects = await Promise.all([1, 2, 3].map((i) => ctFile(i, { size: 300 })));
    expect(await peer.send(objects)).toEqual(objects.map(() => ({ state: "stored" })));
    expect(sink.kept.map(({ dataSet }, i) => dataSet.equals(dataSetOf(objects[i].bytes)))).toEqual([true, true, true]);
    const files = await collected(peer.retrieve({ studyUid: "1.2" }));
    expect(files.map((file, i) => dataSetOf(file).equals(dataSetOf(objects[i].bytes)))).toEqual([true, true, true]);
    expect(asked.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ["/web/studies", "Bearer secret"],
      ["/web/studies/1.2", "Bearer secret"],
    ]);
  });

  test("gets instances one by one, the others too where one is not there, and says so at the end", async () => {
    const one = await ctFile(1);
    const asked: (string | undefined)[] = [];
    const peer = await serving(({ url }, response) => {
      asked.push(url);
      if (url?.endsWith("/1.2.3.8")) return void response.writeHead(404).end();
      response.writeHead(200, { "content-type": 'multipart/related; type="application/dicom"; boundary=part' });
      response.write("--part\r\nContent-Type: application/dicom\r\n\r\n");
      response.write(one.bytes);
      response.end("\r\n--part--");
    });
    const files: Buffer[] = [];
    const all = async () => {
      const wanted = { studyUid: "1.2", seriesUid: "1.2.3", sopUids: ["1.2.3.7", "1.2.3.8", "1.2.3.9"] };
      for await (const file of peer.retrieve(wanted)) files.push(await buffer(file));
    };
    await expect(all()).rejects.toMatchObject({ code: "peer_refused" });
    expect(files.map((file) => file.equals(Buffer.from(one.bytes)))).toEqual([true, true]);
    expect(asked).toEqual(["7", "8", "9"].map((end) => `/web/studies/1.2/series/1.2.3/instances/1.2.3.${end}`));
  });

  test("does not believe an answer 200 that does not name the object", async () => {
    const peer = await serving((_, response) => void json(response, {}));
    expect((await peer.send([await ctFile(1)]))[0].state).toBe("unreachable");
  });

  // PS3.4 table B.2-1, PS3.7 annex C, PS3.18 table 10.5.3-3: 0x0124 is "not authorized", 0x0122 "SOP Class not supported".
  test.each([
    [0xa700, "unreachable"],
    [0x0110, "unreachable"],
    [0x0124, "unreachable"],
    [0x0122, "refused"],
    [0xa900, "refused"],
    [0xc000, "refused"],
    [0x0111, "stored"],
  ])("reads failure reason %i", async (reason, state) => {
    const object = await ctFile(1);
    const failed = sequence(object.sopUid);
    Object.assign(failed.Value[0], { "00081197": { vr: "US", Value: [reason] } });
    const peer = await serving((_, response) => void json(response, { "00081198": failed }, 409));
    expect((await peer.send([object]))[0].state).toBe(state);
  });

  test("sends one by one what a server refuses together", async () => {
    const [bad, good] = await Promise.all([1, 2].map((i) => ctFile(i)));
    const peer = await serving(async (request, response) => {
      const body = await buffer(request);
      if (body.includes(bad.sopUid)) json(response, {}, 400);
      else json(response, { "00081199": sequence(good.sopUid) });
    });
    expect((await peer.send([bad, good])).map(({ state }) => state)).toEqual(["refused", "stored"]);
  });

  test.each([
    ...[401, 403, 404, 405, 408, 429, 500, 502, 503].map((status) => [status, "unreachable"] as const),
    ...[400, 409, 413, 415, 422].map((status) => [status, "refused"] as const),
  ])("takes HTTP status %i for what it is, without the address in the reason", async (status, state) => {
    const peer = await serving((_, response) => void response.writeHead(status).end());
    const [outcome] = await peer.send([await ctFile(1)]);
    expect(outcome).toMatchObject({ state, reason: expect.stringContaining(`${status}`) });
    const error = await collected(peer.retrieve({ studyUid: "1.2.777" })).catch((thrown) => thrown);
    expect(error.message).toContain(`${status}`);
    expect(error.message).not.toContain("777");
  });

  test("does not take a proxy's page for a refusal", async () => {
    const peer = await serving((_, response) => void response.writeHead(200).end("<html>please log in</html>"));
    expect(await peer.send([await ctFile(1)])).toMatchObject([{ state: "unreachable" }]);
  });

  test("sends for as long as the server takes it, and waits for the answer from the last byte on", async () => {
    const object = await ctFile(1, { size: 3500 }); // 24 MB: more than sockets hold
    let reading = 0;
    const peer = await serving(
      async (request, response) => {
        const began = performance.now();
        expect(request.headers["content-length"]).toMatch(/^\d{8}$/);
        let taken = 0;
        for await (const piece of request) {
          const before = taken;
          taken += piece.length;
          if (taken >> 20 > before >> 20) await sleep(100);
        }
        reading = performance.now() - began;
        json(response, { "00081199": sequence(object.sopUid) });
      },
      { responseMs: 1500, idleMs: 1500 },
    );
    expect(await peer.send([object])).toEqual([{ state: "stored" }]);
    expect(reading).toBeGreaterThan(1500);
  });

  test("does not wait for a server that stops to take a body", async () => {
    const peer = await serving(() => {}, { idleMs: 300 });
    const object = await ctFile(1, { size: 3500 });
    expect(await peer.send([object])).toMatchObject([
      { state: "unreachable", reason: expect.stringContaining("in time") },
    ]);
  });

  test("has an answer 206, Partial Content, be an error after what it has", async () => {
    const object = await ctFile(1);
    const peer = await serving((_, response) => {
      response.writeHead(206, { "content-type": 'multipart/related; type="application/dicom"; boundary=part' });
      response.write("--part\r\nContent-Type: application/dicom\r\n\r\n");
      response.write(object.bytes);
      response.end("\r\n--part--");
    });
    const files: Buffer[] = [];
    const all = async () => {
      for await (const one of peer.retrieve({ studyUid: "1.2" })) files.push(await buffer(one));
    };
    await expect(all()).rejects.toMatchObject({ code: "peer_refused" });
    expect(files.map((file) => file.equals(object.bytes))).toEqual([true]);
  });

  test("can be told to ask no longer whether something is there", async () => {
    const end = new AbortController();
    const peer = await serving(() => end.abort());
    const object = { studyUid: "1.2", seriesUid: "1.3", sopUid: "1.9" };
    await expect(peer.has(object, end.signal)).rejects.toMatchObject({ code: "interrupted" });
    await expect(peer.count("1.2", end.signal)).rejects.toMatchObject({ code: "interrupted" });
  });

  test("asks page after page until there is no more, from servers that give fewer than asked", async () => {
    const all = Array.from({ length: 7 }, (_, i) => ({ "0020000D": { vr: "UI", Value: [`1.2.${i}`] } }));
    const peer = await serving((request, response) => {
      const offset = Number(new URL(request.url ?? "", "http://x").searchParams.get("offset"));
      json(response, all.slice(offset, offset + 3));
    });
    const found: string[] = [];
    for await (const one of peer.find("STUDY", { PatientID: "P1" })) found.push(one.StudyInstanceUID);
    expect(found).toEqual(all.map((_, i) => `1.2.${i}`));
  });

  test("does not go round in circles with a server that ignores the offset", async () => {
    const peer = await serving((_, response) => void json(response, [{ "00080018": { vr: "UI", Value: ["1.5"] } }]));
    expect(await peer.has({ studyUid: "1.2", seriesUid: "1.3", sopUid: "1.9" })).toBe(false);
    expect(await peer.has({ studyUid: "1.2", seriesUid: "1.3", sopUid: "1.5" })).toBe(true);
  });

  test("reads names with their ideographic group, numbers, and several values (PS3.18 F.2)", async () => {
    const name = { vr: "PN", Value: [{ Alphabetic: "Wang^XiaoDong", Ideographic: "王^小东" }] };
    const match = {
      "00100010": name,
      "00201208": { vr: "IS", Value: [12] },
      "00080061": { vr: "CS", Value: ["CT", "SR"] },
    };
    let page = 0;
    const peer = await serving((_, response) => void json(response, page++ === 0 ? [match] : []));
    for await (const one of peer.find("STUDY", { PatientName: "" })) {
      expect(one).toEqual({
        PatientName: "Wang^XiaoDong=王^小东",
        NumberOfStudyRelatedInstances: "12",
        ModalitiesInStudy: "CT\\SR",
      });
    }
    expect(page).toBe(2);
  });

  test("has an answer that breaks off be an error, not a shorter study", async () => {
    const peer = await serving((_, response) => {
      response.writeHead(200, { "content-type": "multipart/related; boundary=part", connection: "close" });
      response.end("--part\r\n\r\nabc\r\n--part\r\n\r\nde");
    });
    await expect(collected(peer.retrieve({ studyUid: "1.2" }))).rejects.toMatchObject({ code: "invalid_dicom" });
  });

  test("waits neither for a silent server nor for one that stops in mid-answer", async () => {
    const silent = await serving(() => {}, { responseMs: 100 });
    await expect(silent.echo()).rejects.toMatchObject({ code: "peer_unreachable" });
    const stops = await serving(
      (_, response) => {
        response.writeHead(200, { "content-type": "multipart/related; boundary=part" }).write("--part\r\n\r\nabc");
      },
      { idleMs: 100 },
    );
    await expect(collected(stops.retrieve({ studyUid: "1.2" }))).rejects.toMatchObject({ code: "peer_unreachable" });
    const cancel = new AbortController();
    setTimeout(() => cancel.abort(), 50);
    const patient = await serving(() => {});
    await expect(patient.echo(cancel.signal)).rejects.toMatchObject({ code: "interrupted" });
  });

  test("does not follow a redirect with its authorization", async () => {
    const peer = await serving(
      (_, response) => void response.writeHead(302, { location: "http://127.0.0.1:1/" }).end(),
    );
    await expect(peer.echo()).rejects.toMatchObject({ code: "peer_unreachable" });
  });
});
