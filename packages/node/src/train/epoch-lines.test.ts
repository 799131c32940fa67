import { expect, test } from "vitest";
import { withEpochLine } from "./epoch-lines";

const epochsOf = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).epoch);

test("a file is one line an epoch, numbers with six digits", () => {
  const text = withEpochLine(withEpochLine("", { epoch: 1, ap: 1 / 3 }), { epoch: 2, froc: null });
  expect(text).toBe('{"epoch":1,"ap":0.333333}\n{"epoch":2,"froc":null}\n');
});

test("epochs that a run taken up again does once more are replaced, and a line that was cut off goes", () => {
  const three = [1, 2, 3].reduce((text, epoch) => withEpochLine(text, { epoch, value: "long enough" }), "");
  expect(epochsOf(withEpochLine(three, { epoch: 2 }))).toEqual([1, 2]);
  expect(epochsOf(withEpochLine(three.slice(0, -20), { epoch: 4 }))).toEqual([1, 2, 4]);
});
