import { describe, expect, test } from "vitest";
import { EarlyStopping } from "./early-stopping";

/** What is noted of one epoch after the other. */
function notes(patience: number, fitness: readonly number[]) {
  const stopping = new EarlyStopping(patience);
  return fitness.map((value, epoch) => stopping.note(epoch, value));
}

describe("EarlyStopping", () => {
  test("stops when the best epoch is `patience` epochs ago", () => {
    expect(notes(2, [0.1, 0.5, 0.4, 0.4]).map(({ stop }) => stop)).toEqual([false, false, false, true]);
  });

  test("counts an equal epoch as better", () => {
    expect(notes(2, [0.5, 0.4, 0.5, 0.4]).map(({ improved }) => improved)).toEqual([true, false, true, false]);
    expect(notes(2, [0.5, 0.4, 0.5, 0.4]).some(({ stop }) => stop)).toBe(false);
  });

  test("takes a first epoch of fitness 0 for the best so far", () => {
    expect(notes(3, [0])).toEqual([{ improved: true, stop: false }]);
  });

  test("never stops with patience 0", () => {
    const falling = Array.from({ length: 200 }, (_, i) => 1 / (i + 1));
    expect(notes(0, falling).some(({ stop }) => stop)).toBe(false);
  });

  test("knows the best epoch and its fitness", () => {
    const stopping = new EarlyStopping(10);
    [0.1, 0.7, 0.3].forEach((fitness, epoch) => {
      stopping.note(epoch, fitness);
    });
    expect(stopping).toMatchObject({ best: 0.7, bestEpoch: 1 });
  });
});
