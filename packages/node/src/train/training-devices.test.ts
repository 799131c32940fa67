import { availableParallelism } from "node:os";
import { ArgumentError } from "@fovea/core/errors";
import { trainingArguments } from "@fovea/core/recipe/training-arguments";
import { describe, expect, test } from "vitest";
import { sharedThreads, trainingDevices } from "./training-devices";

/** Devices of a recipe in which `device` stands so. */
const devicesOf = (device: string | number | readonly number[], batch = 16) =>
  trainingDevices(trainingArguments({ device, batch }));

describe("trainingDevices", () => {
  test.each([
    ["cpu", ["cpu"]],
    ["cuda", ["cuda"]],
    [1, ["cuda:1"]],
    [[0], ["cuda:0"]],
    ["0,1", ["cuda:0", "cuda:1"]],
    [
      [2, 0],
      ["cuda:2", "cuda:0"],
    ],
    [" [cuda:0, cuda:1] ", ["cuda:0", "cuda:1"]],
    ["cpu,cpu,cpu", ["cpu", "cpu", "cpu"]],
  ] as const)("makes %j out", (device, devices) => {
    expect(devicesOf(device)).toEqual(devices);
  });

  test.each([
    ["cpu,cdua", 'device: "cdua" is unknown, did you mean cuda?'],
    ["", 'device: "" is unknown'],
    ["0,", "device: 0, has a comma with no device beside it"],
    ["cpu,0", "device: cpu,0 mixes cpu and cuda"],
    ["0,1,0", "device: 0,1,0 names cuda:0 twice"],
    ["webgpu,webgpu", "names webgpu twice"],
    ["cpu:0,cpu:1", "cpu takes no number"],
  ])("refuses %j", (device, message) => {
    expect(() => devicesOf(device)).toThrow(ArgumentError);
    expect(() => devicesOf(device)).toThrow(message);
  });

  test("leaves the largest batch to one processor", () => {
    expect(devicesOf("cpu", -1)).toEqual(["cpu"]);
    expect(() => devicesOf("cpu,cpu", -1)).toThrow("batch: -1 measures one processor, device: cpu,cpu names 2");
    expect(() => devicesOf("0", -1)).toThrow("batch: -1 goes by the processor's memory, which says nothing of 0");
  });
});

describe("sharedThreads", () => {
  test.each([
    [8, 1, 8],
    [8, 2, 4],
    [8, 3, 2],
    [1, 2, 1],
  ])("shares %d threads between %d devices: %d each", (threads, count, each) => {
    expect(sharedThreads(threads, count)).toBe(each);
  });

  test("takes the processor's cores where nothing is said", () => {
    expect(sharedThreads(0, 1)).toBe(availableParallelism());
    expect(sharedThreads(0, 2 * availableParallelism())).toBe(1);
  });
});
