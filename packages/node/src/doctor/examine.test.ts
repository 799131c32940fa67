import { describe, expect, test } from "vitest";
import { advise } from "./examine";

const GIB = 2 ** 30;

/** A machine that lacks nothing. */
const sound: Parameters<typeof advise>[0] = {
  processor: { model: "CPU", processors: 4, usable: 4, instructions: ["avx", "avx2"] },
  memory: { totalBytes: 16 * GIB, freeBytes: 8 * GIB, limitBytes: null },
  disk: { folder: "/data", writable: true, totalBytes: 100 * GIB, freeBytes: 50 * GIB },
  gpus: [],
  providers: [{ name: "cpu", starts: true }],
  capabilities: [{ name: "drawing", works: true, detail: "canvas 1" }],
};

describe("advise", () => {
  test("has nothing to say of a sound machine", () => {
    expect(advise(sound)).toEqual([]);
  });

  test("calls what makes work impossible an error", () => {
    const broken = {
      ...sound,
      disk: { ...sound.disk, writable: false },
      providers: [{ name: "cpu", starts: false, reason: "no answer" }],
      capabilities: [{ name: "drawing", works: false, detail: "no canvas" }],
    };
    expect(advise(broken).map(({ severity, what }) => [severity, what])).toEqual([
      ["error", "drawing: no canvas"],
      ["error", "ONNX Runtime does not compute: no answer"],
      ["error", "/data cannot be written to"],
    ]);
    expect(advise({ ...sound, providers: [] })[0].what).toContain("no cpu provider");
  });

  test("hints at what makes work slow or tight", () => {
    const tight = {
      ...sound,
      processor: { ...sound.processor, usable: 1 },
      memory: { ...sound.memory, limitBytes: 2 * GIB },
      disk: { ...sound.disk, freeBytes: GIB / 2 },
    };
    const advice = advise(tight);
    expect(advice.every(({ severity }) => severity === "hint")).toBe(true);
    expect(advice.map(({ what }) => what)).toEqual([
      "0.5 GiB free on the disk of /data",
      "2.0 GiB of memory",
      "1 of 4 processors may be used",
    ]);
  });

  test("tells how to use an NVIDIA card that is there, and only then", () => {
    const cuda = { name: "cuda", starts: false, reason: "no library", remedy: "install it" };
    const providers = [...sound.providers, cuda];
    expect(advise({ ...sound, providers })).toEqual([]);
    const gpus = [{ name: "NVIDIA H200", source: "nvidia-smi" as const }];
    expect(advise({ ...sound, providers, gpus })).toEqual([
      {
        severity: "hint",
        what: "an NVIDIA card is there, but CUDA does not start: no library",
        how: "install it",
      },
    ]);
    const amd = [{ name: "AMD Navi 31", source: "lspci" as const }];
    expect(advise({ ...sound, providers, gpus: amd })).toEqual([]);
  });
});
