import { describe, expect, test } from "vitest";
import { FoveaError } from "../errors";
import { parseDataYaml } from "./data-yaml";

const parse = (text: string) => parseDataYaml(text, "set/data.yaml");

function failure(text: string): FoveaError {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof FoveaError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("parseDataYaml", () => {
  test("reads paths, parts and names", () => {
    const data = parse("path: ../scans\ntrain: images/train\nval: [a.txt, b]\ntest:\nnc: 2\nnames: [nodule, mass]\n");
    expect(data.root).toBe("../scans");
    expect([...data.splits]).toEqual([
      ["train", ["images/train"]],
      ["val", ["a.txt", "b"]],
    ]);
    expect(data.names).toEqual(["nodule", "mass"]);
    expect(data.problems).toEqual([]);
  });

  test("reads names as a map in any order", () => {
    expect(parse("train: a\nnames:\n  1: mass\n  0: nodule\n").names).toEqual(["nodule", "mass"]);
  });

  test("names the classes by number where nc alone is given", () => {
    expect(parse("train: a\nnc: 2").names).toEqual(["class_0", "class_1"]);
  });

  test("takes names that look like numbers or truth values as text", () => {
    expect(parse("train: a\nnames: [1, true, no]").names).toEqual(["1", "true", "no"]);
  });

  test("takes validation for val", () => {
    expect(parse("validation: v\nnames: [a]").splits.get("val")).toEqual(["v"]);
  });

  test("needs no names where COCO files say them", () => {
    expect(parse("train: a.json\nval: b.JSON").names).toBeUndefined();
  });

  test("ignores an empty download key, and says so of another", () => {
    expect(parse("train: a\nnames: [x]\ndownload:").problems).toEqual([]);
    const [problem] = parse("train: a\nnames: [x]\ndownload: https://example.org/a.zip").problems;
    expect(problem).toMatchObject({ severity: "warning", file: "set/data.yaml", at: "download" });
  });

  test("never builds the objects that tags of programming languages name", () => {
    const data = parse("train: !!python/object/apply:os.system ['rm -rf /']\nnames: [x]");
    expect(data.splits.get("train")).toEqual(["rm -rf /"]);
  });

  test.each([
    ["broken YAML", "train: a\nnames: [x, y\nval: b\n", /^line 3, column \d+$/, "not valid YAML"],
    ["tabs as indent", "names:\n\t0: a\n", /^line 2, column \d+$/, "not valid YAML"],
    ["a key twice", "train: a\ntrain: b\nnames: [x]", /^line 2, column 1$/, "not valid YAML"],
    ["nothing", "", undefined, "expected keys and values"],
    ["a list", "- a\n- b", undefined, "expected keys and values"],
    ["no parts", "names: [a]", "train", "no key train, val or test"],
    ["an empty list of parts", "train: []\nnames: [a]", "train", "an empty list"],
    ["a part that is a map", "val: {a: b}\nnames: [a]", "val", '{"a":"b"}; expected a folder'],
    ["a part that is a list with a hole", "val: [a, ~]\nnames: [a]", "val", "null; expected a folder"],
    ["a path that is a list", "path: [a]\ntrain: a\nnames: [a]", "path", '["a"]; expected one path'],
    ["neither names nor nc", "train: a", "names", "missing; expected the class names"],
    ["names and nc that differ", "train: a\nnc: 3\nnames: [a, b]", "names", "2 names, but nc is 3"],
    ["an nc of 0", "train: a\nnc: 0", "nc", "0; expected the number of classes"],
    ["an nc of text", "train: a\nnc: two\nnames: [a, b]", "nc", '"two"; expected the number'],
    ["no name at all", "train: a\nnames: []", "names", "no class name"],
    ["names as text", "train: a\nnames: nodule", "names", '"nodule"; expected a list'],
    ["a gap in the indices", "train: a\nnames: {0: a, 2: b}", "names", "no name for class 1"],
    ["a name that is null", "train: a\nnames: [a, ~]", "names", "null is no name for class 1"],
  ])("refuses %s, naming file and place", (_, text, at, message) => {
    const error = failure(text);
    expect(error.code).toBe("invalid_dataset");
    expect(error.place.file).toBe("set/data.yaml");
    if (at instanceof RegExp) expect(error.place.at).toMatch(at);
    else expect(error.place.at).toBe(at);
    expect(error.message).toContain(message);
  });

  test("refuses aliases that multiply without end", () => {
    const levels = Array.from({ length: 9 }, (_, i) => `k${i + 1}: &k${i + 1} [${Array(9).fill(`*k${i}`).join(", ")}]`);
    const error = failure(`k0: &k0 [x, x]\n${levels.join("\n")}\ntrain: a\nnames: [a]`);
    expect(error.code).toBe("invalid_dataset");
  });
});
