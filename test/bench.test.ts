import { describe, expect, test } from "vitest";

import { assertSameWork } from "../bench/harness/pairs";
import { parseMachineTicks, parseProcessTicks } from "../bench/harness/processor";
import { parseLine } from "../bench/harness/protocol";
import { quantile } from "../bench/harness/quantile";
import { markdownRow, summarise } from "../bench/harness/report";

describe("parseLine", () => {
  test("takes an answer, with and without the network's own time", () => {
    const answer = { ms: 12.5, peakRssMib: 300, check: [1, 2] };
    expect(parseLine(JSON.stringify(answer))).toEqual(answer);
    expect(parseLine(JSON.stringify({ ...answer, modelMs: 9 }))).toEqual({ ...answer, modelMs: 9 });
  });

  test("takes the line that says a child is ready", () => {
    expect(parseLine('{"ready": true}')).toBe("ready");
  });

  test.each(["", "loading", "null", '{"ms": 1}', '{"ms": 1, "peakRssMib": 2, "check": ["x"]}'])(
    "refuses %j, naming it",
    (line) => {
      expect(() => parseLine(line)).toThrow(`line protocol: ${line}`);
    },
  );
});

describe("processor ticks", () => {
  test("of the machine are busy in user, nice, system, interrupts and stolen time, not in idle and waiting", () => {
    // user 10, nice 1, system 4, idle 100, iowait 7, irq 2, softirq 3, steal 5; guest 9 is already in user.
    const stat = "cpu  10 1 4 100 7 2 3 5 9 0\ncpu0 5 0 2 50 3 1 1 2 4 0\n";
    expect(parseMachineTicks(stat)).toEqual({ total: 132, busy: 25 });
  });

  test("of a process are fields 14 to 17, counted from behind a name that holds blanks and parentheses", () => {
    const fields = Array.from({ length: 20 }, (_, i) => `${i + 4}`); // field i + 4 holds its own number
    expect(parseProcessTicks(`77 (a (b) c) S ${fields.join(" ")}`)).toEqual({ own: 14 + 15, waited: 16 + 17 });
  });
});

describe("quantile", () => {
  test("lies between neighbours where it meets no value", () => {
    // Position .5 * 3 = 1.5 between 2 and 3; .1 * 3 = .3 between 1 and 2.
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
    expect(quantile([4, 1, 3, 2], 0.1)).toBeCloseTo(1.3, 12);
  });

  test("of one value is that value; of none an error", () => {
    expect(quantile([7], 0.9)).toBe(7);
    expect(() => quantile([], 0.5)).toThrow("no values");
  });
});

describe("assertSameWork", () => {
  test("lets a difference within the tolerance pass", () => {
    expect(() => assertSameWork([1.009, 2], [1, 2], 0.01)).not.toThrow();
  });

  test.each([
    [[1.02], [1]],
    [[1, 2], [1]],
    [[1], [1, 2]],
    [[Number.NaN], [1]],
  ])("refuses %j against %j", (ours, peer) => {
    expect(() => assertSameWork(ours, peer, 0.01)).toThrow("same work");
  });
});

describe("summarise", () => {
  const turn = (ms: number) => ({ ms, others: 0 });
  const round = (pairs: readonly (readonly [number, number])[], voided = 0) => ({
    pairs: pairs.map(([ours, peer]) => ({ ours: turn(ours), peer: turn(peer) })),
    voided: Array.from({ length: voided }, () => ({ ours: turn(1), peer: turn(1) })),
    stepsPerTurn: 2,
    peakRssMib: { ours: 100 + voided, peer: 200 - voided },
    check: { ours: [], peer: [] },
  });

  test("takes the ratio pair by pair, over all rounds, and leaves void pairs out", () => {
    // Ratios 200/100, 300/100, 100/200: median 2; the ratio of the medians (100 and 200) would be 2 as well,
    // that of the sums 1.5.
    const rounds = [
      round([
        [100, 200],
        [100, 300],
      ]),
      round([[200, 100]], 2),
    ];
    const summary = summarise("x", "PyTorch nchw", rounds);
    expect(summary).toMatchObject({ oursMs: 100, peerMs: 200, pairs: 3, voided: 2 });
    expect(summary.speed.median).toBe(2);
    expect(summary.speed.p10).toBeCloseTo(0.5 + 0.2 * 1.5, 12); // position .1 * 2 = .2 from .5 towards 2
    expect(summary.peakRssMib).toEqual({ ours: 102, peer: 200 });
    expect(summary.bestSpeed).toBe(1); // 100 against 100, of different pairs
    expect(markdownRow(summary)).toBe("| x | 100 | 200 | PyTorch nchw | 2.00 (0.80-2.80) | 1.00 | 102 / 200 | 3 (2) |");
  });

  test("refuses rounds without a valid pair", () => {
    expect(() => summarise("x", "peer", [round([], 4)])).toThrow("all 4 pairs are void");
  });
});
