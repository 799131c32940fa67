import { expect, test } from "vitest";
import { details } from "../../test/made-studies";
import { pauseAfter } from "./use-study";

test("a study is asked for again in every state: every 5 s while it works or after a failure, every 30 s else", () => {
  const [detail] = details;
  const after = (state: (typeof detail)["study"]["state"]) =>
    pauseAfter({ ...detail, study: { ...detail.study, state } });
  expect([pauseAfter(undefined), after("receiving"), after("queued")]).toEqual([5000, 5000, 5000]);
  expect([after("analysed"), after("failed"), after("not_attempted")]).toEqual([30_000, 30_000, 30_000]);
});
