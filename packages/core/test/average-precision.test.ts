/**
 * @file Average precision against the public implementation.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../test/shared";
import { apPerClass } from "../src/metrics/average-precision";

interface Fixture {
  readonly tp: number[][];
  readonly conf: number[];
  readonly pred_cls: number[];
  readonly target_cls: number[];
  readonly p: number[];
  readonly r: number[];
  readonly f1: number[];
  readonly ap: number[][];
  readonly unique_classes: number[];
}

describe.skipIf(!sharedAvailable)("apPerClass", () => {
  test("parity: precision, recall, F1 and AP of three classes within 1e-6", () => {
    const given: Fixture = JSON.parse(readFileSync(sharedPath("reference/yolo/ops/ap_per_class.json"), "utf8"));
    const { classes } = apPerClass({
      tp: Uint8Array.from(given.tp.flat()),
      conf: given.conf,
      predClass: given.pred_cls,
      targetClass: given.target_cls,
    });
    expect(classes.map(({ classId }) => classId)).toEqual(given.unique_classes);
    classes.forEach((one, i) => {
      const found = [one.precision, one.recall, one.f1, ...one.ap];
      const expected = [given.p[i], given.r[i], given.f1[i], ...given.ap[i]];
      found.forEach((value, k) => {
        expect(Math.abs(value - expected[k])).toBeLessThan(1e-6);
      });
    });
  });
});
