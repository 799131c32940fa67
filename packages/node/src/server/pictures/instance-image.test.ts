import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../../../test/shared";
import { dicomBytes, greyElements, type TestElement } from "../../../../core/test/dicom-bytes";
import { FrameDecoder } from "../../dicom/frame-decoder";
import { describeImage, frameValues, openImageFile, shownFrame } from "./instance-image";

const NAMES = { studyUid: "1.2", seriesUid: "1.2.3", sopUid: "1.2.3.4", modality: "CT" };
const decoder = new FrameDecoder();
afterAll(() => decoder.close());

/** One row of 16-bit pixels, 12 bits stored. */
function grey(pixels: readonly number[], extra: readonly TestElement[] = []): Uint8Array {
  const bytes = new Uint8Array(Uint16Array.from(pixels).buffer);
  return dicomBytes(greyElements(1, pixels.length, bytes, [...extra]));
}

const described = async (bytes: Uint8Array) => describeImage(openImageFile(bytes), NAMES);
const valuesOf = async (bytes: Uint8Array) => frameValues(openImageFile(bytes), 0, decoder);
const values16 = async (bytes: Uint8Array) => [...new Int16Array((await valuesOf(bytes)).slice().buffer)];

describe("describeImage", () => {
  test("tells slope, intercept and windows as the file has them (PS3.3 C.11.1, C.11.2)", async () => {
    const bytes = grey(
      [0, 1],
      [
        [0x00281050, "DS", "40\\-600"],
        [0x00281051, "DS", "400\\1500"],
        [0x00281052, "DS", "-1024"],
        [0x00281053, "DS", "2"],
        [0x00281055, "LO", "SOFT\\LUNG"],
      ],
    );
    expect(await described(bytes)).toMatchObject({
      sop_uid: "1.2.3.4",
      modality: "CT",
      rows: 1,
      columns: 2,
      bits_allocated: 16,
      bits_stored: 12,
      signed: false,
      voi_lut_function: "LINEAR",
      values: {
        rescale_slope: 2,
        rescale_intercept: -1024,
        windows: [
          { center: 40, width: 400, explanation: "SOFT" },
          { center: -600, width: 1500, explanation: "LUNG" },
        ],
      },
      frame_values: null,
      lossy: false,
    });
  });

  test("leaves windows out that are none", async () => {
    const bytes = grey(
      [0, 1],
      [
        [0x00281050, "DS", "40\\50"],
        [0x00281051, "DS", "0\\100"],
      ],
    );
    expect((await described(bytes)).values.windows).toEqual([{ center: 50, width: 100, explanation: null }]);
  });

  test("tells padding, spacing and aspect, and where the file says nothing, that", async () => {
    const bytes = grey(
      [0, 1],
      [
        [0x00280030, "DS", "0.5\\0.25"],
        [0x00280034, "IS", "2\\1"],
        [0x00280120, "US", [4000]],
      ],
    );
    expect(await described(bytes)).toMatchObject({
      pixel_padding: { low: 4000, high: 4000 },
      pixel_spacing: { row: 0.5, column: 0.25, source: "PixelSpacing" },
      pixel_aspect: 2,
    });
    expect(await described(grey([0, 1]))).toMatchObject({
      pixel_padding: null,
      pixel_spacing: null,
      pixel_aspect: 1,
      image_orientation: null,
      patient_orientation: null,
    });
  });

  describe("of frames with functional groups (PS3.3 C.7.6.16)", () => {
    const AXIAL = "1\\0\\0\\0\\1\\0";
    const SAGITTAL = "0\\1\\0\\0\\0\\-1";
    const group = (cosines: string, spacing: string, slope: string, lutFunction = "LINEAR"): TestElement[] => [
      [0x00209116, "SQ", [[[0x00200037, "DS", cosines]]]],
      [0x00289110, "SQ", [[[0x00280030, "DS", spacing]]]],
      [
        0x00289132,
        "SQ",
        [
          [
            [0x00281050, "DS", "40"],
            [0x00281051, "DS", "400"],
            [0x00281056, "CS", lutFunction],
          ],
        ],
      ],
      [
        0x00289145,
        "SQ",
        [
          [
            [0x00281052, "DS", "0"],
            [0x00281053, "DS", slope],
          ],
        ],
      ],
    ];
    const frames = (groups: readonly TestElement[][], count: number, extra: readonly TestElement[] = []) =>
      described(
        dicomBytes(
          greyElements(2, 2, new Uint8Array(8 * count), [
            [0x00280008, "IS", String(count)],
            [0x52009230, "SQ", groups],
            ...extra,
          ]),
        ),
      );

    test("tells sides, spacing, rescale and window function of each where they differ, and no side of all", async () => {
      const image = await frames([group(AXIAL, "1\\1", "1"), group(SAGITTAL, "1\\2", "2", "SIGMOID")], 2, [
        [0x00200020, "CS", "L\\P"],
      ]);
      expect(image).toMatchObject({ image_orientation: null, pixel_spacing: null, patient_orientation: null });
      expect(image.frame_values).toMatchObject([
        {
          rescale_slope: 1,
          voi_lut_function: "LINEAR",
          image_orientation: [1, 0, 0, 0, 1, 0],
          pixel_spacing: { row: 1, column: 1 },
        },
        {
          rescale_slope: 2,
          voi_lut_function: "SIGMOID",
          image_orientation: [0, 1, 0, 0, 0, -1],
          pixel_spacing: { row: 1, column: 2 },
        },
      ]);
    });

    test("tells of all what all have", async () => {
      const one = group(AXIAL, "1\\2", "1");
      expect(await frames([one, one], 2)).toMatchObject({
        frame_values: null,
        image_orientation: [1, 0, 0, 0, 1, 0],
        pixel_spacing: { row: 1, column: 2 },
      });
      const image = await frames([one, group(AXIAL, "1\\2", "3")], 2);
      expect(image.image_orientation).toEqual([1, 0, 0, 0, 1, 0]);
      expect(image.frame_values?.map(({ rescale_slope }) => rescale_slope)).toEqual([1, 3]);
    });

    test("gives a frame without a group of its own nothing of another's", async () => {
      const { frame_values } = await frames([group(AXIAL, "1\\2", "3")], 2);
      expect(frame_values?.[1]).toEqual({
        rescale_slope: 1,
        rescale_intercept: 0,
        windows: [],
        voi_lut_function: "LINEAR",
        pixel_spacing: null,
        image_orientation: null,
      });
    });

    test("refuses to describe more differing frames than a page can hold, and describes as many alike", async () => {
      const one = group(AXIAL, "1\\2", "3");
      // The frames after the first have no group of their own: they differ from it, or have what is shared.
      const many = (extra: readonly TestElement[], groups: readonly TestElement[][]) =>
        described(
          dicomBytes(
            greyElements(1, 1, new Uint8Array(2 * 100_001), [
              [0x00280008, "IS", "100001"],
              [0x52009230, "SQ", groups],
              ...extra,
            ]),
          ),
        );
      await expect(many([], [one])).rejects.toMatchObject({
        code: "unsupported_dicom",
        place: { at: "NumberOfFrames" },
      });
      const alike = await many([[0x52009229, "SQ", [one]]], [[]]);
      expect(alike).toMatchObject({ frames: 100_001, frame_values: null, pixel_spacing: { row: 1, column: 2 } });
    });

    test("tells no sides of an animal on four legs, whose directions have other names", async () => {
      const one = group(AXIAL, "1\\2", "1");
      const image = await frames([one, one], 2, [
        [0x00102210, "CS", "QUADRUPED"],
        [0x00200020, "CS", "L\\P"],
      ]);
      expect(image).toMatchObject({ image_orientation: null, patient_orientation: null, pixel_spacing: { row: 1 } });
    });
  });

  test("refuses what the pool that analyses refuses: many elements, frames of too many pixels", async () => {
    // Items of no length, FFFE,E000 in little endian, each of which would become an object.
    const emptyItems = new Uint8Array(8 * 600_001);
    for (let at = 0; at < emptyItems.length; at += 8) emptyItems.set([0xfe, 0xff, 0x00, 0xe0], at);
    const items = dicomBytes(greyElements(1, 2, new Uint8Array(4), [[0x52009230, "SQ", emptyItems]]));
    await expect(described(items)).rejects.toMatchObject({ code: "invalid_dicom" });
    const wide = dicomBytes(greyElements(16384, 8193, new Uint8Array(2)));
    await expect(described(wide)).rejects.toMatchObject({ code: "invalid_dicom", place: { at: "Rows" } });
  });

  test("refuses what is no image", async () => {
    await expect(described(Buffer.from("{}"))).rejects.toMatchObject({ code: "invalid_dicom" });
    const cut = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
    await expect(described(cut)).rejects.toMatchObject({ code: "invalid_image" });
    await expect(described(dicomBytes([[0x00080060, "CS", "SR"]]))).rejects.toMatchObject({
      code: "unsupported_dicom",
    });
  });
});

describe("frameValues", () => {
  test("cuts stored values to their bits and extends their sign (PS3.5 8.1.1)", async () => {
    // 12 bits of 0xF801: 0x801, which as a signed number is -2047.
    expect(await values16(grey([0xf801, 5]))).toEqual([0x801, 5]);
    expect(await values16(grey([0xf801, 5], [[0x00280103, "US", [1]]]))).toEqual([-2047, 5]);
  });

  test("applies a Modality LUT that is a table, and says so by slope and intercept", async () => {
    const table: TestElement = [
      0x00283000,
      "SQ",
      [
        [
          [0x00283002, "US", [3, 0, 16]],
          [0x00283006, "US", [7, 500, 60000]],
        ],
      ],
    ];
    const bytes = grey([2, 0, 1], [table]);
    const values = await valuesOf(bytes);
    expect([...new Uint16Array(values.slice().buffer)]).toEqual([60000, 7, 500]);
    expect(await described(bytes)).toMatchObject({
      bits_stored: 16,
      signed: false,
      values: { rescale_slope: 1, rescale_intercept: 0 },
    });
  });

  test("has no frame beyond the last", async () => {
    await expect(frameValues(openImageFile(grey([0, 1])), 1, decoder)).rejects.toMatchObject({ code: "not_found" });
    await expect(shownFrame(openImageFile(grey([0, 1])), 7, decoder)).rejects.toMatchObject({ code: "not_found" });
  });
});

interface Expected {
  readonly path: string;
  readonly lossy: boolean;
  readonly decoders: {
    readonly gdcm?: { readonly bytes: number; readonly sha256: string; readonly bits_allocated: number };
  };
}

describe.skipIf(!sharedAvailable)("values of real files", () => {
  test("are those that GDCM decodes", async () => {
    const list = JSON.parse(readFileSync(sharedPath("data/dicom/expected_pixels_shown.json"), "utf8")) as Expected[];
    let compared = 0;
    const different: string[] = [];
    for (const { path, lossy, decoders } of list) {
      const { gdcm } = decoders;
      // Masks of one bit we answer as bytes; of one big-endian file the list has values with their bytes swapped (dicom-corpus.test.ts).
      if (gdcm === undefined || lossy || gdcm.bits_allocated < 8 || path.includes("rtdose_expb")) continue;
      const bytes = readFileSync(sharedPath(`data/dicom/${path}`));
      const image = await described(bytes).catch(() => undefined);
      // Beside monochrome frames of all their bits we answer something else on purpose.
      if (image?.frames !== 1 || !image.photometric_interpretation.startsWith("MONOCHROME")) continue;
      if (
        image.bits_stored !== gdcm.bits_allocated ||
        gdcm.bytes !== (image.rows * image.columns * gdcm.bits_allocated) / 8
      ) {
        continue;
      }
      // Files that are cut short are refused, where GDCM fills them up.
      const values = await valuesOf(bytes).catch(() => undefined);
      if (values === undefined) continue;
      compared++;
      const sha256 = createHash("sha256").update(values).digest("hex");
      if (sha256 !== gdcm.sha256) different.push(path);
    }
    expect(different).toEqual([]);
    expect(compared).toBeGreaterThan(20);
  });
});
