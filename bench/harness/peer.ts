/**
 * @file The PyTorch peer: how it is started, and what suits it best here.
 */
import { Child, type Command } from "./child";
import { untilIdle } from "./processor";

/** A way to run the peer: what to call it, and its options. */
export interface Variant {
  readonly name: string;
  readonly options: readonly string[];
  /** What reports call it. @default PyTorch and the name */
  readonly label?: string;
}

/** The memory layouts of its tensors. */
export const LAYOUTS: readonly Variant[] = ["nchw", "channels_last"].map((name) => ({
  name,
  options: ["--memory-format", name],
}));

const TRIAL_STEPS = 6;

/** Time of each variant tried, ms, the least of its steps. */
export type VariantTimes = Readonly<Record<string, number>>;

function peerCommand(script: string, variant: Variant, options: readonly string[], threads: number): Command {
  return {
    label: variant.label ?? `PyTorch ${variant.name}${options.includes("--compile") ? " compiled" : ""}`,
    executable: process.env.FOVEA_BENCH_PYTHON ?? "python3",
    arguments: [`bench/peer/${script}`, ...options, ...variant.options],
    environment: { OMP_NUM_THREADS: `${threads}`, PYTHONWARNINGS: "ignore" },
  };
}

async function leastTime(child: Child, requests: readonly string[]): Promise<number> {
  for (let i = 0; i < 3; i++) await child.step(requests[i % requests.length]);
  await untilIdle();
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < TRIAL_STEPS; i++) {
    least = Math.min(least, (await child.step(requests[i % requests.length])).ms);
  }
  return least;
}

/**
 * Tries the peer in each variant, alone, and tells how to start the fastest. Of one variant there is nothing to try.
 *
 * @param script file in bench/peer
 * @param requests asked in turn
 */
export async function bestPeer(
  script: string,
  variants: readonly Variant[],
  options: readonly string[],
  threads: number,
  requests: readonly string[],
): Promise<{ command: Command; times: VariantTimes }> {
  const times: Record<string, number> = {};
  if (variants.length === 1) return { command: peerCommand(script, variants[0], options, threads), times };
  for (const variant of variants) {
    const child = await Child.start(peerCommand(script, variant, options, threads));
    times[variant.name] = await leastTime(child, requests);
    child.stop();
  }
  const best = variants.reduce((a, b) => (times[a.name] <= times[b.name] ? a : b));
  return { command: peerCommand(script, best, options, threads), times };
}
