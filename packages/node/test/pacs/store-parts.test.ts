/**
 * @file What STOW-RS brings, into the sink: good parts, broken ones, and both together.
 */
import { Readable } from "node:stream";
import { FoveaError } from "@fovea/core/errors";
import { storeParts } from "@fovea/node/pacs/store-parts";
import { describe, expect, test } from "vitest";
import { CT_CLASS, ctFile, dataSetOf, memorySink } from "./memory-sink";

const TYPE = 'multipart/related; type="application/dicom"; boundary=b0';
const LIMITS = { maxInstanceBytes: 2 ** 20 };

function body(files: readonly Uint8Array[], end = "\r\n--b0--\r\n"): Readable {
  const all = Buffer.concat([
    ...files.flatMap((file, i) => [
      Buffer.from(`${i === 0 ? "" : "\r\n"}--b0\r\nContent-Type: application/dicom\r\n\r\n`),
      Buffer.from(file),
    ]),
    Buffer.from(end),
  ]);
  return Readable.from(
    (function* () {
      for (let at = 0; at < all.length; at += 1000) yield all.subarray(at, at + 1000);
    })(),
  );
}

const reference = (sopUid: string) => ({
  "00081150": { vr: "UI", Value: [CT_CLASS] },
  "00081155": { vr: "UI", Value: [sopUid] },
});

describe("parts of a STOW-RS request", () => {
  test("are stored with their data sets as they are, and referenced in the answer", async () => {
    const files = await Promise.all([1, 2].map((i) => ctFile(i)));
    const sink = memorySink();
    const answer = await storeParts(body(files.map(({ bytes }) => bytes)), TYPE, sink, LIMITS, "key:ct");
    expect(answer).toEqual({
      httpStatus: 200,
      json: { "00081199": { vr: "SQ", Value: files.map(({ sopUid }) => reference(sopUid)) } },
      stored: 2,
      failed: 0,
    });
    for (const [i, { bytes, sopUid, transferSyntaxUid }] of files.entries()) {
      expect(sink.kept[i]).toMatchObject({ sopUid, sopClassUid: CT_CLASS, transferSyntaxUid, callingAe: "key:ct" });
      expect(sink.kept[i].dataSet.equals(dataSetOf(bytes))).toBe(true);
    }
  });

  test("that fail are told with the reason, and the others are stored", async () => {
    const [good, big] = [await ctFile(1), await ctFile(2, { size: 900 })];
    const sink = memorySink();
    const answer = await storeParts(body([Buffer.from("no DICOM"), big.bytes, good.bytes]), TYPE, sink, LIMITS);
    expect(answer.httpStatus).toBe(202);
    expect(answer.json).toEqual({
      "00081199": { vr: "SQ", Value: [reference(good.sopUid)] },
      // A700: out of resources; C000: cannot understand.
      "00081198": { vr: "SQ", Value: [{ ...reference(big.sopUid), "00081197": { vr: "US", Value: [0xa700] } }] },
      "0008119A": { vr: "SQ", Value: [{ "00081197": { vr: "US", Value: [0xc000] } }] },
    });
    expect([sink.pending, sink.abandoned]).toEqual([0, 1]);
  });

  test("none of which is stored are a conflict", async () => {
    const sink = memorySink({
      commit: async () => {
        throw new FoveaError("disk_full", "no room");
      },
    });
    const { httpStatus, json } = await storeParts(body([(await ctFile(1)).bytes]), TYPE, sink, LIMITS);
    expect(httpStatus).toBe(409);
    expect(JSON.stringify(json)).toContain(String(0xa700));
    expect(sink.pending).toBe(0);
  });

  test("that break off: what was whole before is stored and told, else it is an error", async () => {
    const [first, second] = [await ctFile(1), await ctFile(2)];
    const sink = memorySink();
    const cut = await storeParts(body([first.bytes, second.bytes.subarray(0, 3000)], ""), TYPE, sink, LIMITS);
    expect([cut.httpStatus, cut.stored, cut.failed]).toEqual([202, 1, 1]);
    expect([sink.kept.length, sink.pending]).toEqual([1, 0]);
    const alone = storeParts(body([first.bytes.subarray(0, 3000)], ""), TYPE, sink, LIMITS);
    await expect(alone).rejects.toMatchObject({ code: "invalid_dicom" });
    expect(sink.pending).toBe(0);
  });

  test.each([
    ["has another content type", "application/dicom", "invalid_argument"],
    ["holds nothing", TYPE, "invalid_dicom"],
  ])("of a request that %s: an error", async (_, type, code) => {
    await expect(storeParts(body([], "--b0--"), type, memorySink(), LIMITS)).rejects.toMatchObject({ code });
  });

  test("with a UID that is a path are refused before the sink hears of it", async () => {
    const file = Buffer.from((await ctFile(1)).bytes);
    const at = file.indexOf("1.2.826");
    file.write("../../x", at, "latin1");
    const sink = memorySink();
    expect((await storeParts(body([file]), TYPE, sink, LIMITS)).httpStatus).toBe(409);
    expect(sink.kept.length + sink.abandoned).toBe(0);
  });
});
