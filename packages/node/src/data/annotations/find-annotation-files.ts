/**
 * @file Which files of a folder hold annotations, and in which format: by what they begin with.
 */
import { open, readdir, stat } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import type { ReadFormat } from "@fovea/core/dataset/formats/format-names";
import { FoveaError } from "@fovea/core/errors";
import { glob } from "tinyglobby";
import { readFailure } from "../../read-file";
import type { AnnotationFiles } from "./annotation-source";
import { sniffFormat } from "./sniff-format";

/** Bytes by which a file is judged. */
const GLANCE = 65536;

/** Files of one ending that are judged; the others are taken for the same. */
const JUDGED = 5;

/** Folders inside one that is named, in which its annotations may stand. */
const INSIDE = [".", "annotations", "Annotations", "labels", "obj_train_data"] as const;

/** Levels of folders that are searched if nothing stands there. */
const DEPTH = 4;

/** What is looked for, for the message that it was not found. */
const LOOKED_FOR = [
  "COCO (.json with images, annotations, categories)",
  "YOLO (data YAML with train, val, names; obj.data; a folder of labels with classes.txt)",
  "Pascal VOC or ImageNet (.xml with <annotation>)",
  "LabelMe (.json with shapes)",
  "CVAT for images (.xml with <annotations>)",
  "Open Images (.csv with ImageID, LabelName, XMin ...)",
  "CSV (columns for image and box, as patientId,x,y,width,height,Target)",
  "TFRecord (.tfrecord, .record)",
];

/**
 * The annotation files at `path`.
 *
 * @param wanted take only files of this format
 * @throws {FoveaError} `file_not_found`; `invalid_dataset` if there are none, or several formats
 */
export async function findAnnotationFiles(path: string, wanted?: ReadFormat): Promise<AnnotationFiles> {
  const there = await stat(path).catch((error: unknown) => {
    throw readFailure(path, error, "file or folder");
  });
  const absolute = resolve(path);
  if (!there.isDirectory()) {
    const format = wanted ?? (await sniff(absolute));
    if (format === undefined) throw notFound(path, "in this file");
    return { format, files: [absolute], folder: dirname(absolute) };
  }
  const found = await inFolder(absolute, wanted);
  if (found.size === 0) throw notFound(path, wanted === undefined ? "in this folder" : `as ${wanted} in this folder`);
  if (found.size > 1) {
    const shown = [...found].map(
      ([format, files]) => `${format} (${basename(files[0])}${files.length > 1 ? " ..." : ""})`,
    );
    const message = `holds annotations of several formats: ${shown.join(", ")}; say which one, or name its file`;
    throw new FoveaError("invalid_dataset", message, { file: path });
  }
  const [[format, files]] = found;
  return { format, files, folder: absolute };
}

function notFound(file: string, where: string): FoveaError {
  const message = `no annotations found ${where}; looked for ${LOOKED_FOR.join("; ")}`;
  return new FoveaError("invalid_dataset", message, { file });
}

type Found = Map<ReadFormat, string[]>;

/** Formats with a file for each image, and its ending: pictures in folders have their files in folders. */
const PER_IMAGE: readonly (readonly [ReadFormat, string])[] = [
  ["voc", "xml"],
  ["labelme", "json"],
];

/** Adds those of the same format in folders below. */
async function withDeeper(found: Found): Promise<Found> {
  for (const [format, ending] of PER_IMAGE) {
    const files = found.get(format);
    if (files === undefined) continue;
    const all = new Set(files);
    for (const folder of new Set(files.map((file) => dirname(file)))) {
      const below = await glob(`*/**/*.${ending}`, {
        cwd: folder,
        absolute: true,
        expandDirectories: false,
        deep: DEPTH,
      });
      for (const file of below.map((one) => resolve(one))) {
        if (!all.has(file) && (await sniff(file)) === format) all.add(file);
      }
    }
    found.set(format, [...all].sort());
  }
  return found;
}

async function inFolder(folder: string, wanted: ReadFormat | undefined): Promise<Found> {
  const near: string[] = [];
  const seen = new Set<string>();
  for (const one of INSIDE) {
    const entries = await readdir(join(folder, one), { withFileTypes: true }).catch(() => []);
    for (const entry of entries) if (entry.isFile()) near.push(join(folder, one, entry.name));
  }
  // A disk that does not tell `annotations` from `Annotations` lists its files twice.
  const files = near.filter((file) => !seen.has(file.toLowerCase()) && seen.add(file.toLowerCase()));
  const found = await judged(files, wanted);
  // Label files of YOLO are judged last: a list of names is a text of words as well.
  if (found.size > 0) return withDeeper(found);
  const deep = await glob("**/*.{json,xml,csv,txt,yaml,yml,tfrecord,record}", {
    cwd: folder,
    absolute: true,
    expandDirectories: false,
    deep: DEPTH,
  });
  return judged(
    deep.map((file) => resolve(file)),
    wanted,
  );
}

async function judged(files: readonly string[], wanted: ReadFormat | undefined): Promise<Found> {
  const found: Found = new Map();
  const kinds = new Map<string, string[]>();
  for (const file of [...files].sort()) {
    const ending = extname(file).toLowerCase();
    const own = kinds.get(ending);
    if (own) own.push(file);
    else kinds.set(ending, [file]);
  }
  for (const [ending, list] of kinds) {
    const formats = new Map<string, ReadFormat | undefined>();
    for (const file of list.slice(0, JUDGED)) formats.set(file, await sniff(file));
    const first = [...formats.values()].find((format) => format !== undefined);
    for (const file of list) {
      const format = formats.has(file) ? formats.get(file) : ending === ".csv" ? await sniff(file) : first;
      if (format === undefined || (wanted !== undefined && format !== wanted)) continue;
      const own = found.get(format);
      if (own) own.push(file);
      else found.set(format, [file]);
    }
  }
  return withOneYolo(found);
}

/** Of a YOLO set, the file that describes it; else the folder of its labels, unless those are lists of another format. */
function withOneYolo(found: Found): Found {
  const yolo = found.get("yolo");
  if (yolo === undefined) return found;
  const described = yolo.filter((file) => extname(file).toLowerCase() !== ".txt");
  if (described.length > 0) found.set("yolo", described);
  else if (found.size > 1) found.delete("yolo");
  else found.set("yolo", [commonFolder(yolo)]);
  return found;
}

function commonFolder(files: readonly string[]): string {
  let folder = dirname(files[0]);
  while (!files.every((file) => file.startsWith(`${folder}/`) || dirname(file) === folder)) folder = dirname(folder);
  return folder;
}

async function sniff(file: string): Promise<ReadFormat | undefined> {
  try {
    const handle = await open(file);
    try {
      const bytes = new Uint8Array(GLANCE);
      const { bytesRead } = await handle.read(bytes, 0, GLANCE, 0);
      return sniffFormat(basename(file), bytes.subarray(0, bytesRead));
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw readFailure(file, error, "annotation file");
  }
}
