/**
 * @file Optimisers: five updates of 64 weights.
 *
 * The settings are not in the file. Learning rate and momentum were found by trying: PyTorch's own optimisers give the
 * file's weights to the last bit with these, and differ by more than 4e-6 with beta1 0.9 or another decay.
 */
import { OptimiserMemory, type OptimiserName, STATES } from "@fovea/core/nn/optimiser";
import { describe, expect, test } from "vitest";
import { readFixture } from "../../../../test/fixture";
import { sharedAvailable } from "../../../../test/shared";

const SIZE = 64;
const STEPS = 5;

interface Settings {
  readonly lr: number;
  readonly decay: number;
  readonly momentum: number;
}

const CASES: readonly { readonly name: OptimiserName; readonly settings: Settings }[] = [
  { name: "AdamW", settings: { lr: 1e-3, decay: 5e-4, momentum: 0.937 } },
  { name: "Adam", settings: { lr: 1e-3, decay: 0, momentum: 0.937 } },
  { name: "SGD", settings: { lr: 1e-2, decay: 5e-4, momentum: 0.937 } },
];

describe.skipIf(!sharedAvailable)("an optimiser", () => {
  test.for(CASES)("parity: $name gives the weights after each of five updates", ({ name, settings }) => {
    const fixture = readFixture("reference/yolo/ops/optim.safetensors");
    const given = (what: string) => fixture.get(`${name.toLowerCase()}.${what}`)!.data as Float32Array;
    const memory = new OptimiserMemory(5 * SIZE);
    const [parameters, average, gradients] = [0, 1, 2].map(() => memory.allocate(SIZE));
    const states = STATES[name].map(() => memory.allocate(SIZE));
    parameters.set(given("w0"));
    average.set(given("w0"));
    for (let t = 1; t <= STEPS; t++) {
      gradients.set(given("grads").slice((t - 1) * SIZE, t * SIZE));
      const { lr, decay, momentum } = settings;
      memory.update(
        name,
        { parameters, gradients, average, states },
        { lr, weightDecay: decay, momentum, update: t, gradientScale: 1, averageDecay: 0 },
      );
      const expected = given(`w${t}`);
      const worst = Math.max(...expected.map((w, i) => Math.abs(w - parameters[i])));
      expect(worst, `update ${t}`).toBeLessThan(1e-6);
      // The decay of the average is 0: it is the weights themselves, but for the rounding of a + (w - a).
      expect(Math.max(...average.map((a, i) => Math.abs(a - parameters[i])))).toBeLessThan(1e-6);
    }
  });
});
