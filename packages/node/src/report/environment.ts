/**
 * @file On what a run was made, in words: the facts that `fovea doctor` finds, without trying every device.
 */
import { gib } from "../doctor/examine";
import { findGraphics } from "../doctor/graphics";
import { packageVersion } from "../doctor/libraries";
import { examineDisk, examineMemory, examineProcessor, platformName } from "../doctor/machine";
import { VERSION } from "../version";

/** Names and values; nothing that is missing makes it fail. */
export async function describeEnvironment(folder: string): Promise<(readonly [name: string, value: string])[]> {
  const [onnxruntime, processor, disk, graphics] = await Promise.all([
    packageVersion("onnxruntime-node"),
    examineProcessor(),
    examineDisk(folder),
    findGraphics(),
  ]);
  const memory = examineMemory();
  const limit = memory.limitBytes === null ? "" : `, limited to ${gib(memory.limitBytes)} GiB`;
  return [
    ["fovea", VERSION],
    ["node", process.versions.node],
    ["onnxruntime", onnxruntime ?? "missing"],
    ["platform", platformName()],
    ["processor", `${processor.model}, ${processor.usable} of ${processor.processors} processors`],
    ["instructions", processor.instructions?.join(" ") ?? "unknown"],
    ["memory", `${gib(memory.totalBytes)} GiB${limit}`],
    ["disk", `${gib(disk.freeBytes)} GiB free of ${gib(disk.totalBytes)} GiB`],
    ["graphics", graphics.length === 0 ? "none found" : graphics.map(({ name }) => name).join("; ")],
  ];
}
