import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../test/shared";
import { cocoTables } from "../src/dataset/coco-tables";
import { type CocoCategory, cocoSummaryOf } from "../src/metrics/coco-summary";

const PLACE = "data/ref_coco";

interface Expected {
  readonly stats: Readonly<Record<string, number>>;
  readonly per_category: Readonly<Record<string, Readonly<Record<string, number | string>>>>;
  readonly pr_curve_iou50: { readonly precision_mean_over_categories: readonly number[] };
}

/** What pycocotools 2.0.11 says of these files; every number to 1e-9. */
describe.runIf(sharedAvailable)("cocoSummaryOf, against pycocotools", () => {
  test.each([
    ["coco_val2014_100", "bbox"],
    ["coco_val2014_100", "segm"],
    ["crowd_ignore_1img", "bbox"],
    ["lidc_reader2_vs_reader1", "bbox"],
    ["voc100_review_metrics", "bbox"],
  ] as const)("gives the numbers of %s, %s", (folder, kind) => {
    const named = (file: string) => ({ file, text: readFileSync(sharedPath(`${PLACE}/${folder}/${file}`), "utf8") });
    const { tables, warnings } = cocoTables(named("gt.json"), named(`dt_${kind}.json`), kind);
    const expected: Expected = JSON.parse(named(`expected_${kind}.json`).text);
    const { stats, perCategory, precision50 } = cocoSummaryOf(tables);
    expect(warnings).toEqual([]);
    near(stats, expected.stats);
    const byId = new Map<string, CocoCategory>(perCategory.map((one) => [String(one.id), one]));
    // Categories without objects, -1 throughout, are left out there.
    const judged = perCategory.filter(({ AP }) => AP > -1);
    expect(judged.map(({ id }) => String(id))).toEqual(Object.keys(expected.per_category));
    for (const [id, { name, ...numbers }] of Object.entries(expected.per_category)) {
      expect(byId.get(id)?.name).toBe(name);
      near(byId.get(id), numbers);
    }
    near(precision50, expected.pr_curve_iou50.precision_mean_over_categories);
  });
});

/** Every number of `expected`, within 1e-9. */
function near(actual: unknown, expected: object): void {
  const of = (actual ?? {}) as Readonly<Record<string, number>>;
  for (const [key, value] of Object.entries(expected)) {
    expect(Math.abs(of[key] - value), `${key}: ${of[key]} for ${value}`).toBeLessThan(1e-9);
  }
}
