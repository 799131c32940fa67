/**
 * @file The keys of the page: what they do, and what the list of keys says of them.
 */
import type { MessageKey } from "../language/language";

export type StudyCommand =
  | "next"
  | "previous"
  | "accept"
  | "reject"
  | "undo"
  | "lower"
  | "raise"
  | "boxes"
  | "up"
  | "down"
  | "pageUp"
  | "pageDown"
  | "first"
  | "last"
  | "series"
  | "seriesBack"
  | "window"
  | "invert"
  | "reset"
  | "zoomIn"
  | "zoomOut"
  | "pan"
  | "back";

export type KeyGroup = "findings" | "images" | "display" | "page";

export interface KeyBinding {
  /** `undefined`: other parts of the page listen for it; it stands here for the list. */
  readonly command: StudyCommand | undefined;
  readonly group: KeyGroup;
  /** As `KeyboardEvent.key` has them. */
  readonly keys: readonly string[];
  readonly shift?: boolean;
  /** On the key caps of the list. */
  readonly caps: readonly string[];
  readonly message: MessageKey;
}

const DIGITS = ["1", "2", "3", "4", "5", "6", "7"];
const ARROWS = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"];

export const KEY_BINDINGS: readonly KeyBinding[] = [
  { command: "next", group: "findings", keys: ["n"], caps: ["N"], message: "key.next" },
  { command: "previous", group: "findings", keys: ["p"], caps: ["P"], message: "key.previous" },
  { command: "accept", group: "findings", keys: ["a"], caps: ["A"], message: "key.accept" },
  { command: "reject", group: "findings", keys: ["r"], caps: ["R"], message: "key.reject" },
  { command: "undo", group: "findings", keys: ["u"], caps: ["U"], message: "key.undo" },
  { command: "lower", group: "findings", keys: ["["], caps: ["["], message: "key.lower" },
  { command: "raise", group: "findings", keys: ["]"], caps: ["]"], message: "key.raise" },
  { command: "boxes", group: "findings", keys: ["b"], caps: ["B"], message: "key.boxes" },
  { command: "up", group: "images", keys: ["ArrowUp", "ArrowLeft"], caps: ["↑", "←"], message: "key.up" },
  { command: "down", group: "images", keys: ["ArrowDown", "ArrowRight"], caps: ["↓", "→"], message: "key.down" },
  { command: "pageUp", group: "images", keys: ["PageUp"], caps: ["PgUp"], message: "key.pageUp" },
  { command: "pageDown", group: "images", keys: ["PageDown"], caps: ["PgDn"], message: "key.pageDown" },
  { command: "first", group: "images", keys: ["Home"], caps: ["Home"], message: "key.first" },
  { command: "last", group: "images", keys: ["End"], caps: ["End"], message: "key.last" },
  { command: "series", group: "images", keys: ["s"], caps: ["S"], message: "key.series" },
  { command: "seriesBack", group: "images", keys: ["s"], shift: true, caps: ["⇧ S"], message: "key.seriesBack" },
  { command: "window", group: "display", keys: DIGITS, caps: ["1", "…", "7"], message: "key.window" },
  { command: "invert", group: "display", keys: ["i"], caps: ["I"], message: "key.invert" },
  { command: "reset", group: "display", keys: ["0"], caps: ["0"], message: "key.reset" },
  { command: "zoomIn", group: "display", keys: ["+", "="], caps: ["+"], message: "key.zoomIn" },
  { command: "zoomOut", group: "display", keys: ["-", "_"], caps: ["−"], message: "key.zoomOut" },
  { command: "pan", group: "display", keys: ARROWS, shift: true, caps: ["⇧ ↑ ↓ ← →"], message: "key.pan" },
  { command: undefined, group: "page", keys: ["?"], caps: ["?"], message: "key.help" },
  { command: "back", group: "page", keys: ["Escape"], caps: ["Esc"], message: "key.back" },
  { command: undefined, group: "page", keys: ["l"], caps: ["L"], message: "key.language" },
  { command: undefined, group: "page", keys: ["/"], caps: ["/"], message: "key.search" },
  { command: undefined, group: "page", keys: ["t"], caps: ["T"], message: "key.transfers" },
  { command: undefined, group: "page", keys: [], caps: ["↑", "↓"], message: "key.rows" },
];

/** What of a keyboard event matters. */
export type KeyPress = Pick<KeyboardEvent, "key" | "shiftKey" | "ctrlKey" | "metaKey" | "altKey">;

/** Keys with Ctrl, Alt or Meta are the browser's. Letters count in either case; Shift decides only where a binding asks for it. */
export function commandOf(press: KeyPress): StudyCommand | undefined {
  if (press.ctrlKey || press.metaKey || press.altKey) return undefined;
  const key = press.key.length === 1 ? press.key.toLowerCase() : press.key;
  const matching = KEY_BINDINGS.filter(({ keys, command }) => command !== undefined && keys.includes(key));
  const shifted = matching.find(({ shift }) => shift === true);
  const plain = matching.find(({ shift }) => shift !== true);
  return (press.shiftKey && shifted ? shifted : plain)?.command;
}

/** Whether an element takes keys for itself: text fields all of them, sliders and lists of choices those that move. */
export function takesKey(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement && target.type === "range") return /^(Arrow|Page|Home|End)/.test(key);
  return (
    target instanceof HTMLInputElement || target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement
  );
}
