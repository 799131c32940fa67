import { describe, expect, test } from "vitest";
import { decodeAccept, decodeRequest, encodeAccept, encodeRequest } from "./associate-pdu";
import { PDU_HEADER } from "./pdu";
import { ProtocolFault } from "./protocol-fault";

const ascii = (text: string) => Buffer.from(text, "latin1").toString("hex");

/** A-ASSOCIATE-RQ by hand after PS3.8 tables 9-11 to 9-15, D.1-1, and PS3.7 tables D.3-1, D.3-3, D.3-10. */
const REQUEST = Buffer.from(
  [
    "0100 000000bb 0001 0000", // type, length 68 + 25 + 52 + 42 = 187, protocol version 1
    ascii("ARCHIVE         "),
    ascii("FOVEA           "),
    "00".repeat(32),
    `1000 0015 ${ascii("1.2.840.10008.3.1.1.1")}`, // application context, 21 bytes
    // presentation context 1: 4 + 4 + 17 + 4 + 19 = 48
    `2000 0030 01000000 3000 0011 ${ascii("1.2.840.10008.1.1")} 4000 0013 ${ascii("1.2.840.10008.1.2.1")}`,
    // user information: 8 + (4 + 5) + (4 + 9) + (4 + 4) = 38
    "5000 0026",
    "5100 0004 00020000", // maximum length 131072
    `5200 0005 ${ascii("1.2.3")}`,
    `5400 0009 0005 ${ascii("1.2.5")} 00 01`, // SCP alone
    `5500 0004 ${ascii("TEST")}`,
  ]
    .join("")
    .replaceAll(" ", ""),
  "hex",
);

const PARTIES = {
  calledAe: "ARCHIVE",
  callingAe: "FOVEA",
  maxPdu: 131_072,
  implementationClass: "1.2.3",
  implementationVersion: "TEST",
  roles: [{ sopClass: "1.2.5", scu: false, scp: true }],
};
const CONTEXT = { id: 1, abstractSyntax: "1.2.840.10008.1.1", transferSyntaxes: ["1.2.840.10008.1.2.1"] };

describe("A-ASSOCIATE-RQ", () => {
  test("is written as PS3.8 9.3.2 lays it out", () => {
    expect(encodeRequest({ ...PARTIES, contexts: [CONTEXT] }).toString("hex")).toBe(REQUEST.toString("hex"));
  });

  test("is read from the same bytes", () => {
    expect(decodeRequest(REQUEST.subarray(PDU_HEADER))).toEqual({
      ...PARTIES,
      protocolVersion: 1,
      applicationContext: "1.2.840.10008.3.1.1.1",
      contexts: [CONTEXT],
    });
  });

  test.each([
    ["is cut short anywhere", REQUEST.subarray(PDU_HEADER, 150)],
    ["ends within its fixed fields", REQUEST.subarray(PDU_HEADER, 40)],
    ["has a context of even number", changed(PDU_HEADER + 68 + 25 + 4, 2)],
    ["has an item that is longer than the rest", changed(PDU_HEADER + 68 + 3, 0xff)],
    ["has letters in a UID", changed(PDU_HEADER + 68 + 4, 0x61)],
  ])("is a fault where it %s", (_, body) => {
    expect(() => decodeRequest(body)).toThrow(ProtocolFault);
  });

  test("does not put unprintable bytes of a title into what is logged", () => {
    const body = changed(PDU_HEADER + 20, 0x0a);
    expect(decodeRequest(body).callingAe).toBe("?OVEA");
  });
});

describe("A-ASSOCIATE-AC", () => {
  test("comes back as it was written", () => {
    const accept = { ...PARTIES, contexts: [{ id: 1, result: 0, transferSyntax: "1.2.840.10008.1.2.1" }] };
    const bytes = encodeAccept(accept);
    // Type 2; the context's item 21H holds result 0 and one transfer syntax (PS3.8 table 9-18).
    expect(bytes[0]).toBe(2);
    expect(bytes.toString("hex")).toContain(`2100001b0100000040000013${ascii("1.2.840.10008.1.2.1")}`);
    expect(decodeAccept(bytes.subarray(PDU_HEADER))).toEqual({
      ...accept,
      applicationContext: "1.2.840.10008.3.1.1.1",
    });
  });
});

/** The body with one byte replaced; `at` counts from the PDU's beginning. */
function changed(at: number, value: number): Buffer {
  const bytes = Buffer.from(REQUEST);
  bytes[at] = value;
  return bytes.subarray(PDU_HEADER);
}
