import { ArgumentError } from "@fovea/core/errors";
import { describe, expect, test } from "vitest";
import { DEVICES, executionProvider } from "./device";

describe("executionProvider", () => {
  test.each(DEVICES)("knows %s", (device) => {
    expect(executionProvider(device)).toMatchObject({ name: device, option: device });
  });

  test("takes the number of a card", () => {
    expect(executionProvider("cuda:1")).toMatchObject({ name: "cuda", option: { name: "cuda", deviceId: 1 } });
    expect(executionProvider("cuda:0")).toMatchObject({ option: { name: "cuda", deviceId: 0 } });
    expect(executionProvider("tensorrt:2")).toMatchObject({ option: { name: "tensorrt", deviceId: 2 } });
  });

  test.each(["cpu:0", "webgpu:1", "dml:0", "coreml:0"])("refuses the number in %s", (device) => {
    expect(() => executionProvider(device)).toThrow(ArgumentError);
    expect(() => executionProvider(device)).toThrow(`takes no number, got "${device}"`);
  });

  test.each([
    ["cdua", "cuda"],
    ["cud", "cuda"],
    ["CPU", "cpu"],
    ["tensort", "tensorrt"],
    ["webgup", "webgpu"],
  ])("offers the nearest name for %s", (device, near) => {
    expect(() => executionProvider(device)).toThrow(`device: "${device}" is unknown, did you mean ${near}?`);
  });

  test.each(["", "quantum", "constructor", "cuda:", "cuda:x", "cuda:-1", "cuda:1:2", " cpu"])(
    'refuses "%s" and names what there is',
    (device) => {
      expect(() => executionProvider(device)).toThrow(ArgumentError);
      expect(() => executionProvider(device)).toThrow("(known: cpu, cuda, tensorrt, webgpu, dml, coreml, cuda:1)");
    },
  );

  test("tells how to get every device but the processor", () => {
    for (const device of DEVICES) expect(executionProvider(device).remedy !== "").toBe(device !== "cpu");
  });
});
