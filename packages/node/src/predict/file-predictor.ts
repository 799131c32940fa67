/**
 * @file One file after another: read, detected upon, drawn. Runs in the threads of prediction.
 *
 * While the network looks at one file, the next one is decoded (docs/performance.md).
 */
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { Detector } from "@fovea/core/detect/detector";
import { FoveaError } from "@fovea/core/errors";
import type { Finding } from "@fovea/core/finding";
import type { Image } from "@fovea/core/imaging/image";
import { toByteImage } from "@fovea/core/imaging/intensity";
import { withSizeMm } from "@fovea/core/report/findings";
import { writeFailure } from "../data/atomic-write";
import { FrameDecoder } from "../dicom/frame-decoder";
import { readBytesAtOnce } from "../read-file";
import type { PredictedImage } from "./predicted-image";
import { type OpenSourceOptions, openSourceBytes, type SourceFile, type SourceImage } from "./source-images";

/** Folders of pictures in the folder of results. */
export const PICTURE_FOLDERS = { annotated: "annotated", sideBySide: "sidebyside" } as const;

/** A file to look at. */
export interface PredictJob {
  readonly file: string;
  /** Name of its pictures, without ending. */
  readonly pictureName: string;
}

export interface FilePredictorOptions extends Pick<OpenSourceOptions, "window" | "normalize"> {
  /** Folder of results, whose picture folders exist. @default no pictures are drawn */
  readonly picturesIn?: string;
  /** Beside the annotated picture, one with the original to its left. @default true */
  readonly sideBySide?: boolean;
  /** Only findings above this confidence are drawn. @default all */
  readonly drawAbove?: number;
  /** Class names as the pictures show them, by the model's. @default the model's */
  readonly labels?: Readonly<Record<string, string>>;
}

type FailedImage = PredictedImage & { readonly error: NonNullable<PredictedImage["error"]> };

/** A file that was opened and whose first image was read, or what came in between. */
type ReadFile = OpenFile | FailedImage;

interface OpenFile {
  readonly sha256: string;
  readonly source: SourceFile;
  readonly first: SourceImage | FailedImage;
}

/** Who looks at an image. */
type Looker = Pick<Detector, "detect">;

export class FilePredictor {
  readonly #detector: Looker;
  readonly #options: FilePredictorOptions;
  readonly #decoder = new FrameDecoder();
  /** The end of the work on the last file asked for, and on the one before. */
  #last: Promise<unknown> = Promise.resolve();
  #before: Promise<unknown> = Promise.resolve();

  constructor(detector: Looker, options: FilePredictorOptions = {}) {
    this.#detector = detector;
    this.#options = options;
  }

  /**
   * Findings in the images of a file; what cannot be read is said in their place. May be asked for several files at
   * once: they are done in turn, one being read ahead.
   *
   * @throws {FoveaError} if the network fails, or a picture cannot be written: then no other file will do better
   */
  predict(job: PredictJob): Promise<PredictedImage[]> {
    const [before, last] = [this.#before, this.#last];
    const reading = before.then(() => this.#read(job));
    const images = last.then(async () => this.#predictFile(job, await reading));
    this.#before = last;
    this.#last = images.catch(() => undefined);
    return images;
  }

  async #read({ file }: PredictJob): Promise<ReadFile> {
    let sha256: string | undefined;
    try {
      const bytes = readBytesAtOnce(file, "image file");
      sha256 = createHash("sha256").update(bytes).digest("hex");
      const source = openSourceBytes(bytes, file, { ...this.#options, decoder: this.#decoder });
      return { sha256, source, first: await this.#readFrame(file, source, 0) };
    } catch (error) {
      return { ...failedImage(file, error), ...(sha256 !== undefined && { sha256 }) };
    }
  }

  #readFrame(file: string, source: SourceFile, frame: number): Promise<SourceImage | FailedImage> {
    return source.read(frame).catch((error: unknown) => failedImage(file, error));
  }

  async #predictFile(job: PredictJob, read: ReadFile): Promise<PredictedImage[]> {
    if ("error" in read) return [read];
    const { sha256, source, first } = read;
    // The network works in this thread: the decoding of the next file, which does not, must have been asked for.
    await setImmediate();
    const images: PredictedImage[] = [];
    for (let frame = 0; frame < source.frames; frame++) {
      const image = frame === 0 ? first : await this.#readFrame(job.file, source, frame);
      images.push({ ...(await this.#predictFrame(job, source.frames > 1, frame, image)), sha256 });
    }
    return images;
  }

  /** End what runs beside. */
  close(): Promise<void> {
    return this.#decoder.close();
  }

  async #predictFrame(
    { file, pictureName }: PredictJob,
    several: boolean,
    frame: number,
    read: SourceImage | FailedImage,
  ): Promise<PredictedImage> {
    const place = several ? { file, frame } : { file };
    if ("error" in read) return { ...read, ...place };
    const { image, normalised, spacingMm, sideAtLeft, warnings = [] } = read;
    let found: readonly Finding[];
    try {
      found = await this.#detector.detect(normalised ?? toByteImage(image));
    } catch (error) {
      // Half precision may be too narrow for one image alone; the others go on.
      if (error instanceof FoveaError && error.code === "scores_not_finite") {
        return { ...failedImage(file, new FoveaError(error.code, error.message, { file })), ...place };
      }
      throw error;
    }
    const findings = found.map((finding) => withSizeMm(finding, spacingMm));
    const pictures = await this.#draw(image, findings, several ? `${pictureName}.frame${frame}` : pictureName, file);
    const known = { ...(sideAtLeft && { sideAtLeft }), ...(warnings.length > 0 && { warnings }) };
    return { ...place, width: image.width, height: image.height, findings, spacingMm, ...known, ...pictures };
  }

  async #draw(
    image: Image,
    findings: readonly Finding[],
    name: string,
    file: string,
  ): Promise<Pick<PredictedImage, "annotated" | "sideBySide">> {
    const { picturesIn, sideBySide: beside = true, drawAbove = 0, labels } = this.#options;
    if (picturesIn === undefined) return {};
    // Drawing loads a font and a graphics library, which nobody without pictures should wait for.
    const { annotate, sideBySide, translatedLabel } = await import("../imaging/annotate");
    // Drawn graphics stay sharp; photographs and radiographs would only get larger.
    const format = /^\.(png|bmp|gif)$/i.test(extname(file)) ? "png" : "jpeg";
    const ending = format === "png" ? ".png" : ".jpg";
    const options = { format, ...(labels && { text: translatedLabel(labels) }) } as const;
    const shown = findings.filter(({ confidence }) => confidence > drawAbove);
    const annotated = `${PICTURE_FOLDERS.annotated}/${name}${ending}`;
    await writePicture(join(picturesIn, annotated), await annotate(image, shown, options));
    if (!beside) return { annotated };
    const both = `${PICTURE_FOLDERS.sideBySide}/${name}${ending}`;
    await writePicture(join(picturesIn, both), await sideBySide(image, shown, options));
    return { annotated, sideBySide: both };
  }
}

async function writePicture(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFile(path, bytes);
  } catch (error) {
    throw writeFailure(path, error);
  }
}

function failedImage(file: string, error: unknown): FailedImage {
  const nothing = { file, width: 0, height: 0, findings: [] };
  if (error instanceof FoveaError) return { ...nothing, error: { code: error.code, message: error.message } };
  // Codecs and parsers of others throw what they like; the rest of the batch must not suffer from one file.
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof RangeError ? "out_of_memory" : "invalid_image";
  return { ...nothing, error: { code, message: `${file}: cannot be read: ${message}` } };
}
