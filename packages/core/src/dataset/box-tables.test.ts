import { expect, test } from "vitest";
import type { Annotation } from "./annotation-set";
import { evaluationTables } from "./box-tables";

test("what is to be ignored, or difficult in VOC's words, is marked so; crowds are marked apart", () => {
  const box = { x1: 0, y1: 0, x2: 10, y2: 10 };
  const marks: Partial<Annotation>[] = [{}, { ignore: true }, { crowd: true }, { attributes: { difficult: true } }];
  const annotations = marks.map((one) => ({ classId: 0, box, ...one }));
  const categories = [{ name: "nodule" }];
  const { truth } = evaluationTables(
    { categories, images: [{ file: "a.png", annotations }] },
    { categories, images: [] },
    "bbox",
  );
  expect([...truth.ignore]).toEqual([0, 1, 0, 1]);
  expect([...truth.crowd]).toEqual([0, 0, 1, 0]);
});
