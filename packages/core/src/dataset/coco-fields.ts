/**
 * @file Fields and categories of a COCO file, checked as they are read.
 */
import { FoveaError, type Place } from "../errors";

/** A JSON object whose values are not checked yet. */
export type Fields = Readonly<Record<string, unknown>>;

/** `value` if it is an object. */
export function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

export function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

export function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isNumber);
}

/** Whether a flag such as `iscrowd` is set. */
export function isSet(flag: unknown): boolean {
  return flag === 1 || flag === true;
}

/** @throws {FoveaError} `invalid_annotations` if `key` holds no list; none at all is allowed under `optional` */
export function listIn(
  fields: Fields,
  key: string,
  { file, optional = false }: { readonly file: string; readonly optional?: boolean },
): readonly unknown[] {
  const value = fields[key];
  if (Array.isArray(value)) return value;
  if (optional && value === undefined) return [];
  const seen = value === undefined ? "missing" : "not a list";
  throw new FoveaError("invalid_annotations", `${seen}; a COCO file holds images, annotations and categories`, {
    file,
    at: key,
  });
}

/** @throws {FoveaError} `invalid_annotations` if `key` holds no text */
export function textIn(fields: Fields, key: string, place: Place): string {
  const value = fields[key];
  if (typeof value === "string" && value !== "") return value;
  throw new FoveaError("invalid_annotations", `${key} is ${JSON.stringify(value)}, expected text`, place);
}

/** @throws {FoveaError} `invalid_annotations` if `key` holds no integer above 0 */
export function integerIn(fields: Fields, key: string, place: Place): number {
  const value = fields[key];
  if (typeof value === "number" && Number.isInteger(value) && value > 0) return value;
  throw new FoveaError("invalid_annotations", `${key} is ${JSON.stringify(value)}, expected pixels, 1 or more`, place);
}

/** Class of each category. */
export interface CategoryClasses {
  readonly names: readonly string[];
  /** Class index by category id; categories without annotations may be left out. */
  readonly classOf: ReadonlyMap<unknown, number>;
  /** What a user should hear about how they were found. */
  readonly warning?: string;
}

/**
 * Classes of `categories`: in the order of their ids, or after their names where `names` gives the classes.
 *
 * @param used ids that annotations carry
 * @throws {FoveaError} `invalid_annotations` if a category has no name or repeats an id, or if the categories in use
 * have neither names nor a count that fit `names`, or names that stand elsewhere there
 */
export function classesOfCategories(
  categories: readonly unknown[],
  used: ReadonlySet<unknown>,
  { file, names }: { readonly file: string; readonly names?: readonly string[] },
): CategoryClasses {
  const nameOf = new Map<number, string>();
  for (const [index, category] of categories.entries()) {
    const at = `categories[${index}]`;
    const fields = fieldsOf(category) ?? {};
    const name = textIn(fields, "name", { file, at });
    if (typeof fields.id !== "number" || nameOf.has(fields.id)) {
      const message = `id ${JSON.stringify(fields.id)} of "${name}"; expected a number of its own for each category`;
      throw new FoveaError("invalid_annotations", message, { file, at });
    }
    nameOf.set(fields.id, name);
  }
  const ids = [...nameOf.keys()].sort((a, b) => a - b);
  if (names === undefined) {
    const classOf = new Map(ids.map((id, classId) => [id, classId] as const));
    return { names: ids.map((id) => nameOf.get(id) ?? ""), classOf };
  }
  const inUse = ids.filter((id) => used.has(id));
  if (inUse.every((id) => names.includes(nameOf.get(id) ?? ""))) {
    return { names, classOf: new Map(inUse.map((id) => [id, names.indexOf(nameOf.get(id) ?? "")])) };
  }
  const inOrder = ids.map((id) => nameOf.get(id) ?? "");
  const shown = `${inOrder.join(", ")} do not fit the data set's classes ${names.join(", ")}`;
  // Names in another language go by their order; a name that stands elsewhere says that the order is another.
  const plain = (list: readonly string[]) => list.map((name) => name.trim().toLowerCase());
  const [ours, theirs] = [plain(names), plain(inOrder)];
  const elsewhere = theirs.some((name, i) => name !== ours[i] && ours.includes(name));
  if (ids.length === names.length && !elsewhere) {
    const classOf = new Map(ids.map((id, classId) => [id, classId] as const));
    return { names, classOf, warning: `${shown}; taken in the order of their ids` };
  }
  throw new FoveaError("invalid_annotations", `${shown}; name them alike`, { file, at: "categories" });
}
