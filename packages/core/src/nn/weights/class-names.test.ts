import { describe, expect, test } from "vitest";
import { classNames } from "./class-names";
import type { Json } from "./state";

describe("classNames", () => {
  test.each<[Json, readonly string[]]>([
    [
      ["nodule", "结节"],
      ["nodule", "结节"],
    ],
    [{ 1: "mass", 0: "nodule" }, ["nodule", "mass"]],
    [{ 0: 7 }, ["7"]],
    [[], []],
    [{}, []],
  ])("of %j", (value, names) => {
    expect(classNames(value)).toEqual(names);
  });

  test.each<[Json | undefined]>([
    [undefined],
    [null],
    ["nodule"],
    [[null]],
    [{ 0: "a", 2: "b" }],
    [{ 1: "a" }],
    [{ "00": "a" }],
    [{ nodule: 0 }],
    [{ "-1": "a" }],
    [{ 0.5: "a", 0: "b" }],
  ])("gives nothing for %j", (value) => {
    expect(classNames(value)).toBeUndefined();
  });
});
