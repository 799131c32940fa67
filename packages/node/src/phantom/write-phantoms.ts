/**
 * @file A data set of phantoms on disk: pictures, labels in the YOLO format, COCO annotations, a data YAML.
 */
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { applyWindow } from "@fovea/core/dicom/window";
import { ArgumentError, FoveaError } from "@fovea/core/errors";
import { LESION_CLASSES } from "@fovea/core/phantom/lesion";
import { drawPhantom, type Phantom } from "@fovea/core/phantom/phantom";
import { writeFailure } from "../data/atomic-write";
import { sharpLibrary } from "../imaging/sharp-library";
import { encodePhantom } from "./phantom-dicom";
import { cocoText, dataYamlText, labelText, readmeText, type WrittenImage } from "./phantom-texts";

export interface WritePhantomsOptions {
  /** Folder, made if it is not there. Phantoms of an earlier run in it are replaced. */
  readonly out: string;
  /** Pictures in all. @default 200 */
  readonly count?: number;
  /** Another seed, other patients. @default 0 */
  readonly seed?: number;
  /** Share of the pictures kept for validation, in [0, 1]; at least one picture stays for training. @default 0.2 */
  readonly valFraction?: number;
  /** Width and height, pixels, 64 to 8192. @default 512 */
  readonly size?: number;
  /** `png`: 8-bit pictures for tools that read no DICOM, with the DICOM files beside them in `dicom/`. @default "dicom" */
  readonly format?: "dicom" | "png";
  /** How often each class is drawn, in the order of `LESION_CLASSES`, to one another. @default all alike */
  readonly shares?: readonly number[];
  /** Called after each picture. */
  readonly onProgress?: (done: number, count: number) => void;
}

export interface WrittenPhantoms {
  /** Path of the data YAML, for `--data`. */
  readonly dataYaml: string;
  /** Paths of the pictures. */
  readonly train: readonly string[];
  readonly val: readonly string[];
  /** Lesions of each class, in the order of `LESION_CLASSES`. */
  readonly lesions: readonly number[];
}

type Split = "train" | "val";

/** Either marks a folder as ours, so that nobody else's files are deleted: a whole set, and one that is being drawn. */
const DATA_YAML = "phantom.yaml";
const UNFINISHED = "phantom.unfinished";

/**
 * Write a seeded set of phantoms to `out`: `images/`, `labels/`, `phantom.yaml`, `coco_train.json`, `coco_val.json`.
 *
 * @throws {ArgumentError} if a number is out of range
 * @throws {FoveaError} `write_failed` if `out` holds files that are no phantoms, or cannot be written; `disk_full`
 */
export async function writePhantoms({
  out,
  count = 200,
  seed = 0,
  valFraction = 0.2,
  size = 512,
  format = "dicom",
  shares,
  onProgress,
}: WritePhantomsOptions): Promise<WrittenPhantoms> {
  checkOptions({ count, seed, valFraction });
  await prepareFolder(out, format);
  const trainCount = Math.max(1, count - Math.round(count * valFraction));
  const written: Record<Split, WrittenImage[]> = { train: [], val: [] };
  const lesions = LESION_CLASSES.map(() => 0);
  const digits = Math.max(4, String(count).length);
  // The next picture is drawn while the last one is on its way to the disk.
  let pending: Promise<void> = Promise.resolve();
  for (let index = 0; index < count; index++) {
    const split = index < trainCount ? "train" : "val";
    const name = `phantom_${String(index + 1).padStart(digits, "0")}`;
    const phantom = drawPhantom(seed, index, { width: size, height: size, shares });
    for (const { classId } of phantom.lesions) lesions[classId]++;
    await pending;
    pending = writePicture(phantom, { out, split, name, format, seed, index });
    // Whoever awaits it next sees the failure; until then it must not end the process.
    pending.catch(() => undefined);
    written[split].push({
      file: `images/${split}/${name}${ENDING[format]}`,
      width: size,
      height: size,
      lesions: phantom.lesions,
    });
    onProgress?.(index + 1, count);
  }
  await pending;
  await writeTexts(out, written, { seed, format });
  const paths = (split: Split) => written[split].map(({ file }) => join(out, file));
  return { dataYaml: join(out, DATA_YAML), train: paths("train"), val: paths("val"), lesions };
}

const ENDING = { dicom: ".dcm", png: ".png" } as const;

function checkOptions({ count, seed, valFraction }: { count: number; seed: number; valFraction: number }): void {
  if (!Number.isInteger(count) || count < 1 || count > 100_000) {
    throw new ArgumentError(`count is ${count}, expected a whole number from 1 to 100000`);
  }
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new ArgumentError(`seed is ${seed}, expected a whole number from 0`);
  if (!(valFraction >= 0 && valFraction <= 1)) {
    throw new ArgumentError(`valFraction is ${valFraction}, expected a number from 0 to 1`);
  }
}

/** Make the folders, and remove an earlier run's pictures: a smaller set must not keep a larger one's. */
async function prepareFolder(out: string, format: "dicom" | "png"): Promise<void> {
  const entries = await readdir(out).catch((): string[] => []);
  if (entries.length > 0 && !entries.includes(DATA_YAML) && !entries.includes(UNFINISHED)) {
    const message = `holds other files (${entries[0]} ...); choose an empty folder or a new one`;
    throw new FoveaError("write_failed", message, { file: out });
  }
  await write(join(out, UNFINISHED), "");
  try {
    for (const old of [DATA_YAML, "images", "labels", "dicom"])
      await rm(join(out, old), { recursive: true, force: true });
    for (const kind of format === "png" ? ["images", "labels", "dicom"] : ["images", "labels"]) {
      for (const split of ["train", "val"]) await mkdir(join(out, kind, split), { recursive: true });
    }
  } catch (error) {
    throw writeFailure(out, error);
  }
}

interface PictureOptions {
  readonly out: string;
  readonly split: Split;
  readonly name: string;
  readonly format: "dicom" | "png";
  readonly seed: number;
  readonly index: number;
}

async function writePicture(
  phantom: Phantom,
  { out, split, name, format, seed, index }: PictureOptions,
): Promise<void> {
  const dicom = await encodePhantom(phantom, seed, index);
  await write(join(out, format === "png" ? "dicom" : "images", split, `${name}.dcm`), dicom);
  if (format === "png") await write(join(out, "images", split, `${name}.png`), await encodePng(phantom));
  await write(join(out, "labels", split, `${name}.txt`), labelText(phantom));
}

/** The picture as the DICOM file's window shows it. */
async function encodePng({ image: { width, height, data } }: Phantom): Promise<Buffer> {
  const shown = applyWindow(Float32Array.from(data), { center: 2048, width: 4096 }, new Uint8ClampedArray(data.length));
  const sharp = await sharpLibrary();
  const raw = { width, height, channels: 1 } as const;
  return sharp(shown, { raw }).toColourspace("b-w").png({ compressionLevel: 3 }).toBuffer();
}

async function writeTexts(
  out: string,
  written: Readonly<Record<Split, readonly WrittenImage[]>>,
  { seed, format }: { readonly seed: number; readonly format: "dicom" | "png" },
): Promise<void> {
  await write(join(out, "coco_train.json"), cocoText(written.train));
  await write(join(out, "coco_val.json"), cocoText(written.val));
  await write(join(out, "README.md"), readmeText(written, { seed, format }));
  // Last, so that a folder with a data YAML is complete.
  await write(join(out, DATA_YAML), dataYamlText(written, { seed }));
  await rm(join(out, UNFINISHED), { force: true });
}

async function write(path: string, content: Uint8Array | string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  } catch (error) {
    throw writeFailure(path, error);
  }
}
