/**
 * @file The PyTorch peer: how it is started, and which memory layout suits it best here.
 */
import { Child, type Command } from "./child";
import { untilIdle } from "./processor";

const LAYOUTS = ["nchw", "channels_last"] as const;
const TRIAL_STEPS = 6;

/** Time of each layout tried, ms, the least of its steps. */
export type LayoutTimes = Readonly<Record<string, number>>;

/** The peer in one memory layout. */
export function peerCommand(script: string, layout: string, options: readonly string[], threads: number): Command {
  return {
    label: `PyTorch ${layout}${options.includes("--compile") ? " compiled" : ""}`,
    executable: process.env.FOVEA_BENCH_PYTHON ?? "python3",
    arguments: [`bench/peer/${script}`, ...options, "--memory-format", layout],
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
 * Tries the peer in each memory layout, alone, and tells how to start it in the faster.
 *
 * @param script file in bench/peer
 * @param requests asked in turn
 */
export async function bestPeer(
  script: string,
  options: readonly string[],
  threads: number,
  requests: readonly string[],
): Promise<{ command: Command; times: LayoutTimes }> {
  const times: Record<string, number> = {};
  for (const layout of LAYOUTS) {
    const child = await Child.start(peerCommand(script, layout, options, threads));
    times[layout] = await leastTime(child, requests);
    child.stop();
  }
  const best = LAYOUTS.reduce((a, b) => (times[a] <= times[b] ? a : b));
  return { command: peerCommand(script, best, options, threads), times };
}
