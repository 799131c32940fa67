import { expect, test } from "vitest";
import { commonDivisor } from "./common-divisor";

test.each([
  [64, 96, 32],
  [7, 13, 1],
  [5, 5, 5],
  [0, 8, 8],
  [8, 0, 8],
])("the greatest common divisor of %d and %d is %d", (a, b, divisor) => {
  expect(commonDivisor(a, b)).toBe(divisor);
});
