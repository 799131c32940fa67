/**
 * @file Progress on the terminal: one line at the bottom that is redrawn, and lines above it that stay.
 *
 * Where the output is no terminal only the lines that stay are written.
 */
import { wrapped } from "./wrap";

/** What is written to: `process.stdout`, or a stand-in for tests. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Redrawing more often is not seen. */
const REDRAW_MS = 80;

const CLEAR_LINE = "\r\x1b[2K";

/** Columns of a terminal that does not tell. */
const USUAL_COLUMNS = 80;

/** Columns of the word that a field begins with. */
const LABEL = 9;

export class Progress {
  readonly #terminal: Terminal;
  readonly #now: () => number;
  #shown = false;
  #drawnAt = Number.NEGATIVE_INFINITY;

  /** @param now milliseconds of a clock that only counts up */
  constructor(terminal: Terminal = process.stdout, now: () => number = () => performance.now()) {
    this.#terminal = terminal;
    this.#now = now;
  }

  get #columns(): number {
    return this.#terminal.columns || USUAL_COLUMNS;
  }

  /** Whether `show` is seen at all. */
  get live(): boolean {
    return this.#terminal.isTTY === true;
  }

  /** Puts `text` into the line at the bottom, unless it was redrawn a moment ago; cut to the terminal's width. */
  show(text: string): void {
    if (!this.live || this.#now() - this.#drawnAt < REDRAW_MS) return;
    this.#drawnAt = this.#now();
    // The last column stays free: some terminals break the line there.
    const room = this.#columns - 1;
    this.#terminal.write(`${CLEAR_LINE}${Array.from(text).slice(0, room).join("")}`);
    this.#shown = true;
  }

  /** Writes lines that stay, in place of the line at the bottom. */
  print(text = ""): void {
    this.clear();
    this.#terminal.write(`${text}\n`);
  }

  /** Writes prose that stays; on a terminal it is broken at blanks. */
  say(text: string, indent = 0): void {
    this.print(this.live ? wrapped(text, this.#columns - 1, indent) : text);
  }

  /** Writes `Model    yolov8n`: a word for what is told, and the text set in. */
  field(what: string, text: string): void {
    this.say(`${what.padEnd(LABEL)}${text}`, LABEL);
  }

  /** Takes the line at the bottom away. */
  clear(): void {
    if (this.#shown) this.#terminal.write(CLEAR_LINE);
    this.#shown = false;
    this.#drawnAt = Number.NEGATIVE_INFINITY;
  }
}

/** `━━━━━━╸───────`: `share` of `width` characters; half a character is the smallest step. */
export function bar(share: number, width: number): string {
  const halves = Math.round(Math.min(Math.max(share, 0), 1) * width * 2);
  const whole = Math.floor(halves / 2);
  const half = halves % 2 === 1 ? "╸" : "";
  return "━".repeat(whole) + half + "─".repeat(width - whole - half.length);
}

/** `measuring ━━━━───── 12/40  3.1/s  0:09 left`: work of known size, `seconds` after its beginning. */
export function workLine(what: string, done: number, total: number, seconds: number): string {
  const rate = done / Math.max(seconds, 1e-3);
  return `${what} ${bar(done / total, 24)} ${done}/${total}  ${rate.toFixed(1)}/s  ${duration((total - done) / rate)} left`;
}

/** `0:07`, `12:34`, `1:02:03`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "-:--";
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n: number) => String(n).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
