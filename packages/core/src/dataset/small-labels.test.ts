import { expect, test } from "vitest";
import { countSmallLabels } from "./small-labels";

const label = (w: number, h: number) => ({ classId: 0, cx: 0.5, cy: 0.5, w, h });

test("counts labels of 2 px and less at the size of training", () => {
  // At 500 px a pixel of the image is half a pixel: 4 px become 2, 6 become 3; of the height, 500, 0.008 are 4.
  const samples = [
    { file: "a.png", width: 1000, height: 500, labels: [label(0.004, 0.5), label(0.006, 0.5), label(0.5, 0.008)] },
  ];
  expect(countSmallLabels({ samples }, 500)).toBe(2);
  expect(countSmallLabels({ samples }, 1000)).toBe(0);
});

test("takes an image of unknown size for a square", () => {
  const samples = [{ file: "a.png", labels: [label(0.004, 0.5)] }];
  expect([500, 501].map((imgsz) => countSmallLabels({ samples }, imgsz))).toEqual([1, 0]);
});
