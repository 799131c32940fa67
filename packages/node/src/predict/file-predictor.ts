/**
 * @file One file after another: read, detected upon, drawn. Runs in the threads of prediction.
 */
import { writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import type { Detector } from "@fovea/core/detect/detector";
import { FoveaError } from "@fovea/core/errors";
import type { Finding } from "@fovea/core/finding";
import type { Image } from "@fovea/core/imaging/image";
import { toByteImage } from "@fovea/core/imaging/intensity";
import { withSizeMm } from "@fovea/core/report/findings";
import { writeFailure } from "../data/atomic-write";
import { FrameDecoder } from "../dicom/frame-decoder";
import type { PredictedImage } from "./predicted-image";
import { type OpenSourceOptions, openSource, type SourceFile } from "./source-images";

/** Folders of pictures in the folder of results. */
export const PICTURE_FOLDERS = { annotated: "annotated", sideBySide: "sidebyside" } as const;

/** A file to look at. */
export interface PredictJob {
  readonly file: string;
  /** Name of its pictures, without ending. */
  readonly pictureName: string;
}

export interface FilePredictorOptions extends Pick<OpenSourceOptions, "window"> {
  /** Folder of results, whose picture folders exist. @default no pictures are drawn */
  readonly picturesIn?: string;
}

export class FilePredictor {
  readonly #detector: Detector;
  readonly #options: FilePredictorOptions;
  readonly #decoder = new FrameDecoder();

  constructor(detector: Detector, options: FilePredictorOptions = {}) {
    this.#detector = detector;
    this.#options = options;
  }

  /**
   * Findings in the images of a file; what cannot be read is said in their place.
   *
   * @throws {FoveaError} if the network fails, or a picture cannot be written: then no other file will do better
   */
  async predict(job: PredictJob): Promise<PredictedImage[]> {
    let source: SourceFile;
    try {
      source = await openSource(job.file, { ...this.#options, decoder: this.#decoder });
    } catch (error) {
      return [failedImage(job.file, error)];
    }
    const images: PredictedImage[] = [];
    for (let frame = 0; frame < source.frames; frame++) {
      images.push(await this.#predictFrame(job, source, frame));
    }
    return images;
  }

  /** End what runs beside. */
  close(): Promise<void> {
    return this.#decoder.close();
  }

  async #predictFrame({ file, pictureName }: PredictJob, source: SourceFile, frame: number): Promise<PredictedImage> {
    const several = source.frames > 1;
    const place = several ? { file, frame } : { file };
    const read = await source.read(frame).catch((error: unknown) => ({ ...failedImage(file, error), ...place }));
    if ("error" in read) return read;
    const { image, spacingMm } = read;
    let found: readonly Finding[];
    try {
      found = await this.#detector.detect(toByteImage(image));
    } catch (error) {
      // Half precision may be too narrow for one image alone; the others go on.
      if (error instanceof FoveaError && error.code === "scores_not_finite") {
        return { ...failedImage(file, new FoveaError(error.code, error.message, { file })), ...place };
      }
      throw error;
    }
    const findings = found.map((finding) => withSizeMm(finding, spacingMm));
    const pictures = await this.#draw(image, findings, several ? `${pictureName}.frame${frame}` : pictureName, file);
    return { ...place, width: image.width, height: image.height, findings, spacingMm, ...pictures };
  }

  async #draw(
    image: Image,
    findings: readonly Finding[],
    name: string,
    file: string,
  ): Promise<Pick<PredictedImage, "annotated" | "sideBySide">> {
    const { picturesIn } = this.#options;
    if (picturesIn === undefined) return {};
    // Drawing loads a font and a graphics library, which nobody without pictures should wait for.
    const { annotate, sideBySide } = await import("../imaging/annotate");
    // Drawn graphics stay sharp; photographs and radiographs would only get larger.
    const format = /^\.(png|bmp|gif)$/i.test(extname(file)) ? "png" : "jpeg";
    const ending = format === "png" ? ".png" : ".jpg";
    const pictures = {
      annotated: `${PICTURE_FOLDERS.annotated}/${name}${ending}`,
      sideBySide: `${PICTURE_FOLDERS.sideBySide}/${name}${ending}`,
    };
    await writePicture(join(picturesIn, pictures.annotated), await annotate(image, findings, { format }));
    await writePicture(join(picturesIn, pictures.sideBySide), await sideBySide(image, findings, { format }));
    return pictures;
  }
}

async function writePicture(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFile(path, bytes);
  } catch (error) {
    throw writeFailure(path, error);
  }
}

function failedImage(
  file: string,
  error: unknown,
): PredictedImage & { readonly error: NonNullable<PredictedImage["error"]> } {
  const nothing = { file, width: 0, height: 0, findings: [] };
  if (error instanceof FoveaError) return { ...nothing, error: { code: error.code, message: error.message } };
  // Codecs and parsers of others throw what they like; the rest of the batch must not suffer from one file.
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof RangeError ? "out_of_memory" : "invalid_image";
  return { ...nothing, error: { code, message: `${file}: cannot be read: ${message}` } };
}
