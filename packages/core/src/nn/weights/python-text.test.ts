import { describe, expect, test } from "vitest";
import { pythonLiteral } from "./python-literal";
import { pythonNames, pythonText } from "./python-text";

describe("pythonText", () => {
  // What Python 3 prints for repr(value).
  test.each([
    [null, "None"],
    [true, "True"],
    [false, "False"],
    [[640, 480], "[640, 480]"],
    [{ batch: 1, half: false }, "{'batch': 1, 'half': False}"],
    [[], "[]"],
    ["it's", `"it's"`],
    [`it's "so"`, `'it\\'s "so"'`],
    ["a\\b\n", "'a\\\\b\\n'"],
    ["\x01\x7f", "'\\x01\\x7f'"],
    ["结节", "'结节'"],
    [0.25, "0.25"],
  ])("writes %j as Python does", (value, text) => {
    expect(pythonText(value)).toBe(text);
  });
});

describe("pythonNames", () => {
  test("writes names by class id, as the public exporter does", () => {
    expect(pythonNames(["nodule", "mass"])).toBe("{0: 'nodule', 1: 'mass'}");
    expect(pythonNames([])).toBe("{}");
  });

  test("is read back by pythonLiteral, whatever the names", () => {
    const names = ["a'b", 'say "x"', "back\\slash", "\u0003\t", "钙化", ""];
    expect(pythonLiteral(pythonNames(names))).toEqual(Object.fromEntries(names.entries()));
  });
});
