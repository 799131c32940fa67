/**
 * @file Broken images, as `predict`, `train` and `val` open them.
 */
import { crc32 } from "@fovea/core/math/crc32";
import { describe } from "vitest";
import { openDataset } from "../../src/data/open-dataset";
import { readImage } from "../../src/imaging/read-image";
import { cut, noise, plain, putDataset } from "./material";
import { type BadInput, refusals } from "./table";

type Row = Pick<BadInput, "make" | "act" | "file" | "code">;

/** An image file that is read. */
function image(file: string, content: () => Uint8Array | Promise<Uint8Array>): Row {
  return {
    code: "invalid_image",
    file,
    make: async (scratch) => scratch.put(file, await content()),
    act: (scratch) => readImage(scratch.path(file)),
  };
}

/** A good PNG whose header says another size. Signature, length, "IHDR", width, height ... checksum. */
async function pngOf(width: number, height: number): Promise<Uint8Array> {
  const bytes = await plain().png().toBuffer();
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)) >>> 0, 29);
  return bytes;
}

/** A bitmap's headers (54 bytes, 24 bits a pixel) and what follows them. */
function bitmap(width: number, height: number, pixels: number): Uint8Array {
  const bytes = Buffer.alloc(54 + pixels);
  bytes.write("BM");
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(width, 18);
  bytes.writeInt32LE(height, 22);
  bytes.writeUInt16LE(24, 28);
  return bytes;
}

const text = (content: string) => () => Buffer.from(content, "latin1");

const IMAGES: readonly BadInput[] = [
  { what: "an image of 0 bytes", ...image("a.png", text("")), says: "0 bytes, expected an image" },
  { what: "a page in place of an image", ...image("a.jpg", text("<html>404</html>")), says: "a text of markup" },
  { what: "a JPEG 2000", ...image("a.jpg", text("\0\0\0\x0cjP  \r\n\x87\n")), says: "JPEG 2000, expected JPEG, PNG" },
  {
    what: "a pointer of Git LFS",
    ...image("a.png", text("version https://git-lfs.github.com/spec/v1\n")),
    says: "Git LFS",
  },
  {
    what: "a volume of NIfTI",
    ...image("a.tif", text("\x5c\x01\0\0\0\0\0\0\0\0")),
    says: "10 bytes that begin with 5c 01",
  },
  { what: "a JPEG cut off", ...image("a.jpg", async () => cut(await noise().jpeg().toBuffer())), says: "cut-off JPEG" },
  {
    what: "a JPEG cut off in its header",
    ...image("a.jpg", async () => cut(await noise().jpeg().toBuffer(), 0.05)),
    says: "cut-off JPEG",
  },
  { what: "a PNG cut off", ...image("a.png", async () => cut(await noise().png().toBuffer())), says: "cut-off PNG" },
  { what: "a TIFF cut off", ...image("a.tif", async () => cut(await noise().tiff().toBuffer())), says: "cut-off TIFF" },
  { what: "a GIF cut off", ...image("a.gif", async () => cut(await noise().gif().toBuffer())), says: "cut-off GIF" },
  {
    what: "an AVIF cut off",
    ...image("a.avif", async () => cut(await noise().avif().toBuffer())),
    says: "cut-off AVIF",
  },
  { what: "a bitmap cut off", ...image("a.bmp", () => bitmap(40, 30, 100)), says: "BMP cut off: 154 bytes of 3654" },
  { what: "a bitmap without pixels", ...image("a.bmp", () => bitmap(0, 30, 100)), says: "BMP of 0 x 30 pixels" },
  { what: "a PNG of no pixels", ...image("a.png", () => pngOf(0, 0)), says: "damaged or cut-off PNG" },
  {
    what: "a PNG that claims ten gigapixels",
    ...image("a.png", () => pngOf(100_000, 100_000)),
    says: "PNG of more than",
  },
  {
    what: "a PNG that claims more than it holds",
    ...image("a.png", () => pngOf(4000, 4000)),
    says: "damaged or cut-off PNG",
  },
  {
    what: "an image that does not exist",
    act: (scratch) => readImage(scratch.path("gone.png")),
    code: "file_not_found",
    file: "gone.png",
    says: "no such image file",
  },
  {
    what: "a folder of the name a.png",
    make: (scratch) => scratch.folder("a.png"),
    act: (scratch) => readImage(scratch.path("a.png")),
    code: "file_unreadable",
    file: "a.png",
    says: "is a folder",
  },
  {
    what: "a training image of 1 x 1",
    make: async (scratch) => {
      await putDataset(scratch, { labels: { 1: "0 0.5 0.5 0.2 0.2\n" } });
      await scratch.put("images/2.png", await plain(1, 1).png().toBuffer());
    },
    act: (scratch) => openDataset(scratch.path("data.yaml"), "train", { onProblem: "refuse" }),
    code: "invalid_image",
    file: "images/2.png",
    says: "1 x 1 pixels; sides of 10 and more are needed",
  },
];

describe("bad images: reading refuses", () => {
  refusals(IMAGES);
});
