import { describe, test } from "vitest";
import { convolutionCases } from "./cases/convolution";
import { checkGradient } from "./check";

describe("a convolution agrees with float64 central differences:", () => {
  test.each(convolutionCases)("$name", checkGradient);
});
