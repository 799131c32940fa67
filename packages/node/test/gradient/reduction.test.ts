import { describe, test } from "vitest";
import { reductionCases } from "./cases/reduction";
import { checkGradient } from "./check";

describe("a reduction agrees with float64 central differences:", () => {
  test.each(reductionCases)("$name", checkGradient);
});
