/**
 * @file Every DICOM file of the reference material, decoded and held against GDCM's and DCMTK's bytes: a table by transfer
 * syntax, and what is refused by name. No measurement of speed.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { FoveaError } from "@fovea/core/errors";
import { FrameDecoder } from "@fovea/node/dicom/frame-decoder";
import { rawFrames } from "@fovea/node/dicom/raw-frames";
import Papa from "papaparse";

interface Expected {
  readonly path: string;
  readonly lossy: boolean;
  readonly decoders: Readonly<Record<string, { readonly sha256?: string } | null>>;
}

const folder = join(process.env.FOVEA_SHARED ?? "../shared", "data/dicom");
const OUTCOMES = ["exact", "differs", "decoded, no reference", "refused", "no pixels"] as const;
type Outcome = (typeof OUTCOMES)[number];

const { data } = Papa.parse<Record<string, string>>(readFileSync(join(folder, "MANIFEST_shown.csv"), "utf8"), {
  header: true,
  skipEmptyLines: true,
});
const expected: Expected[] = JSON.parse(readFileSync(join(folder, "expected_pixels_shown.json"), "utf8"));
const known = new Map(expected.map((one) => [one.path, one]));
const decoder = new FrameDecoder();
const table = new Map<string, Record<Outcome, number>>();
const notes: string[] = [];

async function outcomeOf(path: string): Promise<Outcome> {
  const hash = createHash("sha256");
  const references = Object.values(known.get(path)?.decoders ?? {}).flatMap((one) => one?.sha256 ?? []);
  try {
    const { pieces } = await rawFrames(join(folder, path), { decoder });
    for await (const bytes of pieces) hash.update(bytes);
  } catch (error) {
    if (!(error instanceof FoveaError)) throw error;
    const why = error.message.replace(`${join(folder, path)}: `, "");
    if (/no pixels, so it is no image/.test(why)) return "no pixels";
    notes.push(`- ${path}: ${why}`);
    return "refused";
  }
  if (references.length === 0) return "decoded, no reference";
  if (references.includes(hash.digest("hex"))) return "exact";
  notes.push(`- ${path}: bytes differ from ${references.length === 1 ? "the reference" : "both references"}`);
  return "differs";
}

for (const { path, transfer_syntax: syntax } of data) {
  const outcome = await outcomeOf(path);
  const row = table.get(syntax) ?? (Object.fromEntries(OUTCOMES.map((one) => [one, 0])) as Record<Outcome, number>);
  row[outcome]++;
  table.set(syntax, row);
}
await decoder.close();
console.log(`| transfer syntax | ${OUTCOMES.join(" | ")} |\n|---|${OUTCOMES.map(() => "--:|").join("")}`);
for (const [syntax, row] of [...table].sort(([a], [b]) => (a < b ? -1 : 1))) {
  console.log(`| ${syntax || "none stated"} | ${OUTCOMES.map((one) => row[one] || "").join(" | ")} |`);
}
console.log(`\n${data.length} files\n\n${notes.join("\n")}`);
