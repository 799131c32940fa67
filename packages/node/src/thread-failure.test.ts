import { ArgumentError, FoveaError, ShapeError } from "@fovea/core/errors";
import { describe, expect, test } from "vitest";
import { errorOfFailure, failureOf } from "./thread-failure";

/** As a message between threads does it. */
const crossed = (error: unknown) => errorOfFailure(structuredClone(failureOf(error)));

describe("an error that crosses threads", () => {
  test.each([
    new FoveaError("out_of_memory", "no room"),
    new FoveaError("invalid_label", "5 values, wanted 4", { file: "a.txt", at: "line 3" }),
    new ArgumentError("threads: got 0", { file: "recipe.yaml" }),
    new ShapeError("run: 2 values of y for 3"),
  ])("keeps its class, code, message and place: $message", (error) => {
    const found = crossed(error) as FoveaError;
    expect(found).toBeInstanceOf(error.constructor);
    const { code, message, place } = error;
    expect(found).toMatchObject({ code, message, place });
  });

  test("that nobody meant to throw stays what it is", () => {
    expect(crossed(new RangeError("unreachable: 3"))).toEqual(new RangeError("unreachable: 3"));
    expect(crossed(7)).toBe(7);
  });
});
