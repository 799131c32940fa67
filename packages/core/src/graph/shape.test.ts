import { expect, describe as group, test } from "vitest";
import type { Shape } from "./op";
import { axisOf, broadcast, describe, divided, fixed, multiplied, product, sameShape, sum } from "./shape";

group("describe", () => {
  test("joins the dimensions, and names the shape without any", () => {
    expect(describe(["batch", 3, 320])).toBe("batch x 3 x 320");
    expect(describe([])).toBe("scalar");
  });
});

group("sameShape", () => {
  test("holds for equal numbers and equal symbols only", () => {
    expect(sameShape(["batch", 3], ["batch", 3])).toBe(true);
    expect(sameShape([], [])).toBe(true);
    expect(sameShape(["batch", 3], ["height", 3])).toBe(false);
    expect(sameShape([3], [3, 1])).toBe(false);
  });
});

group("fixed", () => {
  test("gives a number back and refuses a symbol", () => {
    expect(fixed(7, "Conv")).toBe(7);
    expect(() => fixed("batch", "Conv")).toThrow("Conv: needs a fixed dimension, got the symbol batch");
  });
});

group("product", () => {
  test.each([
    [[], 1],
    [[2, 3, 4], 24],
    [["batch"], "batch"],
    [["batch", 4, 2], "8*batch"],
    [[4, "batch", 2], "8*batch"],
    [["width", "batch"], "batch*width"],
    [["batch", 0, 5], 0],
  ] as const)("of %j is %j", (dims, expected) => {
    expect(product(dims as Shape)).toBe(expected);
  });

  test("is the same however the factors are grouped", () => {
    // 3 * (4 * batch) = 12 * batch; (height / 8) * (width / 8) * 16 = height * width / 4.
    expect(product([3, product(["batch", 4])])).toBe(product([12, "batch"]));
    expect(product(["batch", "4*batch"])).toBe("4*batch*batch");
    expect(product([16, "height/8", "width/8"])).toBe(product(["height/4", "width"]));
    expect(product(["height/8", 8])).toBe("height");
  });

  test("takes a sum in brackets for one name", () => {
    const anchors = sum(["height*width/64", "height*width/256"]);
    expect(product([anchors, 4])).toBe("4*(height*width/64+height*width/256)");
    expect(product([product([anchors, 4]), 2])).toBe(product([8, anchors]));
  });
});

group("sum", () => {
  test("adds numbers, and keeps symbols in brackets", () => {
    expect(sum([2, 3])).toBe(5);
    expect(sum(["batch"])).toBe("batch");
    expect(sum(["height", 3])).toBe("(height+3)");
  });
});

group("divided", () => {
  test("divides numbers to whole ones and symbols by name", () => {
    expect(divided(7, 2)).toBe(3);
    expect(divided("height", 1)).toBe("height");
    expect(divided("height", 2)).toBe("height/2");
    expect(divided("height/2", 4)).toBe("height/8");
    expect(divided("4*batch", 4)).toBe("batch");
    expect(divided("4*batch", 8)).toBe("batch/2");
  });
});

group("multiplied", () => {
  test("multiplies numbers, and undoes a division of a symbol", () => {
    expect(multiplied(7, 2)).toBe(14);
    expect(multiplied("height", 1)).toBe("height");
    expect(multiplied("height/16", 2)).toBe("height/8");
    expect(multiplied("height/2", 2)).toBe("height");
    expect(multiplied("height/2", 4)).toBe("2*height");
    expect(multiplied(multiplied("batch", 4), 2)).toBe("8*batch");
  });
});

group("broadcast", () => {
  test.each<[Shape, Shape, Shape]>([
    [
      [2, 3],
      [2, 3],
      [2, 3],
    ],
    [[2, 3], [3], [2, 3]],
    [[], [4], [4]],
    [[], [], []],
    [
      [2, 1, 3],
      [4, 1],
      [2, 4, 3],
    ],
    [
      ["batch", 1],
      [1, 5],
      ["batch", 5],
    ],
    [
      ["batch", 2],
      ["batch", 2],
      ["batch", 2],
    ],
    [
      [0, 3],
      [1, 3],
      [0, 3],
    ],
  ])("of %j and %j is %j", (a, b, expected) => {
    expect(broadcast("Add", a, b)).toEqual(expected);
    expect(broadcast("Add", b, a)).toEqual(expected);
  });

  test("takes any number of shapes", () => {
    expect(broadcast("Where", [2, 1], [3], [1, 1])).toEqual([2, 3]);
  });

  test.each<[Shape, Shape, string]>([
    [[2, 3], [4], "Add: cannot broadcast 2 x 3 with 4"],
    [["batch", 3], [2, 3], "Add: cannot broadcast batch x 3 with 2 x 3"],
    [["batch"], ["width"], "Add: cannot broadcast batch with width"],
  ])("of %j and %j is refused", (a, b, message) => {
    expect(() => broadcast("Add", a, b)).toThrow(message);
  });
});

group("axisOf", () => {
  test("counts from the end where negative", () => {
    expect(axisOf(0, 3, "Concat")).toBe(0);
    expect(axisOf(-1, 3, "Concat")).toBe(2);
    expect(axisOf(-3, 3, "Concat")).toBe(0);
  });

  test.each([3, -4, Number.NaN])("refuses %d of three axes", (axis) => {
    expect(() => axisOf(axis, 3, "Concat")).toThrow(`Concat: axis ${axis} of a tensor with 3 axes`);
  });
});
