import type { Session, Value } from "@fovea/core/graph/runtime";
import { describe, expect, test } from "vitest";
import { noiseBatch } from "../../test/training/small-network";
import { runParts } from "./run-parts";

const value = (...numbers: number[]): Value => ({
  ...{ dtype: "float32", shape: [numbers.length], data: Float32Array.from(numbers) },
});

/** A session that answers copies of `outputs`, in the memory given where there is any, or fails. */
function answering(outputs: Readonly<Record<string, Value>> | Error): Session {
  return {
    ...{ inputNames: [], outputNames: [] },
    async run(_, into = {}) {
      if (outputs instanceof Error) throw outputs;
      return Object.fromEntries(
        Object.entries(outputs).map(([name, output]) => {
          if (!into[name]) return [name, { ...output, data: output.data.slice() }];
          (into[name].data as Float32Array).set(output.data as Float32Array);
          return [name, into[name]];
        }),
      );
    },
    release: async () => undefined,
  };
}

/** Two images with targets of sum 3, and one with less than 1 in all. */
const FIRST = { target_sum: value(3), loss_items: value(2, 4), "gradient:w": value(6, -3) };
const SECOND = { target_sum: value(0.5), loss_items: value(1, 0), "gradient:w": value(7, 0) };
const batch = noiseBatch(1, 3);

const run = (
  outputs: readonly (Readonly<Record<string, Value>> | Error)[],
  feeds: Readonly<Record<string, Value>> = {},
  into: Readonly<Record<string, Value>> = {},
) => runParts(outputs.map(answering), batch, () => feeds, into);

describe("runParts", () => {
  test("weighs losses and gradients by what each part was divided by", async () => {
    const into = { "gradient:w": value(0, 0) };
    const results = await run([FIRST, SECOND], {}, into);
    // Divided by 3 and by 1, which stands for 0.5; the whole is divided by 3.5.
    const [a, b] = [3 / 3.5, 1 / 3.5];
    const [box, cls] = results.loss_items.data as Float32Array;
    expect(box).toBeCloseTo(2 * a + b, 6);
    expect(cls).toBeCloseTo(4 * a, 6);
    // A loss counts its images: 2 and 1 of 3.
    expect(results["gradient:w"]).toBe(into["gradient:w"]);
    const [w0, w1] = into["gradient:w"].data as Float32Array;
    expect(w0).toBeCloseTo((6 * a * 3) / 2 + 7 * b * 3, 5);
    expect(w1).toBeCloseTo((-3 * a * 3) / 2, 5);
  });

  test("divides by 1 where all targets together come to less", async () => {
    const little = (sum: number) => ({ target_sum: value(sum), loss_items: value(2), "gradient:w": value(4) });
    const results = await run([little(0.5), little(0.25)]);
    expect([...results.loss_items.data]).toEqual([4]);
    // 4 x 3 / 2 + 4 x 3.
    expect([...results["gradient:w"].data]).toEqual([18]);
  });

  test("pools means and variances as those of all pixels", async () => {
    // Of 1, 3, 5, 7 (two images of two pixels): mean 4, variance 5. Of 10, 14: mean 12, variance 4.
    const results = await run([
      { ...FIRST, "mean:a.bn": value(4), "variance:a.bn": value(5) },
      { ...SECOND, "mean:a.bn": value(12), "variance:a.bn": value(4) },
    ]);
    // Together their sum is 40; the squares' 1 + 9 + 25 + 49 + 100 + 196 = 380.
    const mean = 40 / 6;
    expect(results["mean:a.bn"].data[0]).toBeCloseTo(mean, 5);
    expect(results["variance:a.bn"].data[0]).toBeCloseTo(380 / 6 - mean ** 2, 4);
  });

  test("pools WIoU's mean over the boxes, the running one filling up", async () => {
    const iou = (mean: number, count: number) => ({ batch_iou_mean: value(mean), batch_iou_count: value(count) });
    const of = async (first: object, second: object) => {
      const results = await run(
        [
          { ...FIRST, ...first },
          { ...SECOND, ...second },
        ],
        { iou_mean: value(0.5) },
      );
      return results.batch_iou_mean.data[0];
    };
    // Three boxes of sum 0.9, one of 0.7.
    expect(await of(iou(0.3, 3), iou(0.7, 1))).toBeCloseTo(1.6 / 4, 6);
    // None in the second part, which then gives the running mean.
    expect(await of(iou(0.3, 3), iou(0.5, 0))).toBeCloseTo(0.3, 6);
    expect(await of(iou(0.5, 0), iou(0.5, 0))).toBeCloseTo(0.5, 6);
    // A quarter of a box of 0.8 in each: 0.25 x 0.8 + 0.75 x 0.5 = 0.575. Together a half: 0.4 + 0.25.
    expect(await of(iou(0.575, 0.25), iou(0.575, 0.25))).toBeCloseTo(0.65, 6);
  });

  test("throws what a part fails with, once all are done", async () => {
    let done = false;
    const slow: Session = {
      ...answering(FIRST),
      run: async (feeds, into) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        done = true;
        return answering(FIRST).run(feeds, into);
      },
    };
    const running = runParts([slow, answering(new Error("no room"))], batch, () => ({}), {});
    await expect(running).rejects.toThrow("no room");
    expect(done).toBe(true);
  });
});
