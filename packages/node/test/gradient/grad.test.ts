import { grad } from "@fovea/core/graph/gradient";
import type { Tensor } from "@fovea/core/graph/op";
import * as t from "@fovea/core/graph/tensor";
import { describe, expect, test } from "vitest";
import { load } from "./check";

const x = t.input("x", "float32", []);
const v = t.input("v", "float32", [3]);

/** Gradients of `loss` by each of `wrt` at x = 3 and v = (1, 2, 4). */
async function gradients(loss: Tensor, wrt: readonly Tensor[]): Promise<number[][]> {
  const named = Object.fromEntries(grad(loss, wrt).map((g, i) => [`g${i}`, g]));
  const session = await load(named, [x, v]);
  const results = await session.run({
    x: { dtype: "float32", shape: [], data: Float32Array.of(3) },
    v: { dtype: "float32", shape: [3], data: Float32Array.of(1, 2, 4) },
  });
  await session.release();
  return wrt.map((_, i) => Array.from(results[`g${i}`].data, Number));
}

describe("grad", () => {
  test("adds up the two ways of a diamond", async () => {
    // (x + 1) (x + 2) = x^2 + 3x + 2, slope 2x + 3 = 9.
    expect(await gradients(t.mul(t.add(x, 1), t.add(x, 2)), [x])).toEqual([[9]]);
  });

  test("counts a tensor that an operator reads twice", async () => {
    expect(await gradients(t.mul(x, x), [x])).toEqual([[6]]);
    expect(await gradients(t.add(x, x), [x])).toEqual([[2]]);
    expect(await gradients(t.sub(x, x), [x])).toEqual([[0]]);
  });

  test("waits for all users of a value that stand at different depths", async () => {
    // y = x^2 is read directly and through two more steps: y + (2y)^2, slope (1 + 8y) 2x = 73 * 6 = 438.
    const y = t.mul(x, x);
    const deep = t.mul(y, 2);
    expect(await gradients(t.add(y, t.mul(deep, deep)), [x])).toEqual([[438]]);
  });

  test("differentiates by an intermediate value, and by what lies before it", async () => {
    // z = 3y + x with y = x^2: by y 3, by x 6x + 1 = 19.
    const y = t.mul(x, x);
    expect(await gradients(t.add(t.mul(y, 3), x), [y, x])).toEqual([[3], [19]]);
  });

  test("gives 1 by the loss itself, and the same for the same tensor asked twice", async () => {
    const y = t.mul(x, 2);
    expect(await gradients(y, [y, x, x])).toEqual([[1], [2], [2]]);
  });

  test("gives zeros of its shape by what the loss does not depend on", async () => {
    expect(await gradients(t.mul(x, x), [v, x])).toEqual([[0, 0, 0], [6]]);
  });

  test("gives zeros by what the loss reads only through a condition", async () => {
    const larger = t.where(t.greater(v, 1.5), v, 0);
    expect(await gradients(t.reduceSum(t.mul(larger, x)), [v, x])).toEqual([[0, 3, 3], [6]]);
  });

  test("takes a loss of one cell in any number of axes", async () => {
    expect(await gradients(t.reduceSum(t.mul(v, v), { keepdims: true }), [v])).toEqual([[2, 4, 8]]);
  });

  test("refuses a loss that is no scalar", () => {
    expect(() => grad(t.mul(v, 2), [v])).toThrow("grad: the loss is 3, wanted a scalar");
    expect(() => grad(t.input("u", "float32", ["batch"]), [])).toThrow("grad: the loss is batch, wanted a scalar");
  });

  test("differentiates gradients again", async () => {
    // x^3: slope 3x^2 = 27, slope of that 6x = 18.
    const first = grad(t.pow(x, 3), [x])[0];
    expect(await gradients(first, [x])).toEqual([[18]]);
  });

  test("goes through chains deeper than the call stack", () => {
    let y: Tensor = x;
    for (let i = 0; i < 50_000; i++) y = t.add(y, 1);
    expect(grad(y, [x])).toHaveLength(1);
  });

  test("uses every part of a split that the loss reads", async () => {
    const [a, b, c] = t.split(v, 3, { axis: 0 });
    void b;
    // 2 v0 + v2^2
    expect(await gradients(t.reduceSum(t.add(t.mul(a, 2), t.mul(c, c))), [v])).toEqual([[2, 0, 8]]);
  });
});

describe("detach", () => {
  test("keeps the value and stops the gradient", async () => {
    // x * 3 with the 3 taken from x: slope 3, not 6.
    expect(await gradients(t.mul(x, t.detach(x)), [x])).toEqual([[3]]);
  });

  test("stops the gradient of all that lies behind it", async () => {
    expect(await gradients(t.detach(t.mul(x, x)), [x])).toEqual([[0]]);
  });

  test("lets a gradient by the detached value itself through", async () => {
    const y = t.detach(t.mul(x, x));
    expect(await gradients(t.mul(y, 5), [y, x])).toEqual([[5], [0]]);
  });

  test("leaves the same value undetached elsewhere", async () => {
    // y + detach(y), y = x^2: slope 2x = 6.
    const y = t.mul(x, x);
    expect(await gradients(t.add(y, t.detach(y)), [x])).toEqual([[6]]);
  });
});

describe("withPullback", () => {
  test("replaces the rules of the operators behind it", async () => {
    const y = t.withPullback(t.mul(x, x), { inputs: [x], rule: (g) => [t.mul(g, 10)] });
    expect(await gradients(t.mul(y, 2), [x])).toEqual([[20]]);
  });

  test("gives no gradient to an input marked null", async () => {
    const y = t.withPullback(t.mul(x, t.reduceSum(v)), { inputs: [x, v], rule: (g) => [g, null] });
    expect(await gradients(y, [x, v])).toEqual([[1], [0, 0, 0]]);
  });

  test("goes on before the function", async () => {
    // y = f(u), u = x^2, f' declared 7: slope 7 * 2x = 42.
    const u = t.mul(x, x);
    const y = t.withPullback(t.exp(u), { inputs: [u], rule: (g) => [t.mul(g, 7)] });
    expect(await gradients(y, [x, u])).toEqual([[42], [7]]);
  });

  test("adds to the gradient of the plain value where both are read", async () => {
    // Plain x^2 gives 2x = 6, the function 100.
    const plain = t.mul(x, x);
    const special = t.withPullback(plain, { inputs: [x], rule: (g) => [t.mul(g, 100)] });
    expect(await gradients(t.add(plain, special), [x])).toEqual([[106]]);
  });

  test("is asked once, with the sum of all gradients by its output", async () => {
    let calls = 0;
    const y = t.withPullback(t.mul(x, x), {
      inputs: [x],
      rule: (g) => {
        calls++;
        return [g];
      },
    });
    expect(await gradients(t.add(t.mul(y, 2), t.mul(y, 3)), [x])).toEqual([[5]]);
    expect(calls).toBe(1);
  });
});
