import { expect, test } from "vitest";
import { imageFinder } from "./image-finder";

test("an image is found by its file, or by its name where only one has it", () => {
  const find = imageFinder(["a/1.png", "b/2.png", "c/2.png"]);
  expect(["a/1.png", "1.dcm", "2.dcm", "c/2.png", "3.png"].map(find)).toEqual([0, 0, undefined, 2, undefined]);
});

test("an image of the same name elsewhere is another one, where the own is there too", () => {
  expect(imageFinder(["val/1.png"], ["train/1.png", "val/1.png"])("train/1.png")).toBeUndefined();
  expect(imageFinder(["val/1.png"], ["1.png"])("1.png")).toBe(0);
});

test("the last number of a UID is no ending", () => {
  expect(imageFinder(["1.2.3"])("1.2.9")).toBeUndefined();
  expect(imageFinder(["x/1.2.3.dcm"])("1.2.3")).toBe(0);
});
