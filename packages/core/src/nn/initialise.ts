/**
 * @file Parameters before the first training step.
 */
import { hashSeed, Random } from "../math/random";
import { type Initial, type ParametersOptions, parametersOf } from "./parameters";
import type { NetworkRows } from "./rows";

export interface InitialiseOptions extends Pick<ParametersOptions, "peBias"> {
  /** @default 0 */
  readonly seed?: number;
  /** Leave at 0 what starts at random, for weights that are read from a file in any case. @default false */
  readonly fixedOnly?: boolean;
}

/**
 * Values of all parameters and running statistics, by name, as PyTorch and the published models start them.
 *
 * Each parameter has random numbers of its own, from the seed and its name: networks that share rows start alike there.
 */
export function initialise(
  network: NetworkRows,
  { seed = 0, peBias = false, fixedOnly = false }: InitialiseOptions = {},
): Map<string, Float32Array> {
  const values = new Map<string, Float32Array>();
  for (const { name, shape, initial } of parametersOf(network, { peBias })) {
    const data = new Float32Array(shape.reduce((product, n) => product * n, 1));
    const random = initial.kind === "uniform" || initial.kind === "normal";
    if (!(random && fixedOnly)) fill(data, initial, new Random(hashSeed(seed, ...codes(name))));
    values.set(name, data);
  }
  return values;
}

function codes(name: string): number[] {
  return Array.from(name, (letter) => letter.charCodeAt(0));
}

function fill(data: Float32Array, initial: Initial, random: Random): void {
  switch (initial.kind) {
    case "uniform": {
      const { bound } = initial;
      for (let i = 0; i < data.length; i++) data[i] = random.uniform(-bound, bound);
      return;
    }
    case "normal":
      for (let i = 0; i < data.length; i++) data[i] = random.normal() * initial.deviation;
      return;
    case "value":
      data.fill(initial.value);
      return;
    case "bins":
      for (let i = 0; i < data.length; i++) data[i] = i;
      return;
  }
}
