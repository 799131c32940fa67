/**
 * @file Text in the character sets of DICOM (PS3.3 C.12.1.1.2, PS3.5 6.1): single ones, UTF-8, GB18030, and ISO 2022 with escapes.
 */

/** Encodings of the Encoding Standard by defined term, without `ISO 2022 `. */
const LABELS: Readonly<Record<string, string>> = {
  "": "windows-1252",
  "IR 6": "windows-1252",
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
};

const decoders = new Map<string, InstanceType<typeof TextDecoder>>();

function decode(label: string, bytes: Uint8Array): string {
  let decoder = decoders.get(label);
  if (decoder === undefined) {
    decoder = new TextDecoder(label);
    decoders.set(label, decoder);
  }
  return decoder.decode(bytes);
}

/** Text of a value by the values of SpecificCharacterSet; what cannot be read becomes U+FFFD. */
export function decodeText(bytes: Uint8Array, characterSets: readonly string[]): string {
  const first = (characterSets[0] ?? "").replace(/^ISO(_| 2022 )/, "").replace(/_/g, " ");
  const base = LABELS[first] ?? "windows-1252";
  if (!bytes.includes(0x1b)) return decode(base, bytes);
  let text = "";
  let label = base;
  let from = 0;
  for (let at = 0; at <= bytes.length; at++) {
    if (at < bytes.length && bytes[at] !== 0x1b) continue;
    text +=
      label === "iso-2022-jp" && from > 0 ? decodeJapanese(bytes, from, at) : decode(label, bytes.subarray(from, at));
    if (at === bytes.length) break;
    const sequence = escapeAt(bytes, at);
    label = ESCAPES[sequence] ?? base;
    from = at + 1 + sequence.length;
  }
  return text;
}

/** Behind the byte ESC: one or two intermediate characters and a final one. */
function escapeAt(bytes: Uint8Array, at: number): string {
  const length = bytes[at + 1] === 0x24 && bytes[at + 2] >= 0x28 && bytes[at + 2] <= 0x2f ? 3 : 2;
  return String.fromCharCode(...bytes.subarray(at + 1, at + 1 + length));
}

/** With its escape sequence of three bytes in front, as the decoder wants it. */
function decodeJapanese(bytes: Uint8Array, from: number, to: number): string {
  return decode("iso-2022-jp", bytes.subarray(from - 3, to));
}
