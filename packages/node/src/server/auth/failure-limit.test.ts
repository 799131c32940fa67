import { expect, test } from "vitest";
import { FailureLimit } from "./failure-limit";

test("an address that failed too often waits until its window ends; others do not", () => {
  let now = 0;
  const limit = new FailureLimit({ most: 2, windowMs: 1000, now: () => now });
  limit.failed("a");
  expect(limit.waitOf("a")).toBe(0);
  now = 400;
  limit.failed("a");
  expect(limit.waitOf("a")).toBe(600);
  expect(limit.waitOf("b")).toBe(0);
  now = 1000;
  expect(limit.waitOf("a")).toBe(0);
});

test("no more addresses are remembered than there is room for", () => {
  const limit = new FailureLimit({ most: 1, addresses: 2, now: () => 0 });
  for (const address of ["a", "b", "c"]) limit.failed(address);
  expect(["a", "b", "c"].map((address) => limit.waitOf(address) > 0)).toEqual([false, true, true]);
});
