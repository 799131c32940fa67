import { describe, expect, test } from "vitest";
import { grouped, textTable, textWidth } from "./table";

describe("textTable", () => {
  test("aligns numbers to the right and names to the left, without blanks at the ends", () => {
    const columns = [{ title: "class", align: "left" }, { title: "n" }] as const;
    expect(
      textTable(columns, [
        ["nodule", "7"],
        ["mass", "123"],
      ]),
    ).toBe("class     n\nnodule    7\nmass    123");
  });

  test("counts Chinese characters as two columns", () => {
    const columns = [{ title: "x", align: "left" }, { title: "n" }] as const;
    expect(
      textTable(columns, [
        ["结节", "1"],
        ["abcde", "2"],
      ]),
    ).toBe("x      n\n结节   1\nabcde  2");
  });

  test("shows control characters instead of sending them to the terminal", () => {
    expect(textTable([{ title: "a", align: "left" }], [["x\u001b[2Jy\u009bz"]])).toBe("a\nx\uFFFD[2Jy\uFFFDz");
  });

  test("without rows is its heading", () => {
    expect(textTable([{ title: "a" }], [])).toBe("a");
  });
});

describe("textWidth", () => {
  test.each([
    ["", 0],
    ["abc", 3],
    ["结节a", 5],
    ["。", 2],
  ])("of %j is %d", (text, width) => {
    expect(textWidth(text)).toBe(width);
  });
});

describe("grouped", () => {
  test.each([
    [0, "0"],
    [999, "999"],
    [1000, "1,000"],
    [3011433, "3,011,433"],
  ])("%d", (n, text) => {
    expect(grouped(n)).toBe(text);
  });
});
