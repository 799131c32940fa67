/**
 * @file What `fovea doctor` prints.
 */
import { type Examination, examine, gib } from "../doctor/examine";
import type { GraphicsProcessor } from "../doctor/graphics";
import type { DoctorOptions } from "./doctor";
import { wrapped } from "./wrap";

/** Prints the examination; the exit code is 1 if something needed does not work. */
export async function printExamination({ json }: DoctorOptions): Promise<void> {
  const found = await examine();
  const columns = process.stdout.isTTY ? process.stdout.columns - 1 : Number.POSITIVE_INFINITY;
  process.stdout.write(json ? `${JSON.stringify(found, null, 2)}\n` : examinationText(found, columns));
  if (found.advice.some(({ severity }) => severity === "error")) process.exitCode = 1;
}

/** @param columns of the terminal; lines are broken there */
function examinationText(found: Examination, columns: number): string {
  const { versions, platform, processor, memory, disk, gpus, providers, capabilities, advice } = found;
  const limit = memory.limitBytes === null ? "" : `, limited to ${gib(memory.limitBytes)} GiB`;
  const instructions = processor.instructions === null ? "instructions unknown" : processor.instructions.join(" ");
  const rows: (readonly [string, string])[] = [
    [
      "versions",
      Object.entries(versions)
        .map(([name, version]) => `${name} ${version ?? "missing"}`)
        .join(", "),
    ],
    ["platform", platform],
    ["processor", `${processor.model}, ${processor.usable} of ${processor.processors} processors, ${instructions}`],
    ["memory", `${gib(memory.totalBytes)} GiB, ${gib(memory.freeBytes)} GiB free${limit}`],
    [
      "disk",
      `${gib(disk.freeBytes)} GiB free of ${gib(disk.totalBytes)} GiB in ${disk.folder}${disk.writable ? "" : ", not writable"}`,
    ],
    ["graphics", gpus.length === 0 ? "none found" : gpus.map(graphicsText).join("; ")],
    ...providers.map(({ name, starts, reason, remedy }): [string, string] => [
      `device ${name}`,
      starts ? "works" : `not available: ${reason}; to get it: ${remedy}`,
    ]),
    ...capabilities.map(({ name, works, detail }): [string, string] => [
      name,
      works ? `works (${detail})` : `DOES NOT WORK: ${detail}`,
    ]),
  ];
  const width = Math.max(...rows.map(([what]) => what.length)) + 2;
  const lines = rows.map(([what, text]) => wrapped(`${what.padEnd(width)}${text}`, columns, width));
  const advised = advice.map(({ severity, what, how }) =>
    [`${severity === "error" ? "ERROR" : "hint "}  ${what}`, `       ${how}`]
      .map((line) => wrapped(line, columns, 7))
      .join("\n"),
  );
  const verdict = advice.length === 0 ? "Nothing is missing." : advised.join("\n");
  return `${lines.join("\n")}\n\n${verdict}\n`;
}

function graphicsText({ name, memoryMib, driver }: GraphicsProcessor): string {
  const memory = memoryMib === undefined ? "" : `, ${(memoryMib / 1024).toFixed(0)} GiB`;
  return `${name}${memory}${driver === undefined ? "" : `, driver ${driver}`}`;
}
