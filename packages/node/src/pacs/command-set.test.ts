import { describe, expect, test } from "vitest";
import { decodeCommand, encodeCommand } from "./command-set";
import { abort, associateReject, dataHeader, readPduHeader, releaseRequest } from "./pdu";
import { ProtocolFault } from "./protocol-fault";

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");

/** C-ECHO-RQ by hand after PS3.7 table 9.3-12 and annex E: Implicit VR Little Endian, UIDs padded with NUL. */
const ECHO = hex(
  [
    "0000 0000 04000000 38000000", // group length 56
    `0000 0200 12000000 ${Buffer.from("1.2.840.10008.1.1\0").toString("hex")}`,
    "0000 0001 02000000 3000", // C-ECHO-RQ
    "0000 1001 02000000 0700", // message 7
    "0000 0008 02000000 0101", // no data set
  ].join(""),
);
const COMMAND_7 = { AffectedSOPClassUID: "1.2.840.10008.1.1", CommandField: 0x0030, MessageID: 7 };

describe("a command set", () => {
  test("is written as PS3.7 has it", () => {
    expect(encodeCommand(COMMAND_7, false).toString("hex")).toBe(ECHO.toString("hex"));
  });

  test("is read from the same bytes", () => {
    expect(decodeCommand(ECHO)).toEqual({ ...COMMAND_7, CommandDataSetType: 0x0101 });
  });

  test.each([
    ["an element of another group", hex("0800 0001 02000000 3000")],
    ["an element longer than the rest", hex("0000 0001 ff000000 3000")],
    ["no command field", hex("0000 1001 02000000 0700")],
    ["half an element", hex("0000 0001 02")],
  ])("is a fault with %s", (_, bytes) => {
    expect(() => decodeCommand(bytes)).toThrow(ProtocolFault);
  });
});

describe("small PDUs", () => {
  test("are those of PS3.8 9.3.4 to 9.3.8", () => {
    expect(associateReject({ result: 2, source: 3, reason: 2 }).toString("hex")).toBe("03000000000400020302");
    expect(releaseRequest().toString("hex")).toBe("05000000000400000000");
    expect(abort(2, 6).toString("hex")).toBe("07000000000400000206");
    // P-DATA-TF with a last command fragment of 8 bytes in context 3: PDU length 14, item length 10.
    expect(dataHeader(3, true, true, 8).toString("hex")).toBe("04000000000e0000000a0303");
    expect(dataHeader(3, false, false, 8)[11]).toBe(0);
  });

  test("with lengths that PS3.8 does not allow are faults", () => {
    expect(readPduHeader(hex("0400 00000010"))).toEqual({ type: 4, length: 16 });
    expect(() => readPduHeader(hex("0400 ffffffff"))).toThrow(ProtocolFault);
    expect(() => readPduHeader(hex("0100 7fffffff"))).toThrow(ProtocolFault);
    expect(() => readPduHeader(hex("0500 00000005"))).toThrow(ProtocolFault);
    expect(() => readPduHeader(hex("0900 00000004"))).toThrow(ProtocolFault);
  });
});
