/**
 * @file Which action each element of a tree gets, before anything is rewritten.
 */
import type { Element, Item } from "./element";
import { latin1 } from "./encode";
import {
  type Action,
  actionOf,
  CONTENT_SEQUENCE,
  isListed,
  isPersonalConcept,
  type Mode,
  type Profile,
} from "./profile";
import { isSafePrivate } from "./safe-private";

/** Actions of all elements, those inside of sequences too. */
export type Plan = ReadonlyMap<Element, Action>;

const CONCEPT_NAME = 0x0040a043;
const CODE_VALUE = 0x00080100;

/** Mode inside of a sequence with this action; undefined where the sequence itself goes. */
const INSIDE: Readonly<Partial<Record<Action, Mode>>> = {
  descend: "normal",
  "descend-dummy": "dummy",
  "descend-content": "content",
};

/** The plan of a data set; `bytes` are what its elements point into. */
export function planOf(elements: readonly Element[], bytes: Uint8Array, profile: Profile): Plan {
  const plan = new Map<Element, Action>();
  planElements(elements, { bytes, profile, plan }, "normal");
  return plan;
}

interface Context {
  readonly bytes: Uint8Array;
  readonly profile: Profile;
  readonly plan: Map<Element, Action>;
}

function planElements(elements: readonly Element[], context: Context, mode: Mode): void {
  const { plan, profile, bytes } = context;
  const safe = profile.has("retain-safe-private") ? safePrivates(elements, bytes) : undefined;
  for (const element of elements) {
    const action = safe?.has(element) ? "keep" : actionOfElement(element, profile, mode);
    const inside = INSIDE[action];
    // A sequence that cannot be followed cannot be cleaned.
    const lost = element.vr === "SQ" && element.items === undefined && element.valueEnd > element.valueStart;
    plan.set(element, lost && inside !== undefined ? "remove" : action);
    for (const item of element.items ?? []) {
      if (inside === undefined) planRemoved(item.elements, plan);
      else planElements(item.elements, context, modeOfItem(element, item, inside, bytes));
    }
  }
}

/** An attribute that neither the dictionary nor the table knows goes, whatever VR the file gives it: nobody knows what it holds. */
function actionOfElement({ tag, vr, isKnown }: Element, profile: Profile, mode: Mode): Action {
  const action = actionOf(tag, vr, profile, mode);
  return isKnown || action === "drop" || isListed(tag) ? action : "remove";
}

function planRemoved(elements: readonly Element[], plan: Map<Element, Action>): void {
  for (const element of elements) {
    plan.set(element, "remove");
    for (const item of element.items ?? []) planRemoved(item.elements, plan);
  }
}

/** Items of a cleaned content tree that tell who somebody is get dummies. */
function modeOfItem(sequence: Element, item: Item, mode: Mode, bytes: Uint8Array): Mode {
  if (mode !== "content" || sequence.tag !== CONTENT_SEQUENCE) return mode;
  const concept = item.elements.find(({ tag }) => tag === CONCEPT_NAME)?.items?.at(0);
  const code = concept?.elements.find(({ tag }) => tag === CODE_VALUE);
  return code !== undefined && isPersonalConcept(textOf(code, bytes).trim()) ? "dummy" : mode;
}

/** Safe private elements of one level, and the creators of their blocks. */
function safePrivates(elements: readonly Element[], bytes: Uint8Array): ReadonlySet<Element> {
  const creators = new Map<number, Element>();
  const safe = new Set<Element>();
  for (const element of elements) {
    const { tag } = element;
    if ((tag >>> 16) % 2 === 0) continue;
    const low = tag & 0xffff;
    if (low >= 0x10 && low <= 0xff) {
      creators.set(((tag & 0xffff0000) | (low << 8)) >>> 0, element);
      continue;
    }
    const creator = creators.get((tag & 0xffffff00) >>> 0);
    if (creator === undefined) continue;
    const { vr, valueStart, valueEnd } = element;
    const block = textOf(creator, bytes).trim();
    if (!isSafePrivate(block, tag, vr, valueEnd - valueStart, textOf(element, bytes))) continue;
    safe.add(element).add(creator);
  }
  return safe;
}

/** The value as bytes 0 to 255, without its padding at the end. */
export function textOf({ valueStart, valueEnd }: Element, bytes: Uint8Array): string {
  let end = valueEnd;
  while (end > valueStart && (bytes[end - 1] === 0 || bytes[end - 1] === 0x20)) end--;
  return latin1(bytes.subarray(valueStart, end));
}
