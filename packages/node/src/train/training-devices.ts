/**
 * @file The devices that a run trains on (`device`).
 */
import { availableParallelism } from "node:os";
import { ArgumentError } from "@fovea/core/errors";
import type { TrainingArguments } from "@fovea/core/recipe/training-arguments";
import { executionProvider } from "../runtime/device";

/**
 * Devices by name, the first of which also validates. `0,1` and `[0, 1]` are `cuda:0` and `cuda:1`, as users of the public
 * tools write them.
 *
 * @throws {ArgumentError} for names that are no devices, and for several that cannot train together
 */
export function trainingDevices({ device, batch }: Pick<TrainingArguments, "device" | "batch">): readonly string[] {
  const list = /^\[(.*)\]$/.exec(device.trim())?.[1] ?? device;
  const names = list.split(",").map((part) => part.trim());
  if (names.length > 1 && names.includes("")) {
    throw new ArgumentError(`device: ${device} has a comma with no device beside it; write it as cpu,cpu or 0,1`);
  }
  const devices = names.map((name) => (/^\d+$/.test(name) ? `cuda:${name}` : name));
  const kinds = new Set(devices.map((name) => executionProvider(name).name));
  if (kinds.size > 1) {
    const all = [...kinds].join(" and ");
    throw new ArgumentError(`device: ${device} mixes ${all}, of which the slower would be waited for; name one kind`);
  }
  const twice = devices.find((name, i) => name !== "cpu" && devices.indexOf(name) < i);
  if (twice) throw new ArgumentError(`device: ${device} names ${twice} twice; name each once (only cpu can be shared)`);
  if (batch < 0 && devices.length > 1) {
    throw new ArgumentError(
      `batch: -1 measures one processor, device: ${device} names ${devices.length}; name a batch`,
    );
  }
  if (batch < 0 && devices[0] !== "cpu") {
    throw new ArgumentError(`batch: -1 goes by the processor's memory, which says nothing of ${device}; name a batch`);
  }
  return devices;
}

/**
 * Threads of the engine on each of `count` devices: an even share of what the user allows.
 *
 * @param threads of all; 0 for the processor's cores
 */
export function sharedThreads(threads: number, count: number): number {
  const all = threads > 0 ? threads : availableParallelism();
  return Math.max(1, Math.floor(all / count));
}
