import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PictureRecord } from "@fovea/core/dicom/picture-record";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { dicomBytes, encapsulatedPixelData, greyElements, type TestElement } from "../../../core/test/dicom-bytes";
import { type Conversion, convertTree } from "./convert-tree";
import type { ConvertSettings } from "./settings";

const SETTINGS: ConvertSettings = { windows: [{ kind: "auto" }], format: "png", depth: 8, frames: "all", quality: 95 };

const eight: TestElement[] = [
  [0x00280100, "US", [8]],
  [0x00280101, "US", [8]],
  [0x00280102, "US", [7]],
];

let folder: string;
let input: string;
let out: string;

/** One row of 8-bit pixels. */
const grey = (pixels: readonly number[], extra: readonly TestElement[] = []) =>
  dicomBytes(greyElements(1, pixels.length, Uint8Array.from(pixels), [...eight, ...extra]));

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "fovea-convert-"));
  input = join(folder, "in");
  out = join(folder, "out");
  mkdirSync(join(input, "sub"), { recursive: true });
  writeFileSync(join(input, "a.dcm"), grey([0, 128, 255, 7]));
  writeFileSync(
    join(input, "sub/two.dcm"),
    grey(
      [1, 2, 3, 4],
      [
        [0x00280008, "IS", "2"],
        [0x00280011, "US", [2]],
      ],
    ),
  );
  writeFileSync(join(input, "sub/broken.dcm"), grey([1, 2, 3, 4]).subarray(0, 200));
  writeFileSync(join(input, "notes.txt"), "no image");
});

afterEach(() => rmSync(folder, { recursive: true }));

const convert = (settings = SETTINGS, workers = 1): Promise<Conversion> =>
  convertTree({ inputs: [input], out, settings, workers });

const pixels = async (name: string) => [...(await sharp(join(out, name)).toColourspace("b-w").raw().toBuffer())];

const records = (): PictureRecord[] =>
  readFileSync(join(out, "pictures.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

/** Source, status and reason; no name here has a comma. */
const rows = () =>
  readFileSync(join(out, "conversion.csv"), "utf8")
    .trimEnd()
    .split("\r\n")
    .slice(1)
    .map((line) => line.split(","));

describe("convertTree", () => {
  test.each([1, 2])("makes a picture of every frame and a row of every file, with %d workers", async (workers) => {
    const result = await convert(SETTINGS, workers);
    expect(result).toMatchObject({
      counts: { converted: 2, partial: 0, skipped: 1, refused: 1 },
      files: 4,
      pictures: 3,
      leftAlone: 0,
      notReached: 0,
    });
    expect(await pixels("a.png")).toEqual([0, 128, 255, 7]);
    expect(await pixels("sub/two.f0000.png")).toEqual([1, 2]);
    expect(await pixels("sub/two.f0001.png")).toEqual([3, 4]);
    expect(rows().map(([source, status]) => [source.slice(input.length + 1), status])).toEqual([
      ["a.dcm", "converted"],
      ["notes.txt", "skipped"],
      ["sub/broken.dcm", "refused"],
      ["sub/two.dcm", "converted"],
    ]);
    expect(rows()[1][2]).toBe("no DICOM file");
    expect(records().map(({ picture, frame, frames }) => [picture, frame, frames])).toEqual([
      ["a.png", 0, 1],
      ["sub/two.f0000.png", 0, 2],
      ["sub/two.f0001.png", 1, 2],
    ]);
  });

  test("leaves alone what is done, and makes again what changed or is gone", async () => {
    await convert();
    // The refused file is tried again each time.
    expect(await convert()).toMatchObject({ leftAlone: 3, pictures: 3 });
    rmSync(join(out, "a.png"));
    utimesSync(join(input, "sub/two.dcm"), 1, 1);
    expect(await convert()).toMatchObject({ leftAlone: 1, pictures: 3 });
    expect(statSync(join(out, "a.png")).size).toBe(records()[0].bytes);
  });

  test("begins anew under other settings", async () => {
    await convert();
    expect(await convert({ ...SETTINGS, frames: "first" })).toMatchObject({ leftAlone: 0, pictures: 2 });
  });

  test("goes on from a journal that was cut off", async () => {
    await convert();
    appendFileSync(join(out, "conversion-journal.jsonl"), '{"source":"half of a li');
    expect(await convert()).toMatchObject({ leftAlone: 3, pictures: 3 });
    expect(await convert()).toMatchObject({ leftAlone: 3 });
  });

  test("ends when it is asked to, keeps what is done, and goes on from there", async () => {
    let asked = 0;
    const options = { inputs: [input], out, settings: SETTINGS, workers: 1 };
    const first = await convertTree(options, { shouldStop: () => asked++ > 0 });
    expect(first).toMatchObject({ pictures: 1, notReached: 3 });
    expect(rows()).toHaveLength(1);
    expect(await convert()).toMatchObject({ leftAlone: 1, pictures: 3, notReached: 0 });
  });

  test("loses one frame to a damaged one", async () => {
    const good = await sharp(Buffer.alloc(64, 9), { raw: { width: 8, height: 8, channels: 1 } })
      .toColourspace("b-w")
      .jpeg()
      .toBuffer();
    const elements = greyElements(8, 8, new Uint8Array(), [...eight, [0x00280008, "IS", "2"]]).slice(0, -1);
    const head = dicomBytes(elements, { transferSyntax: "1.2.840.10008.1.2.4.50" });
    const frames = encapsulatedPixelData([good.subarray(0, 60), good]);
    writeFileSync(join(input, "half.dcm"), Uint8Array.from([...head, ...frames]));
    const { counts, reasons } = await convert();
    expect(counts.partial).toBe(1);
    expect(reasons.map(({ reason }) => reason)).toContainEqual(expect.stringMatching(/^1 of 2 frames: .*frame 0/));
    expect(await pixels("half.f0001.png")).toHaveLength(64);
  });

  test("keeps 16 bits in PNG and measured values in arrays", async () => {
    const values = Uint8Array.of(0, 0, 1, 0, 0xff, 15, 0, 8); // 0, 1, 4095, 2048
    rmSync(join(input, "sub"), { recursive: true });
    const rescale: TestElement[] = [
      [0x00281052, "DS", "-1024"],
      [0x00281053, "DS", "1"],
    ];
    writeFileSync(join(input, "a.dcm"), dicomBytes(greyElements(1, 4, values, rescale)));
    await convert({ ...SETTINGS, windows: "values", depth: 16 });
    const png = await sharp(join(out, "a.png"))
      .pipelineColourspace("grey16")
      .toColourspace("grey16")
      .raw({ depth: "ushort" })
      .toBuffer();
    expect([...new Uint16Array(new Uint8Array(png).buffer)]).toEqual([0, 1, 4095, 2048]);
    expect(records()[0].valueOfPixel).toEqual({ slope: 1, intercept: -1024, exact: true });
    await convert({ ...SETTINGS, windows: "values", format: "npy", depth: "float" });
    const npy = readFileSync(join(out, "a.npy"));
    expect([...new Float32Array(new Uint8Array(npy.subarray(-16)).buffer)]).toEqual([-1024, -1023, 3071, 1024]);
  });

  test.each<[string, Partial<ConvertSettings>]>([
    ["JPEG holds 8 bits", { format: "jpeg", depth: 16 }],
    ["holds no floats", { depth: "float" }],
    ["do not fit in 8 bits", { windows: "values" }],
    ["2 windows", { windows: [{ kind: "auto" }, { kind: "auto" }] }],
  ])("refuses settings that no picture can have: %s", async (message, settings) => {
    await expect(convert({ ...SETTINGS, ...settings })).rejects.toThrow(message);
  });
});
