/**
 * @file Broken DICOM files, as `predict`, `train` and `val` open them.
 */
import { readFileSync } from "node:fs";
import { deflateRawSync } from "node:zlib";
import { describe } from "vitest";
import {
  dicomBytes,
  encapsulatedPixelData,
  greyElements,
  type TestElement,
  type TestFileOptions,
} from "../../../core/test/dicom-bytes";
import { readDicom } from "../../src/dicom/read-dicom";
import { openSourceBytes } from "../../src/predict/source-images";
import { cut, noise, plain } from "./material";
import { type BadInput, refusals } from "./table";

const JPEG_BASELINE = "1.2.840.10008.1.2.4.50";
const DEFLATED = "1.2.840.10008.1.2.1.99";
const IMPLICIT = "1.2.840.10008.1.2";
const BITS8: readonly TestElement[] = [
  [0x00280100, "US", [8]],
  [0x00280101, "US", [8]],
  [0x00280102, "US", [7]],
];

/** A grey picture of 16 x 16, 12 bits of 16. */
function grey(extra: readonly TestElement[] = [], options: TestFileOptions = {}): Uint8Array {
  return dicomBytes(greyElements(16, 16, new Uint8Array(512), extra), options);
}

const without = (tag: number) => dicomBytes(greyElements(16, 16, new Uint8Array(512)).filter(([one]) => one !== tag));

/** A picture of 30 x 40 whose compressed frames are `fragments`. */
function compressed(fragments: readonly Uint8Array[], extra: readonly TestElement[] = []): Uint8Array {
  const elements = greyElements(30, 40, new Uint8Array(), [...BITS8, ...extra]).slice(0, -1);
  return Buffer.concat([dicomBytes(elements, { transferSyntax: JPEG_BASELINE }), encapsulatedPixelData(fragments)]);
}

/** A DICOM file that is read. */
function dicom(content: () => Uint8Array | Promise<Uint8Array>): Pick<BadInput, "make" | "act" | "file" | "code"> {
  return {
    code: "invalid_dicom",
    file: "a.dcm",
    make: async (scratch) => scratch.put("a.dcm", await content()),
    act: (scratch) => readDicom(scratch.path("a.dcm")),
  };
}

const jpegFrame = () => noise(40, 30).toColourspace("b-w").jpeg().toBuffer();

const DICOM: readonly BadInput[] = [
  { what: "a DICOM file of 0 bytes", ...dicom(() => new Uint8Array(0)), says: "not a readable DICOM file" },
  { what: "a JPEG named .dcm", ...dicom(() => plain().jpeg().toBuffer()), says: "no DICM at byte 128" },
  {
    what: "a DICOM file that ends after its prefix",
    ...dicom(() => grey().subarray(0, 132)),
    says: "not a readable DICOM file",
  },
  {
    what: "a DICOM file cut off in its header",
    ...dicom(() => grey().subarray(0, 200)),
    says: "not a readable DICOM file",
  },
  {
    what: "a DICOM file cut off in its pixels",
    ...dicom(() => grey().subarray(0, -100)),
    at: "PixelData",
    says: "412 bytes, frame 0 ends at 512",
  },
  {
    what: "a DICOM file whose first value claims all that follows and more",
    ...dicom(() => {
      const bytes = Buffer.from(grey([], { transferSyntax: IMPLICIT }));
      // SOPClassUID: group, element, length.
      bytes.writeUInt32LE(60_000, bytes.indexOf(Buffer.of(0x08, 0, 0x16, 0)) + 4);
      return bytes;
    }),
    at: "SOPClassUID",
    says: "60000 bytes, of which the file holds fewer",
  },
  {
    what: "a DICOM file without rows",
    ...dicom(() => without(0x00280010)),
    at: "Rows",
    says: "missing; an image needs it",
  },
  {
    what: "a DICOM picture of 0 rows",
    ...dicom(() => grey([[0x00280010, "US", [0]]])),
    at: "Rows",
    says: "16 x 0 pixels",
  },
  {
    what: "a DICOM picture of four gigapixels",
    ...dicom(() =>
      grey([
        [0x00280010, "US", [65535]],
        [0x00280011, "US", [65535]],
      ]),
    ),
    code: "unsupported_dicom",
    at: "Rows",
    says: "65535 x 65535 pixels; at most",
  },
  {
    what: "more bits stored than there are",
    ...dicom(() => grey([[0x00280101, "US", [20]]])),
    at: "BitsStored",
    says: "20 bits",
  },
  {
    what: "bits in a number that is not read",
    ...dicom(() => grey([[0x00280100, "US", [12]]])),
    code: "unsupported_dicom",
    at: "BitsAllocated",
    says: "12 bits per sample; 1, 8, 16 and 32 are read",
  },
  {
    what: "a document instead of an image",
    ...dicom(() => without(0x7fe00010)),
    code: "unsupported_dicom",
    at: "PixelData",
    says: "holds no pixels, so it is no image",
  },
  {
    what: "a film",
    ...dicom(() => grey([], { transferSyntax: "1.2.840.10008.1.2.4.102" })),
    code: "unsupported_dicom",
    at: "TransferSyntaxUID",
    says: "is not read; have the archive send it uncompressed",
  },
  {
    what: "a palette without its table",
    ...dicom(() => grey([[0x00280004, "CS", "PALETTE COLOR"]])),
    at: "RedPaletteColorLookupTableDescriptor",
    says: "expected 3 values, got 0",
  },
  {
    what: "a window in words",
    ...dicom(() =>
      grey([
        [0x00281050, "DS", "wide"],
        [0x00281051, "DS", "10"],
      ]),
    ),
    at: "WindowCenter",
    says: 'expected numbers, got "wide"',
  },
  {
    what: "a rescale slope of 0",
    ...dicom(() =>
      grey([
        [0x00281052, "DS", "0"],
        [0x00281053, "DS", "0"],
      ]),
    ),
    at: "RescaleSlope",
    says: "would make every pixel the same",
  },
  {
    what: "a spacing in words",
    ...dicom(() => grey([[0x00280030, "DS", "fine"]])),
    at: "PixelSpacing",
    says: 'expected numbers, got "fine"',
  },
  {
    what: "two frames and a half",
    ...dicom(() => grey([[0x00280008, "IS", "2.5"]])),
    at: "NumberOfFrames",
    says: "2.5, expected a whole number",
  },
  {
    what: "a billion frames",
    ...dicom(() => grey([[0x00280008, "IS", "1000000000"]])),
    act: (scratch) => openSourceBytes(readFileSync(scratch.path("a.dcm")), scratch.path("a.dcm")),
    at: "NumberOfFrames",
    says: "1000000000 frames, of which PixelData holds 1",
  },
  {
    what: "fewer compressed frames than it says",
    ...dicom(async () => compressed([await jpegFrame()], [[0x00280008, "IS", "2"]])),
    at: "NumberOfFrames",
    says: "2 frames, of which PixelData holds 1",
  },
  { what: "no compressed frame at all", ...dicom(() => compressed([])), at: "PixelData", says: "no compressed frames" },
  {
    what: "a compressed frame of no bytes",
    ...dicom(() => compressed([new Uint8Array()])),
    at: "PixelData",
    says: "frame 0 is no JPEG Baseline stream",
  },
  {
    what: "a compressed frame cut short",
    ...dicom(async () => compressed([cut(await jpegFrame())])),
    at: "PixelData",
    says: "frame 0 is cut short",
  },
  {
    what: "a deflated file cut off",
    ...dicom(() => {
      const body = deflateRawSync(grey([], { header: false }));
      return Buffer.concat([dicomBytes([], { transferSyntax: DEFLATED }), cut(body, 0.5)]);
    }),
    says: "not a readable DICOM file",
  },
  {
    what: "sequences nested without end",
    // ReferencedImageSequence of undefined length, in it an item of undefined length, and so on.
    ...dicom(() => {
      const sequence = [0x08, 0, 0x40, 0x11, 0x53, 0x51, 0, 0, 0xff, 0xff, 0xff, 0xff];
      const item = [0xfe, 0xff, 0, 0xe0, 0xff, 0xff, 0xff, 0xff];
      const nested = new Array(20_000).fill([...sequence, ...item]).flat();
      return Buffer.concat([dicomBytes([]), Buffer.from(nested)]);
    }),
    says: "not a readable DICOM file",
  },
];

describe("bad DICOM files: reading refuses", () => {
  refusals(DICOM);
});
