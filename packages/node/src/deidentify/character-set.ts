/**
 * @file Text in the character sets of DICOM (PS3.3 C.12.1.1.2, PS3.5 6.1): single ones, UTF-8, GB18030, and ISO 2022 with escapes.
 */

/** Encodings of the Encoding Standard by defined term, without `ISO 2022 `. */
const LABELS: Readonly<Record<string, string>> = {
  "IR 100": "windows-1252",
  "IR 101": "iso-8859-2",
  "IR 109": "iso-8859-3",
  "IR 110": "iso-8859-4",
  "IR 144": "iso-8859-5",
  "IR 127": "iso-8859-6",
  "IR 126": "iso-8859-7",
  "IR 138": "iso-8859-8",
  "IR 148": "windows-1254",
  "IR 203": "iso-8859-15",
  "IR 13": "shift_jis",
  "IR 166": "windows-874",
  "IR 192": "utf-8",
  "IR 149": "euc-kr",
  "IR 58": "gbk",
  GB18030: "gb18030",
  GBK: "gbk",
};

/** Defined terms of character sets that stand alone, one for each. */
export const CHARACTER_SETS = [
  ...["ISO_IR 100", "ISO_IR 101", "ISO_IR 109", "ISO_IR 110", "ISO_IR 144", "ISO_IR 127", "ISO_IR 126", "ISO_IR 138"],
  ...["ISO_IR 148", "ISO_IR 203", "ISO_IR 13", "ISO_IR 166", "ISO_IR 192", "GB18030", "GBK"],
] as const;

/** Of a text that declares no more than ASCII, and has other bytes. */
const ASCII = "ascii";

/** What an escape sequence turns on (PS3.3 tables C.12-3 and C.12-4); `iso-2022-jp` reads its escape itself. */
const ESCAPES: Readonly<Record<string, string>> = {
  "-A": "windows-1252",
  "-B": "iso-8859-2",
  "-C": "iso-8859-3",
  "-D": "iso-8859-4",
  "-L": "iso-8859-5",
  "-G": "iso-8859-6",
  "-F": "iso-8859-7",
  "-H": "iso-8859-8",
  "-M": "windows-1254",
  "-T": "windows-874",
  "-b": "iso-8859-15",
  ")I": "shift_jis",
  "(J": "iso-2022-jp",
  $B: "iso-2022-jp",
  "$@": "iso-2022-jp",
  "$)C": "euc-kr",
  "$)A": "gbk",
  // JIS X 0212, which the Encoding Standard has within EUC-JP, behind a byte of its own.
  "$(D": "euc-jp",
  // ASCII again; in Japanese texts the other half may be another's still.
  "(B": "",
};

const decoders = new Map<string, InstanceType<typeof TextDecoder>>();

function decode(label: string, bytes: Uint8Array): string {
  if (label === ASCII) return String.fromCharCode(...Uint16Array.from(bytes, (byte) => (byte < 0x80 ? byte : 0xfffd)));
  let decoder = decoders.get(label);
  if (decoder === undefined) {
    decoder = new TextDecoder(label);
    decoders.set(label, decoder);
  }
  return decoder.decode(bytes);
}

/** The encoding of a defined term; undefined of ASCII alone, and of what is none. */
function labelOf(term: string): string | undefined {
  const key = term.replace(/^ISO(_| 2022 )/, "").replace(/_/g, " ");
  // A file may call it "constructor".
  return Object.hasOwn(LABELS, key) ? LABELS[key] : undefined;
}

/**
 * Text of a value by the values of SpecificCharacterSet; what cannot be read becomes U+FFFD.
 *
 * @param undeclared defined term that holds where the file declares no more than ASCII, or a set that is none: archives leave it
 *   out. `ISO_IR 6` makes U+FFFD of what is no ASCII; the default keeps such bytes apart, which comparisons want and readers
 *   should not see
 */
export function decodeText(bytes: Uint8Array, characterSets: readonly string[], undeclared = "ISO_IR 100"): string {
  const base = labelOf(characterSets[0] ?? "") ?? labelOf(undeclared) ?? ASCII;
  if (!bytes.includes(0x1b)) return decode(base, bytes);
  let text = "";
  let label: string | undefined = base;
  let from = 0;
  for (let at = 0; at <= bytes.length; at++) {
    if (at < bytes.length && bytes[at] !== 0x1b) continue;
    text += decodePart(label, bytes, from, at);
    if (at === bytes.length) break;
    const sequence = escapeAt(bytes, at);
    label = ESCAPES[sequence] === "" ? base : ESCAPES[sequence];
    from = at + 1 + sequence.length;
  }
  return text;
}

/** From behind an escape sequence to the next one. Without a label nobody knows how many bytes a character has: it is one U+FFFD. */
function decodePart(label: string | undefined, bytes: Uint8Array, from: number, to: number): string {
  if (from === to) return "";
  if (label === undefined) return "\uFFFD";
  // With its escape sequence of three bytes in front, as the decoder wants it.
  if (label === "iso-2022-jp") return decode(label, bytes.subarray(from - 3, to));
  if (label !== "euc-jp") return decode(label, bytes.subarray(from, to));
  const pairs: number[] = [];
  for (let at = from; at < to; at += 2) pairs.push(0x8f, bytes[at] | 0x80, bytes[at + 1] | 0x80);
  return decode(label, Uint8Array.from(pairs));
}

/** Behind the byte ESC: one or two intermediate characters and a final one. */
function escapeAt(bytes: Uint8Array, at: number): string {
  const length = bytes[at + 1] === 0x24 && bytes[at + 2] >= 0x28 && bytes[at + 2] <= 0x2f ? 3 : 2;
  return String.fromCharCode(...bytes.subarray(at + 1, at + 1 + length));
}
