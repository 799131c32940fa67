/**
 * @file What STOW-RS brings, part by part: good ones, broken ones, and both together; and requests that end too early.
 */
import { Readable } from "node:stream";
import { type PartOutcome, storeParts } from "@fovea/node/pacs/store-parts";
import { describe, expect, test } from "vitest";
import { CT_CLASS, ctFile, dataSetOf, memorySink, storingInto } from "./memory-sink";

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

/** A store that reads each part and gives the next outcome. */
function saying(...outcomes: readonly PartOutcome[]) {
  let next = 0;
  return async (part: AsyncIterable<Uint8Array>): Promise<PartOutcome> => {
    for await (const _ of part);
    return outcomes[next++];
  };
}

const reference = (sopUid: string) => ({
  "00081150": { vr: "UI", Value: [CT_CLASS] },
  "00081155": { vr: "UI", Value: [sopUid] },
});
const reason = (status: number) => ({ "00081197": { vr: "US", Value: [status] } });
const sequence = (...items: readonly object[]) => ({ vr: "SQ", Value: items });

describe("parts of a STOW-RS request", () => {
  test("are given on with their bytes as they are, and referenced in the answer", async () => {
    const files = await Promise.all([1, 2].map((i) => ctFile(i)));
    const sink = memorySink();
    const answer = await storeParts(body(files.map(({ bytes }) => bytes)), TYPE, storingInto(sink), LIMITS);
    expect(answer).toEqual({
      httpStatus: 200,
      json: { "00081199": sequence(...files.map(({ sopUid }) => reference(sopUid))) },
      stored: 2,
      failed: 0,
    });
    for (const [i, { bytes, sopUid, transferSyntaxUid }] of files.entries()) {
      expect(sink.kept[i]).toMatchObject({ sopUid, sopClassUid: CT_CLASS, transferSyntaxUid });
      expect(sink.kept[i].dataSet.equals(dataSetOf(bytes))).toBe(true);
    }
  });

  // PS3.18 table I.2-1: what is known of a failed object stands in Failed SOP Sequence, whose UIDs are of type 1; what is not in
  // Other Failures Sequence. A700: out of resources; C000: cannot understand; 0111: duplicate.
  test("that fail are told with the reason, and the others are stored", async () => {
    const [good, bad, big] = [await ctFile(1), await ctFile(2), await ctFile(3, { size: 900 })];
    const of = ({ sopUid }: typeof good) => ({ sopClassUid: CT_CLASS, sopUid });
    const store = saying({ status: 0xc000 }, { ...of(bad), status: 0x0111 }, { ...of(good), status: 0 });
    // The large one is 1.6 MB: its reader is stopped, and has no outcome of its own.
    const files = [Buffer.from("no DICOM"), bad.bytes, big.bytes, good.bytes];
    const answer = await storeParts(body(files), TYPE, store, LIMITS);
    expect(answer).toEqual({
      httpStatus: 202,
      json: {
        "00081199": sequence(reference(good.sopUid)),
        "00081198": sequence({ ...reference(bad.sopUid), ...reason(0x0111) }),
        "0008119A": sequence(reason(0xc000), reason(0xa700)),
      },
      stored: 1,
      failed: 3,
    });
  });

  test("none of which is stored are a conflict", async () => {
    const { sopUid, bytes } = await ctFile(1);
    const store = saying({ sopClassUid: CT_CLASS, sopUid, status: 0xa700 });
    const { httpStatus, json } = await storeParts(body([bytes]), TYPE, store, LIMITS);
    expect([httpStatus, json]).toEqual([409, { "00081198": sequence({ ...reference(sopUid), ...reason(0xa700) }) }]);
  });

  test("that break off: what was whole before is stored and told, once, else it is an error", async () => {
    const [first, second] = [await ctFile(1), await ctFile(2)];
    const cut = body([first.bytes, second.bytes.subarray(0, 3000)], "");
    const answer = await storeParts(cut, TYPE, storingInto(memorySink()), LIMITS);
    expect([answer.httpStatus, answer.stored, answer.failed]).toEqual([202, 1, 1]);
    expect(answer.json["0008119A"]).toEqual(sequence(reason(0xc000)));
    expect(answer.fault).toMatchObject({ code: "invalid_dicom" });
    const alone = storeParts(body([first.bytes.subarray(0, 3000)], ""), TYPE, storingInto(memorySink()), LIMITS);
    await expect(alone).rejects.toMatchObject({ code: "invalid_dicom" });
  });

  test("of which there are too many: those up to the limit are stored and told", async () => {
    const files = await Promise.all([1, 2].map((i) => ctFile(i)));
    const sink = memorySink();
    const limits = { ...LIMITS, maxParts: 1 };
    const answer = await storeParts(body(files.map(({ bytes }) => bytes)), TYPE, storingInto(sink), limits);
    expect([answer.httpStatus, answer.stored, answer.failed, sink.kept.length]).toEqual([202, 1, 1, 1]);
  });

  test("where the store itself fails: what was stored before is told, else it is an error", async () => {
    const { sopUid, bytes } = await ctFile(1);
    const failing = (times: number) => {
      let calls = 0;
      return async (part: AsyncIterable<Uint8Array>) => {
        for await (const _ of part);
        if (++calls > times) throw new Error("a fault");
        return { sopClassUid: CT_CLASS, sopUid, status: 0 };
      };
    };
    const { fault, ...answer } = await storeParts(body([bytes, bytes, bytes]), TYPE, failing(1), LIMITS);
    // 0110: processing failure.
    const json = { "00081199": sequence(reference(sopUid)), "0008119A": sequence(reason(0x0110)) };
    expect(answer).toEqual({ httpStatus: 202, json, stored: 1, failed: 1 });
    expect(fault).toEqual(new Error("a fault"));
    await expect(storeParts(body([bytes]), TYPE, failing(0), LIMITS)).rejects.toThrow("a fault");
  });

  test.each([
    ["has another content type", "application/dicom", "invalid_argument"],
    ["holds nothing", TYPE, "invalid_dicom"],
  ])("of a request that %s: an error", async (_, type, code) => {
    await expect(storeParts(body([], "--b0--"), type, saying(), LIMITS)).rejects.toMatchObject({ code });
  });
});
