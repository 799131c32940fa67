/**
 * @file The libraries under Fovea: their versions, and whether their native parts and data are there.
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { ImagePixel } from "@fovea/core/dicom/pixel-data";
import { FrameDecoder } from "../dicom/frame-decoder";
import { prepareFont } from "../imaging/picture-font";
import { sharpLibrary } from "../imaging/sharp-library";

/** Something that is needed for a part of the work. */
export interface Capability {
  readonly name: string;
  readonly works: boolean;
  /** Version, formats, or why it does not work. */
  readonly detail: string;
}

/** Version of an installed package, found from its files; `null` if it is not there. */
export async function packageVersion(name: string): Promise<string | null> {
  try {
    const require = createRequire(import.meta.url);
    for (let folder = dirname(require.resolve(name)); folder !== dirname(folder); folder = dirname(folder)) {
      const text = await readFile(join(folder, "package.json"), "utf8").catch(() => "{}");
      const found: { readonly name?: string; readonly version?: string } = JSON.parse(text);
      if (found.name === name) return found.version ?? null;
    }
  } catch {
    // Not installed.
  }
  return null;
}

/** Reading and writing pictures, DICOM decompression, fonts: each is tried. */
export async function checkLibraries(): Promise<Capability[]> {
  return Promise.all([
    capability("image files", imageFormats),
    capability("DICOM: RLE, JPEG, JPEG 2000, HTJ2K", decodeFrame),
    capability("DICOM: JPEG-LS", charlsVersion),
    capability("drawing", drawText),
  ]);
}

async function capability(name: string, attempt: () => Promise<string>): Promise<Capability> {
  try {
    return { name, works: true, detail: await attempt() };
  } catch (error) {
    return { name, works: false, detail: error instanceof Error ? error.message.split("\n")[0] : String(error) };
  }
}

async function imageFormats(): Promise<string> {
  const sharp = await sharpLibrary();
  const readable = Object.values(sharp.format).filter(({ input }) => input.file || input.buffer);
  return `libvips ${sharp.versions.vips}: ${readable.map(({ id }) => id).join(", ")}`;
}

/** Two by two pixels of eight bits in RLE (PS3.5 annex G): one segment, one literal run. */
async function decodeFrame(): Promise<string> {
  const bytes = new Uint8Array(64 + 6);
  const header = new DataView(bytes.buffer);
  header.setUint32(0, 1, true);
  header.setUint32(4, 64, true);
  bytes.set([3, 10, 20, 30, 40, 0], 64);
  const pixel: ImagePixel = {
    ...{ rows: 2, columns: 2, frames: 1, bitsStored: 8, lowBit: 0 },
    ...{ samplesPerPixel: 1, bitsAllocated: 8 },
    ...{ signed: false, planar: false, photometricInterpretation: "MONOCHROME2" },
  };
  const decoder = new FrameDecoder({ timeoutMs: 20_000 });
  try {
    const frame = await decoder.decode({ codec: "rle", bytes, pixel });
    if ([...frame.bytes.subarray(0, 4)].join() !== "10,20,30,40") throw new Error("decodes wrongly");
    return `dcmjs-codecs ${await packageVersion("dcmjs-codecs")}`;
  } finally {
    await decoder.close();
  }
}

async function charlsVersion(): Promise<string> {
  await import("@cornerstonejs/codec-charls/decodewasmjs");
  return `@cornerstonejs/codec-charls ${await packageVersion("@cornerstonejs/codec-charls")}`;
}

async function drawText(): Promise<string> {
  await prepareFont("结节 nodule");
  return `@napi-rs/canvas ${await packageVersion("@napi-rs/canvas")}, Noto Sans SC (Latin and Chinese)`;
}
