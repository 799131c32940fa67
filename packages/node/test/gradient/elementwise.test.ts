import { describe, test } from "vitest";
import { elementwiseCases } from "./cases/elementwise";
import { checkGradient } from "./check";

describe("an elementwise operator agrees with float64 central differences:", () => {
  test.each(elementwiseCases)("$name", checkGradient);
});
