import { describe, expect, test } from "vitest";
import { pythonLiteral } from "./python-literal";

describe("pythonLiteral", () => {
  // Each text is what Python 3 prints for str() of the value.
  test.each([
    ["{0: 'nodule', 1: 'mass'}", { 0: "nodule", 1: "mass" }],
    ["{}", {}],
    ["[]", []],
    ["()", []],
    ["(8,)", [8]],
    ["(8)", 8],
    ["[8.0, 16.0, 32.0]", [8, 16, 32]],
    ["[1, 3, 640, 640]", [1, 3, 640, 640]],
    ["{'batch': 1, 'half': False, 'nms': True, 'data': None}", { batch: 1, half: false, nms: true, data: null }],
    ["{0: \"Hodgkin's lymphoma\", 1: '结节'}", { 0: "Hodgkin's lymphoma", 1: "结节" }],
    ["'a\\\\b\\n\\x41\\u7ed3\\U0001fac1\\'\\101\\q'", "a\\b\nA结\u{1fac1}'A\\q"],
    ["-1.5e-07", -1.5e-7],
    [" 32 ", 32],
    [
      "[[1, 2], [3, (4, 5)]]",
      [
        [1, 2],
        [3, [4, 5]],
      ],
    ],
    ["{'a': {'b': [1]}}", { a: { b: [1] } }],
    [`'${"a".repeat(199_998)}'`, "a".repeat(199_998)],
  ])("reads %.60s", (text, value) => {
    expect(pythonLiteral(text)).toEqual(value);
  });

  test.each([
    [""],
    ["__import__('os').system('id')"],
    ["open"],
    ["{0: nodule}"],
    ["{0: 'nodule'"],
    ["{0 'nodule'}"],
    ["{[1]: 2}"],
    ["[1 2]"],
    ["[1],"],
    ["]"],
    ["'open"],
    ["'\\U00110000'"],
    ["[".repeat(1000)],
    [`'${"a".repeat(200_000)}'`],
  ])("gives nothing for %.40s", (text) => {
    expect(pythonLiteral(text)).toBeUndefined();
  });

  test("keeps a key that means something to JavaScript an ordinary key", () => {
    const value = pythonLiteral("{'__proto__': 1}");
    expect(Object.keys(value as object)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });
});
