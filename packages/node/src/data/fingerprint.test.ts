import type { Dataset, Sample } from "@fovea/core/dataset/sample";
import { describe, expect, test } from "vitest";
import { checkFingerprint, fingerprint } from "./fingerprint";

const label = { classId: 0, cx: 0.5, cy: 0.5, w: 0.25, h: 0.25 };
const samples: readonly Sample[] = [
  { file: "/data/a/1.png", width: 40, height: 30, labels: [label] },
  { file: "/data/b/2.png", width: 40, height: 30, labels: [] },
];
const set = (change: Partial<Dataset> = {}): Dataset => ({
  name: "set",
  names: ["nodule"],
  nc: 1,
  split: "train",
  samples,
  problems: [],
  ...change,
});
const moved = (from: string, to: string) =>
  samples.map((sample) => ({ ...sample, file: sample.file.replace(from, to) }));

describe("fingerprint", () => {
  test("is the same for a data set that was moved", () => {
    expect(fingerprint(set())).toMatch(/^[0-9a-f]{16}$/);
    expect(fingerprint(set({ samples: moved("/data/", "/elsewhere/deep/") }))).toBe(fingerprint(set()));
  });

  test.each<[string, Partial<Dataset>]>([
    ["another class name", { names: ["mass"] }],
    ["another path", { samples: moved("/b/", "/c/") }],
    ["an image less", { samples: samples.slice(0, 1) }],
    ["another order", { samples: samples.toReversed() }],
    ["a label moved", { samples: [{ ...samples[0], labels: [{ ...label, cx: 0.6 }] }, samples[1]] }],
    ["an outline", { samples: [{ ...samples[0], labels: [{ ...label, polygon: new Float32Array(6) }] }, samples[1]] }],
    ["a crop", { samples: [{ ...samples[0], crop: { x: 0, y: 0, width: 9, height: 9 } }, samples[1]] }],
  ])("differs for %s", (_, change) => {
    expect(fingerprint(set(change))).not.toBe(fingerprint(set()));
  });

  test("of nothing is one too", () => {
    expect(fingerprint(set({ samples: [] }))).toMatch(/^[0-9a-f]{16}$/);
  });
});

describe("checkFingerprint", () => {
  test("refuses another data set, naming file and part", () => {
    checkFingerprint(fingerprint(set()), set(), "set.yaml");
    const other = set({ names: ["mass"] });
    expect(() => checkFingerprint(fingerprint(set()), other, "set.yaml")).toThrow(
      "set.yaml: train: images or labels differ",
    );
  });
});
