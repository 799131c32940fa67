/**
 * @file The receiver against senders that err, dawdle or mean harm, over bytes written by hand.
 */
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { FoveaError } from "@fovea/core/errors";
import type { DimseConfig } from "@fovea/node/config/service-config";
import { decodeCommand } from "@fovea/node/pacs/command-set";
import { abort, releaseRequest } from "@fovea/node/pacs/pdu";
import { type AssociationEnd, type Receiver, type ReceiverTimes, startReceiver } from "@fovea/node/pacs/receiver";
import { afterEach, describe, expect, test } from "vitest";
import {
  associateRequest,
  conversation,
  damagedConversation,
  echoMessage,
  message,
  spoken,
  storeMessage,
} from "./conversation";
import { CT_CLASS, type MemorySink, memorySink } from "./memory-sink";
import { receiverConfig } from "./receiver-config";

let receiver: Receiver | undefined;
afterEach(async () => {
  await receiver?.close();
  receiver = undefined;
});

async function started(options: { config?: Partial<DimseConfig>; sink?: MemorySink; times?: ReceiverTimes } = {}) {
  const sink = options.sink ?? memorySink();
  const ends: AssociationEnd[] = [];
  const logged: string[] = [];
  const log = (details: object, text: string) => logged.push(`${text} ${JSON.stringify(details)}`);
  receiver = await startReceiver({
    config: receiverConfig(options.config),
    sink,
    times: { artimMs: 500, idleMs: 500, pduMs: 500, ...options.times },
    onAssociation: (end) => ends.push(end),
    log: { info: log, warn: log },
  });
  return { receiver, port: receiver.port, sink, ends, logged };
}

/** What was answered: PDUs by type, commands of responses by status. */
function answers(bytes: Buffer | undefined) {
  if (!bytes) throw new Error("the connection was not closed");
  const types: number[] = [];
  const statuses: (number | undefined)[] = [];
  const bodies: Buffer[] = [];
  for (let at = 0; at + 6 <= bytes.length; at += 6 + bytes.readUInt32BE(at + 2)) {
    const body = bytes.subarray(at + 6, at + 6 + bytes.readUInt32BE(at + 2));
    types.push(bytes[at]);
    bodies.push(body);
    if (bytes[at] === 4) statuses.push(decodeCommand(body.subarray(6)).Status);
  }
  return { types, statuses, bodies };
}

const DATA = Buffer.alloc(5000, 1);

describe("an association", () => {
  test("is accepted, answered message by message, and released", async () => {
    const { port, sink, ends } = await started();
    const { types, statuses } = answers(await spoken(port, conversation()));
    expect(types).toEqual([2, 4, 4, 4, 6]);
    expect(statuses).toEqual([0, 0, 0]);
    expect(sink.kept.map(({ sopUid, dataSet }) => [sopUid, dataSet.length])).toEqual([
      ["1.2.3.4", 3000],
      ["1.2.3.5", 500],
    ]);
    expect(sink.kept[0]).toMatchObject({
      sopClassUid: CT_CLASS,
      transferSyntaxUid: "1.2.840.10008.1.2.1",
      callingAe: "TESTER",
    });
    expect(ends).toMatchObject([{ callingAe: "TESTER", stored: 2, refused: 0, bytes: 3500, how: "released" }]);
  });

  test("is read the same in pieces of one byte", async () => {
    const { port, sink } = await started({ times: { pduMs: 5000 } });
    const socket = connect({ host: "127.0.0.1", port, noDelay: true });
    const closed = new Promise((resolve) => socket.on("close", resolve));
    socket.resume();
    for (const byte of Buffer.concat([
      associateRequest(),
      storeMessage("1.2.3", DATA.subarray(0, 300), 1, 100),
      releaseRequest(),
    ])) {
      if (!socket.write(Buffer.of(byte))) await sleep(1);
    }
    await closed;
    expect(sink.kept.map(({ dataSet }) => dataSet.equals(DATA.subarray(0, 300)))).toEqual([true]);
  });

  test("is rejected where the calling title is not on the list: permanent, by the user, reason 3", async () => {
    const { port, ends } = await started({ config: { allowedAeTitles: ["CT1"] } });
    expect((await spoken(port, associateRequest("TESTER")))?.toString("hex")).toBe("03000000000400010103");
    expect((await spoken(port, Buffer.concat([associateRequest("CT1"), releaseRequest()])))?.[0]).toBe(2);
    expect(ends.map(({ how }) => how)).toEqual(["rejected", "released"]);
  });

  test("is rejected where another application is called: permanent, by the user, reason 7", async () => {
    const { port, ends } = await started({ config: { aeTitle: "ELSEWHERE" } });
    expect((await spoken(port, conversation()))?.toString("hex")).toBe("03000000000400010107");
    expect(ends.map(({ how }) => how)).toEqual(["rejected"]);
  });

  test("is rejected for now where there are too many: transient, by the provider, reason 2", async () => {
    const { receiver, port } = await started({ config: { maxAssociations: 2 }, times: { idleMs: 5000 } });
    const open = [1, 2].map(() => connect({ host: "127.0.0.1", port }).on("error", () => {}));
    for (const socket of open) socket.write(associateRequest());
    while (receiver.associations < 2) await sleep(5);
    expect((await spoken(port, associateRequest()))?.toString("hex")).toBe("03000000000400020302");
    for (const socket of open) socket.destroy();
    while (receiver.associations > 0) await sleep(5);
    expect((await spoken(port, Buffer.concat([associateRequest(), releaseRequest()])))?.[0]).toBe(2);
  });

  test("is rejected likewise where many ask for the last places at the same moment", async () => {
    const { port } = await started({ config: { maxAssociations: 3 } });
    const said = await Promise.all(Array.from({ length: 12 }, () => spoken(port, associateRequest())));
    expect(said.filter((answer) => answer?.[0] === 2)).toHaveLength(3);
    expect(said.filter((answer) => answer?.toString("hex") === "03000000000400020302")).toHaveLength(9);
  });

  test("with another application context is rejected: permanent, by the user, reason 2", async () => {
    const { port } = await started();
    const request = associateRequest();
    request[request.indexOf("1.2.840.10008.3.1.1.1") + 20] = 0x32;
    expect((await spoken(port, request))?.toString("hex")).toBe("03000000000400010102");
  });
});

describe("an instance", () => {
  const store = async (stored: Buffer, options: Parameters<typeof started>[0] = {}) => {
    const setting = await started(options);
    const said = Buffer.concat([associateRequest(), stored, echoMessage(9), releaseRequest()]);
    return { ...setting, ...answers(await spoken(setting.port, said)) };
  };

  test("beyond the size limit gets status A700, nothing of it is kept, and the association goes on", async () => {
    const { statuses, sink, ends } = await store(storeMessage("1.2.3", DATA), { config: { maxInstanceBytes: 4000 } });
    expect(statuses).toEqual([0xa700, 0]);
    expect([sink.kept.length, sink.abandoned, sink.pending]).toEqual([0, 1, 0]);
    expect(ends).toMatchObject([{ stored: 0, refused: 1 }]);
  });

  test("without end is aborted", async () => {
    const endless = Buffer.concat([associateRequest(), storeMessage("1.2.3", Buffer.alloc(40_000), 1, 1000)]);
    const { port, sink, ends } = await started({ config: { maxInstanceBytes: 4000 } });
    expect(answers(await spoken(port, endless)).types).toEqual([2, 7]);
    expect(sink.pending).toBe(0);
    expect(ends).toMatchObject([{ how: "aborted" }]);
  });

  test.each([
    ["a full disk", new FoveaError("disk_full", "no room"), 0xa700],
    ["something unexpected", new Error("oops"), 0x0110],
  ])("that the sink cannot write for %s gets its status, and the association goes on", async (_, error, status) => {
    for (const where of ["open", "write", "commit"] as const) {
      const sink = memorySink({
        [where]: async () => {
          throw error;
        },
      });
      const { statuses } = await store(storeMessage("1.2.3", DATA), { sink });
      expect([where, statuses]).toEqual([where, [status, 0]]);
      expect(sink.pending).toBe(0);
      await receiver?.close();
    }
  });

  test("that the sink refuses gets the sink's status", async () => {
    const { statuses } = await store(storeMessage("1.2.3", DATA), { sink: memorySink({ commit: async () => 0xa900 }) });
    expect(statuses).toEqual([0xa900, 0]);
  });

  test("whose UID is no UID is refused before the sink hears of it", async () => {
    const { statuses, sink } = await store(storeMessage("../../etc", DATA));
    expect(statuses).toEqual([0x0117, 0]);
    expect(sink.kept.length + sink.abandoned).toBe(0);
  });

  test("is dropped if its sender leaves in the middle of it", async () => {
    const { port, sink, ends } = await started();
    const half = Buffer.concat([associateRequest(), storeMessage("1.2.3", DATA, 2, 1000)]).subarray(0, -500);
    await spoken(port, half, 5000, true);
    while (ends.length === 0) await sleep(5);
    expect([sink.kept.length, sink.abandoned, sink.pending]).toEqual([0, 1, 0]);
    expect(ends[0].how).toBe("lost");
  });

  test("waits for a slow sink: the receiver does not read ahead", async () => {
    let written = 0;
    let most = 0;
    let sent = 0;
    const sink = memorySink({
      write: async (bytes) => {
        most = Math.max(most, sent - written);
        await sleep(2);
        written += bytes;
      },
    });
    const { port } = await started({ sink, times: { pduMs: 10_000 } });
    const socket = connect({ host: "127.0.0.1", port }).resume();
    const closed = new Promise((resolve) => socket.on("close", resolve));
    const stored = storeMessage("1.2.3", Buffer.alloc(24 * 2 ** 20), 1, 65_536);
    socket.write(associateRequest());
    for (let at = 0; at < stored.length; at += 65_536) {
      const piece = stored.subarray(at, at + 65_536);
      if (!socket.write(piece)) await new Promise((resolve) => socket.once("drain", resolve));
      sent += piece.length;
    }
    socket.write(releaseRequest());
    await closed;
    expect(sink.kept[0].dataSet.length).toBe(24 * 2 ** 20);
    // What the kernel keeps of both sockets (some MiB at most) and 256 KiB here.
    expect(most).toBeLessThan(12 * 2 ** 20);
  });
});

describe("a sender that dawdles", () => {
  test.each([
    ["says nothing", Buffer.alloc(0)],
    ["stops within its association request", associateRequest().subarray(0, 60)],
    ["says nothing after the association", associateRequest()],
    ["stops within an instance", Buffer.concat([associateRequest(), storeMessage("1.2.3", DATA)]).subarray(0, -100)],
  ])("and %s is shown out in time", async (_, bytes) => {
    const { port, ends, sink } = await started({ times: { artimMs: 200, idleMs: 200, pduMs: 200 } });
    const before = performance.now();
    expect(await spoken(port, bytes, 5000)).toBeDefined();
    expect(performance.now() - before).toBeLessThan(2000);
    expect(ends.map(({ how }) => how)).toEqual(["timed_out"]);
    expect(sink.pending).toBe(0);
  });

  test("by a byte at a time does not get longer for it", async () => {
    const { port, ends } = await started({ times: { artimMs: 400 } });
    const socket = connect({ host: "127.0.0.1", port, noDelay: true }).on("error", () => {});
    socket.resume();
    const bytes = associateRequest();
    for (let i = 0; ends.length === 0 && i < bytes.length; i++) {
      socket.write(bytes.subarray(i, i + 1));
      await sleep(20);
    }
    expect(ends.map(({ how }) => how)).toEqual(["timed_out"]);
    socket.destroy();
  });
});

describe("bytes that break the rules", () => {
  const request = associateRequest();
  const [bomb, big, unknown, twice] = ["0100ffffffff", "0400ffffffff", "630000000004", "0100"].map((h) =>
    Buffer.from(h, "hex"),
  );
  const lying = storeMessage("1.2.3", DATA);
  lying.writeUInt32BE(0x00ffffff, 6);
  test.each([
    ["a request of 4 GiB", bomb, [7]],
    ["data before an association", echoMessage(), [7]],
    ["HTTP", Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), [7]],
    ["a PDU of 4 GiB", Buffer.concat([request, big]), [2, 7]],
    ["a PDU of a type that there is not", Buffer.concat([request, unknown, Buffer.alloc(4)]), [2, 7]],
    ["a second request", Buffer.concat([request, request, twice]), [2, 7]],
    ["a fragment longer than its PDU", Buffer.concat([request, lying]), [2, 7]],
    [
      "a message in a context that was not agreed",
      Buffer.concat([request, message(9, { CommandField: 0x30 })]),
      [2, 7],
    ],
    ["data without a command", Buffer.concat([request, Buffer.from("0400000000080000000401020000", "hex")]), [2, 7]],
    ["a response that nobody asked for", Buffer.concat([request, message(1, { CommandField: 0x8030 })]), [2, 7]],
  ])("%s: an abort", async (_, bytes, types) => {
    const { port, ends } = await started();
    expect(answers(await spoken(port, bytes)).types).toEqual(types);
    expect(ends.map(({ how }) => how)).toEqual(["aborted"]);
  });

  test("an abort by the sender ends the association quietly", async () => {
    const { port, ends } = await started();
    expect(answers(await spoken(port, Buffer.concat([request, abort(0, 0)]))).types).toEqual([2]);
    expect(ends.map(({ how }) => how)).toEqual(["lost"]);
  });

  test("another service on a storage context is not recognized", async () => {
    const { port } = await started();
    const find = message(3, { AffectedSOPClassUID: CT_CLASS, CommandField: 0x20, MessageID: 5 }, DATA);
    expect(answers(await spoken(port, Buffer.concat([request, find, releaseRequest()]))).statuses).toEqual([0x0211]);
  });

  test("600 damaged associations leave nothing behind and nobody out", async () => {
    const { receiver, port, sink } = await started({
      config: { maxAssociations: 32 },
      times: { artimMs: 100, idleMs: 100, pduMs: 100 },
    });
    let next = 0;
    const speak = async () => {
      while (next < 600) {
        const index = next++;
        const { bytes, what } = damagedConversation(7, index);
        const isClosed = (await spoken(port, bytes, 10_000)) !== undefined;
        expect([index, what, isClosed]).toEqual([index, what, true]);
      }
    };
    await Promise.all(Array.from({ length: 16 }, speak));
    while (receiver.associations > 0) await sleep(5);
    expect(sink.pending).toBe(0);
    expect(answers(await spoken(port, conversation())).statuses).toEqual([0, 0, 0]);
  });
});

describe("closing", () => {
  test("finishes the instance under way, then ends the association", async () => {
    const sink = memorySink({ commit: () => sleep(300).then(() => 0) });
    const { receiver, port } = await started({ sink, times: { idleMs: 5000 } });
    const said = spoken(
      port,
      Buffer.concat([associateRequest(), storeMessage("1.2.3", DATA), storeMessage("1.2.4", DATA)]),
    );
    while (sink.pending === 0) await sleep(5);
    await receiver.close();
    const { types, statuses } = answers(await said);
    expect(statuses).toEqual([0]);
    expect(types).toEqual([2, 4, 7]);
    expect(sink.kept.map(({ sopUid }) => sopUid)).toEqual(["1.2.3"]);
  });

  test("does not wait for those who say nothing", async () => {
    const { receiver, port } = await started({ times: { idleMs: 60_000, artimMs: 60_000 } });
    const said = [spoken(port, associateRequest()), spoken(port, Buffer.alloc(0))];
    while (receiver.associations === 0) await sleep(5);
    const before = performance.now();
    await receiver.close();
    expect(performance.now() - before).toBeLessThan(4000);
    await Promise.all(said);
  });

  test("gives up on a sender that stopped in mid-instance", async () => {
    const { receiver, port, sink } = await started({ times: { pduMs: 60_000, closeMs: 200 } });
    const half = Buffer.concat([associateRequest(), storeMessage("1.2.3", DATA)]).subarray(0, -100);
    const said = spoken(port, half);
    while (sink.pending === 0) await sleep(5);
    await receiver.close();
    await said;
    expect([sink.kept.length, sink.pending]).toEqual([0, 0]);
  });
});

test("a port that is taken is named, with what to do", async () => {
  const { port } = await started();
  const second = startReceiver({ config: receiverConfig({ port }), sink: memorySink() });
  await expect(second).rejects.toMatchObject({ code: "invalid_config", message: expect.stringContaining(`${port}`) });
});

test("nothing of what is in the objects gets into the log", async () => {
  const { port, logged } = await started();
  await spoken(
    port,
    Buffer.concat([associateRequest(), storeMessage("1.2.777", Buffer.from("Doe^Jane")), releaseRequest()]),
  );
  while (logged.length === 0) await sleep(5);
  expect(logged.join("\n")).not.toMatch(/Doe|777/);
});
