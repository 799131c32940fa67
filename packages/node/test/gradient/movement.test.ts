import { describe, test } from "vitest";
import { indexingCases } from "./cases/indexing";
import { movementCases } from "./cases/movement";
import { checkGradient } from "./check";

describe("an operator that moves cells agrees with float64 central differences:", () => {
  test.each([...movementCases, ...indexingCases])("$name", checkGradient);
});
