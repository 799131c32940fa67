import { describe, expect, test } from "vitest";
import { boundaryOf, type MultipartLimits, parts } from "./multipart";

/** Parts of a text that comes in pieces of `size` bytes, each as headers and text. */
async function read(text: string, size = 7, limits: MultipartLimits = {}): Promise<[string | undefined, string][]> {
  const bytes = Buffer.from(text, "latin1");
  async function* source() {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  const found: [string | undefined, string][] = [];
  for await (const { headers, body } of parts(source(), "b0", limits)) {
    const pieces: Buffer[] = [];
    for await (const piece of body) pieces.push(piece);
    found.push([headers.get("content-type"), Buffer.concat(pieces).toString("latin1")]);
  }
  return found;
}

const TWO = "--b0\r\nContent-Type: application/dicom\r\n\r\none\r\n--b0\r\n\r\ntwo\r\n--almost\r\n--b0--\r\n";

describe("multipart/related (RFC 2046 5.1.1)", () => {
  test.each([1, 2, 3, 7, 1000])("is read the same in pieces of %i bytes", async (size) => {
    expect(await read(TWO, size)).toEqual([
      ["application/dicom", "one"],
      [undefined, "two\r\n--almost"],
    ]);
  });

  test("may have text before the first boundary and behind the last", async () => {
    expect(await read(`preamble\r\n${TWO}epilogue`)).toHaveLength(2);
    expect(await read(`\r\n${TWO}`)).toHaveLength(2);
  });

  test("may have blanks behind a boundary, empty parts, and no part at all", async () => {
    expect(await read("--b0 \t\r\n\r\n\r\n--b0--")).toEqual([[undefined, ""]]);
    expect(await read("--b0--")).toEqual([]);
  });

  test("skips what nobody reads of a part", async () => {
    async function* source() {
      yield Buffer.from(TWO);
    }
    const names: number[] = [];
    for await (const part of parts(source(), "b0")) names.push(part.headers.size);
    expect(names).toEqual([1, 0]);
  });

  test.each([
    ["breaks off within a part", "--b0\r\n\r\nabc"],
    ["breaks off within a header", "--b0\r\nContent-Type"],
    ["has no boundary", "nothing of the kind"],
    ["has something behind a boundary", "--b0x\r\n\r\nabc\r\n--b0--"],
    ["has an endless header", `--b0\r\n${"x".repeat(40_000)}`],
    ["has an endless preamble", "x".repeat(100_000)],
  ])("that %s is an error", async (_, text) => {
    await expect(read(text, 1000)).rejects.toMatchObject({ code: "invalid_dicom" });
  });

  test("with too many parts is an error", async () => {
    await expect(read(TWO, 100, { maxParts: 1 })).rejects.toMatchObject({ code: "invalid_dicom" });
  });
});

test("the boundary stands in Content-Type, in quotes or not", () => {
  expect(boundaryOf('multipart/related; type="application/dicom"; boundary=abc')).toBe("abc");
  expect(boundaryOf('Multipart/Related;boundary="a b=c"; type="application/dicom"')).toBe("a b=c");
  for (const other of [
    "application/dicom",
    "multipart/related",
    'multipart/form-data; boundary="x"',
    `multipart/related; boundary=${"x".repeat(71)}`,
  ]) {
    expect(() => boundaryOf(other)).toThrow("multipart/related");
  }
});
