import { describe, expect, test } from "vitest";
import { commonFolder, fingerprintText } from "./fingerprint";

const label = (classId: number, cx: number, cy: number, w: number, h: number) => ({ classId, cx, cy, w, h });

describe("fingerprintText", () => {
  const entries = (folder: string) => [
    { split: "train", file: `${folder}/x/b.png`, bytes: 7, labels: [label(1, 0.5, 0.5, 0.25, 0.125)] },
    { split: "train", file: `${folder}/x/a.png`, bytes: 5, labels: [] },
    { split: "val", file: `${folder}/y/a.png`, bytes: 5, labels: [] },
  ];

  test("has one line a file, sorted, without the folder that all share", () => {
    expect(fingerprintText(entries("/data"))).toBe(
      '["train","x/a.png",5] \n["train","x/b.png",7] 1:0.5,0.5,0.25,0.125\n["val","y/a.png",5] \n',
    );
  });

  test("is the same elsewhere, on Windows, and in another order of the files", () => {
    const text = fingerprintText(entries("/data"));
    expect(fingerprintText(entries("D:\\copy\\of").toReversed())).toBe(text);
  });

  test("differs by name, size, part and label", () => {
    const [first, ...others] = entries("/data");
    const text = fingerprintText([first, ...others]);
    const region = { cx: 0.5, cy: 0.5, w: 0.1, h: 0.1 };
    const changes = [
      ...[{ file: "/data/x/c.png" }, { bytes: 8 }, { split: "val" }, { labels: [] }, { ignored: [region] }],
      ...[{ crop: { x: 0, y: 0, width: 9, height: 9 } }, { labels: [{ ...first.labels[0], weight: 0.5 }] }],
    ];
    for (const change of changes) {
      expect(fingerprintText([{ ...first, ...change }, ...others])).not.toBe(text);
    }
    const outlined = [{ ...first.labels[0], polygon: Float32Array.of(0, 0, 1, 0, 1, 1) }];
    expect(fingerprintText([{ ...first, labels: outlined }, ...others])).toContain(";0,0,1,0,1,1");
  });
});

test("commonFolder is whole folders, not beginnings of names", () => {
  expect(commonFolder(["/a/bc/1", "/a/bd/2"])).toBe("/a/");
  expect(commonFolder(["/a/b/1"])).toBe("/a/b/");
  expect(commonFolder(["x/1", "y/2"])).toBe("");
  expect(commonFolder([])).toBe("");
});
