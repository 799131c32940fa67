import { describe, expect, test } from "vitest";
import { madeTransfers } from "../../test/made-transfers";
import { pauseAfter, type TransferLists } from "./use-transfers";

const { deliveries, retrievals } = madeTransfers();
const lists = (of: { deliveries?: typeof deliveries; retrievals?: typeof retrievals }): TransferLists => ({
  deliveries: { deliveries: of.deliveries ?? [], next: null },
  retrievals: of.retrievals ?? [],
  held: { held: [], next: null },
});

describe("the screen of transfers", () => {
  test("asks again after 10 s while something is on its way at this moment, else after 30 s", () => {
    const only =
      (state: string) =>
      <T extends { state: string }>(one: T) =>
        one.state === state;
    expect(pauseAfter(lists({ deliveries: deliveries.filter(only("sending")) }))).toBe(10_000);
    expect(pauseAfter(lists({ retrievals: retrievals.filter(only("running")) }))).toBe(10_000);
    const resting = lists({
      deliveries: deliveries.filter(({ state }) => state !== "sending"),
      retrievals: retrievals.filter(({ state }) => state !== "running"),
    });
    expect([pauseAfter(resting), pauseAfter(undefined)]).toEqual([30_000, 30_000]);
  });
});
