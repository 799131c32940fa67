import { describe, expect, test } from "vitest";
import { planLanes } from "./lanes";

const GIB = 2 ** 30;
const small = { device: "cpu", modelBytes: 12e6, imgsz: 640, memory: 64 * GIB };

describe("planLanes", () => {
  test("gives a few files one lane of all threads", () => {
    expect(planLanes({ ...small, files: 1, threads: 4 })).toEqual({ lanes: 1, threads: 4 });
    expect(planLanes({ ...small, files: 8, threads: 4 })).toEqual({ lanes: 1, threads: 4 });
  });

  test("gives many files lanes of one thread", () => {
    expect(planLanes({ ...small, files: 100, threads: 4 })).toEqual({ lanes: 4, threads: 1 });
    // 17 files pay for three lanes.
    expect(planLanes({ ...small, files: 17, threads: 4 })).toEqual({ lanes: 3, threads: 1 });
  });

  test("gives large machines more threads for each lane instead of ever more lanes", () => {
    expect(planLanes({ ...small, files: 1000, threads: 64 })).toEqual({ lanes: 16, threads: 4 });
  });

  test("opens no more lanes than fit into memory, and always one", () => {
    // YOLOv8x at 640 px: 150 MiB + 4 * 273 MB + 300 * 640^2 bytes = 1.37 GB a lane.
    const large = { ...small, modelBytes: 273e6, files: 1000, threads: 16 };
    expect(planLanes({ ...large, memory: 4.2e9 })).toEqual({ lanes: 3, threads: 5 });
    expect(planLanes({ ...large, memory: 0 })).toEqual({ lanes: 1, threads: 16 });
  });

  test("gives a graphics card a few lanes, others one", () => {
    expect(planLanes({ ...small, files: 1000, threads: 16, device: "cuda:1" }).lanes).toBe(4);
    expect(planLanes({ ...small, files: 1000, threads: 16, device: "webgpu" }).lanes).toBe(1);
  });
});
