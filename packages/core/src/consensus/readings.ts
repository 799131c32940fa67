/**
 * @file What several readers marked in the same images, brought side by side.
 *
 * An image that is missing in a reader's file was not read by that reader; an image that is there without annotations was
 * read, and nothing was seen. A *sighting* is what one reader takes for one lesion: a box in an image, or in a volume the
 * boxes of neighbouring slices. A *case* is what is read at once: an image, or a series.
 */
import type { AnnotatedImage, Annotation, AnnotationSet, Attributes, Category } from "../dataset/annotation-set";
import { isIgnored } from "../dataset/annotation-set";
import { ArgumentError } from "../errors";
import type { Box } from "../finding";

/** One reader's file. */
export interface Reader {
  readonly name: string;
  readonly set: AnnotationSet;
}

/** One box of one reader. */
export interface Mark {
  /** Index into the readings' readers and images. */
  readonly reader: number;
  readonly image: number;
  /** Its class is an index into the readings' categories. */
  readonly annotation: Annotation;
}

/** What one reader takes for one lesion. */
export interface Sighting {
  readonly reader: number;
  readonly case: number;
  readonly classId: number;
  /** Confidence of the reader, in (0, 1]; 1 where none was given. */
  readonly score: number;
  readonly marks: readonly Mark[];
  /** Hull of the marks in each image that holds one. */
  readonly boxes: ReadonlyMap<number, Box>;
}

export interface ReadImage {
  readonly file: string;
  readonly id?: number | string;
  readonly width?: number;
  readonly height?: number;
  readonly attributes?: Attributes;
  readonly case: number;
  /** Readers whose files have it, rising. */
  readonly readBy: readonly number[];
}

export interface Case {
  /** File of the image, or series. */
  readonly name: string;
  /** Images, in a volume from slice to slice. */
  readonly images: readonly number[];
  /** Readers who read any of its images, rising. */
  readonly readBy: readonly number[];
  /** Whose it is; the case's own name where nobody says. */
  readonly patient: string;
}

export interface Readings {
  readonly readers: readonly string[];
  readonly categories: readonly Category[];
  readonly images: readonly ReadImage[];
  readonly cases: readonly Case[];
  /** All readers' boxes that are judged. */
  readonly marks: readonly Mark[];
  /** Regions in which a reader judged nothing (crowds, ignored). */
  readonly regions: readonly Mark[];
  /** Whether cases are series. */
  readonly volume: boolean;
  /** Whether any reader gave a confidence. */
  readonly scored: boolean;
}

export interface AlignOptions {
  /** What tells that two files mean the same image: its path, the last part of its path, or its id. @default "file" */
  readonly match?: "file" | "name" | "id";
  /** A series is one case, by `attributes.series_uid`; otherwise each image is one. @default false */
  readonly volume?: boolean;
}

/** Attributes that name the patient, the first that is there. */
const PATIENT_KEYS = ["patient_id", "patient", "PatientID", "patientId"] as const;

const KEY_OF = {
  file: ({ file }: AnnotatedImage) => file,
  name: ({ file }: AnnotatedImage) => file.slice(file.lastIndexOf("/") + 1),
  id: ({ id }: AnnotatedImage) => (id === undefined ? undefined : String(id)),
} as const;

/**
 * Readers side by side. Classes are matched by name, images as `match` says.
 *
 * @throws {ArgumentError} if there are fewer than two readers, two of one name, an image twice in one file, none that two
 *   readers have, or no series in a volume
 */
export function alignReaders(readers: readonly Reader[], options: AlignOptions = {}): Readings {
  const { match = "file", volume = false } = options;
  checkNames(readers);
  const categories: Category[] = [];
  const found = new Map<string, { image: AnnotatedImage; readBy: number[] }>();
  const marks: { reader: number; key: string; annotation: Annotation }[] = [];
  readers.forEach(({ name, set }, reader) => {
    const classOf = set.categories.map((category) => classIndex(categories, category));
    const own = new Set<string>();
    for (const image of set.images) {
      const key = KEY_OF[match](image);
      if (key === undefined) throw new ArgumentError(`${name}: ${image.file} has no id to match by; match by file`);
      if (own.has(key)) throw new ArgumentError(`${name}: image ${key} is there twice; wanted each image once`);
      own.add(key);
      const other = found.get(key);
      if (other) other.readBy.push(reader);
      else found.set(key, { image, readBy: [reader] });
      for (const one of image.annotations) {
        marks.push({ reader, key, annotation: { ...one, classId: classOf[one.classId] } });
      }
    }
  });
  if (![...found.values()].some(({ readBy }) => readBy.length > 1)) {
    throw new ArgumentError(
      `no image is in the files of two readers when matched by ${match}; match by another of file, name, id`,
    );
  }
  const { images, cases } = casesOf([...found.values()], volume);
  const indexOf = new Map([...found.keys()].map((key, i) => [key, i]));
  const placed = marks.map(({ reader, key, annotation }) => ({ reader, image: indexOf.get(key) ?? -1, annotation }));
  return {
    readers: readers.map(({ name }) => name),
    categories,
    images,
    cases,
    marks: placed.filter(({ annotation }) => !isIgnored(annotation)),
    regions: placed.filter(({ annotation }) => isIgnored(annotation)),
    volume,
    scored: placed.some(({ annotation }) => annotation.score !== undefined && annotation.score !== 1),
  };
}

function checkNames(readers: readonly Reader[]): void {
  if (readers.length < 2) throw new ArgumentError(`${readers.length} reader given, wanted at least two`);
  const names = readers.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw new ArgumentError(`two readers are named ${twice}; name them with --reader NAME=FILE`);
}

function classIndex(categories: Category[], category: Category): number {
  const known = categories.findIndex(({ name }) => name === category.name);
  return known >= 0 ? known : categories.push(category) - 1;
}

type Found = { readonly image: AnnotatedImage; readonly readBy: readonly number[] };

function casesOf(found: readonly Found[], volume: boolean): { images: ReadImage[]; cases: Case[] } {
  const members = new Map<string, number[]>();
  found.forEach(({ image }, i) => {
    const series = image.attributes?.series_uid;
    if (volume && (series === undefined || typeof image.attributes?.z !== "number")) {
      throw new ArgumentError(`${image.file}: a volume needs series_uid and a numeric z of every image`);
    }
    const name = volume ? String(series) : image.file;
    const list = members.get(name);
    if (list) list.push(i);
    else members.set(name, [i]);
  });
  const caseOf: number[] = [];
  const cases = [...members].map(([name, list], c): Case => {
    if (volume) list.sort((a, b) => sliceZ(found[a].image) - sliceZ(found[b].image));
    for (const i of list) caseOf[i] = c;
    const readBy = [...new Set(list.flatMap((i) => found[i].readBy))].sort((a, b) => a - b);
    return { name, images: list, readBy, patient: patientOf(found[list[0]].image) ?? name };
  });
  const images = found.map(({ image: { annotations: _, split: __, ...image }, readBy }, i) => ({
    ...image,
    case: caseOf[i],
    readBy,
  }));
  return { images, cases };
}

/** Position of a slice along its series, as the source gives it; 0 where it does not. */
export function sliceZ({ attributes }: { readonly attributes?: Attributes }): number {
  const z = attributes?.z;
  return typeof z === "number" ? z : 0;
}

function patientOf({ attributes = {} }: AnnotatedImage): string | undefined {
  const key = PATIENT_KEYS.find((one) => attributes[one] !== undefined && attributes[one] !== null);
  return key && String(attributes[key]);
}
