import { describe, expect, test } from "vitest";
import { pictureNames } from "./picture-names";

describe("pictureNames", () => {
  test("are the files' own, without ending", () => {
    expect(pictureNames(["a/chest.dcm", "胸片 1.png", "a/scan.1.2.jpg", "IM0001"])).toEqual([
      "chest",
      "胸片 1",
      "scan.1.2",
      "IM0001",
    ]);
  });

  test("take as many folders before them as tell equal names apart", () => {
    expect(pictureNames(["p1/s1/x.png", "p2/s1/x.png", "p2/s2/x.png", "p2/s2/y.png"])).toEqual([
      "p1_s1_x",
      "p2_s1_x",
      "s2_x",
      "y",
    ]);
  });

  test("keep the ending where a file of another kind beside has the same name", () => {
    expect(pictureNames(["a/x.jpg", "a/x.png", "a/y.png"])).toEqual(["x_jpg", "x_png", "y"]);
  });

  test("differ in more than capitals", () => {
    expect(pictureNames(["a/x.png", "b/X.png"])).toEqual(["a_x", "b_X"]);
  });

  test("are numbered where nothing tells them apart", () => {
    // a_b/c and a/b_c run together.
    const names = pictureNames(["/a_b/c.png", "/a/b_c.png", "/z/c.png", "/z/b_c.png"]);
    expect(new Set(names).size).toBe(4);
  });

  test("of no files are none", () => {
    expect(pictureNames([])).toEqual([]);
  });
});
