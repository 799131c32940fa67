import { expect, test } from "vitest";
import { fittingBatch, largestBatch } from "./largest-batch";

const MIB = 2 ** 20;

test("fittingBatch goes by the line through two measurements", () => {
  // 300 MiB + 50 MiB an image: (1000 - 300) / 50 = 14.
  const measured = [
    { batch: 2, bytes: 400 * MIB },
    { batch: 4, bytes: 500 * MIB },
  ] as const;
  expect(fittingBatch(measured, 1000 * MIB, 4096, 640)).toBe(14);
  expect(fittingBatch(measured, 999 * MIB, 4096, 640)).toBe(13);
  expect(fittingBatch(measured, 1000 * MIB, 8, 640)).toBe(8);
  expect(fittingBatch(measured, 350 * MIB, 4096, 640)).toBe(1);
  expect(() => fittingBatch(measured, 349 * MIB, 4096, 640)).toThrow(
    expect.objectContaining({
      code: "out_of_memory",
      message: expect.stringMatching(/one image of 640 px takes 0.3 GiB/),
    }),
  );
});

test("fittingBatch takes the most where an image costs nothing to be seen", () => {
  const measured = [
    { batch: 2, bytes: 400 * MIB },
    { batch: 4, bytes: 399 * MIB },
  ] as const;
  expect(fittingBatch(measured, 1000 * MIB, 64, 64)).toBe(64);
});

test("largestBatch measures in a process of its own", { timeout: 120_000 }, async () => {
  const request = { model: "yolov8n.yaml", names: ["a"], imgsz: 64, frozen: [], threads: 1, optimiser: "SGD" } as const;
  expect(await largestBatch(request, 3)).toBe(3);
  await expect(largestBatch({ ...request, model: "nowhere.yaml" }, 3)).rejects.toMatchObject({ code: "out_of_memory" });
});
