/**
 * @file Class maps: a YAML file that renames, merges and drops classes.
 *
 *     Nodule: lesion        # renamed
 *     Mass: lesion          # merged: two classes of one new name
 *     Calcification: null   # dropped, with its annotations; the images stay
 *     "*": other            # all others; null drops them; without it they stay as they are
 *
 * New classes are counted in the order in which the map first names them, others after them.
 */
import { parseDocument } from "yaml";
import { FoveaError } from "../../errors";
import { nearestName } from "../../math/nearest-name";
import type { AnnotationSet, Category } from "../annotation-set";
import type { Problem } from "../sample";

/** New name by old name, in the file's order; `null` drops. */
export type ClassMap = ReadonlyMap<string, string | null>;

/** The name of all classes that are not named. */
const OTHERS = "*";

/** @throws {FoveaError} `invalid_dataset` if the text is no YAML mapping from names to names or null */
export function parseClassMap(text: string, file: string): ClassMap {
  const document = parseDocument(text.replace(/^\uFEFF/, ""), { logLevel: "silent" });
  const error = document.errors.at(0);
  if (error) throw new FoveaError("invalid_dataset", `not valid YAML: ${error.message.split("\n")[0]}`, { file });
  const content: unknown = document.toJS({ mapAsMap: true, maxAliasCount: 0 });
  if (!(content instanceof Map) || content.size === 0) {
    throw new FoveaError("invalid_dataset", "expected old and new class names, as in Mass: lesion", { file });
  }
  const map = new Map<string, string | null>();
  for (const [from, to] of content as Map<unknown, unknown>) {
    if (to !== null && !["string", "number"].includes(typeof to)) {
      throw new FoveaError("invalid_dataset", "expected a class name, or null to drop the class", {
        file,
        at: String(from),
      });
    }
    map.set(String(from), to === null ? null : String(to));
  }
  return map;
}

/**
 * `set` with its classes mapped. Names in the map that the set does not have give a warning each.
 *
 * @param file what warnings call the map
 * @throws {FoveaError} `invalid_dataset` if no class is left
 */
export function mapClasses(
  set: AnnotationSet,
  map: ClassMap,
  file: string,
): { readonly set: AnnotationSet; readonly problems: readonly Problem[] } {
  const names = set.categories.map(({ name }) => name);
  const targetOf = (name: string) => {
    if (map.has(name)) return map.get(name) ?? null;
    return map.has(OTHERS) ? (map.get(OTHERS) ?? null) : name;
  };
  const reached = new Set(names.map(targetOf));
  const order = [...new Set([...map.values(), ...names.map(targetOf)])].filter(
    (name) => name !== null && reached.has(name),
  );
  if (order.length === 0) throw new FoveaError("invalid_dataset", "drops every class of the set", { file });
  const categories = order.map((name): Category => {
    // A category of one source keeps what is known of it.
    const sources = set.categories.filter((category) => targetOf(category.name) === name);
    return sources.length === 1 ? { ...sources[0], name: name ?? "" } : { name: name ?? "" };
  });
  const classes = names.map((name) => order.indexOf(targetOf(name)));
  const images = set.images.map((image) => ({
    ...image,
    annotations: image.annotations.flatMap((one) => {
      return classes[one.classId] < 0 ? [] : [{ ...one, classId: classes[one.classId] }];
    }),
  }));
  return { set: { categories, images }, problems: unknownNames(map, names, file) };
}

function unknownNames(map: ClassMap, names: readonly string[], file: string): Problem[] {
  const unknown = [...map.keys()].filter((name) => name !== OTHERS && !names.includes(name));
  return unknown.map((at) => {
    const near = nearestName(at, names);
    const hint = near === undefined ? `its classes are ${names.join(", ")}` : `did you mean ${near}?`;
    const message = `no class of this name in the set; ${hint}`;
    return { severity: "warning", code: "invalid_dataset", file, at, message };
  });
}
