/**
 * @file Alternating runs of two children, kept only where nothing else used the processor.
 *
 * A neighbour slows the two by different factors (one busy core made PyTorch ten times slower, ONNX Runtime three
 * times), so a pair in which anything else ran is void and repeated. Who goes first changes from pair to pair.
 */
import type { Child } from "./child";
import { familyTicks, untilIdle, watch } from "./processor";
import type { Answer } from "./protocol";
import { quantile } from "./quantile";

export interface PairOptions {
  /** Valid pairs wanted of this round. @default 5 */
  readonly pairs?: number;
  /** Steps of each child that count for nothing, before the first pair. @default 5 */
  readonly warmUp?: number;
  /** A child's turn repeats its step for at least this long. @default 1500 */
  readonly turnMs?: number;
  /** A pair is void if anything but the child used more than this share of the machine. @default 0.05 */
  readonly maxOthers?: number;
  /** Largest relative difference of the children's check numbers, summed over the warm-up's first round. @default 0.01 */
  readonly tolerance?: number;
  /** What to ask for, in turn; the same for both. @default [""] */
  readonly requests?: readonly string[];
}

/** The two children of one round. */
export interface Children {
  readonly ours: Child;
  readonly peer: Child;
}

/** One child's turn. */
export interface Turn {
  /** Median of its steps, ms. */
  readonly ms: number;
  /** Median time of the network alone, ms, where the child tells. */
  readonly modelMs?: number;
  /** Share of the machine that others used, in [0, 1]. */
  readonly others: number;
}

export interface Pair {
  readonly ours: Turn;
  readonly peer: Turn;
}

/** The pairs of two processes, from their start to their end. */
export interface Round {
  readonly pairs: readonly Pair[];
  readonly voided: readonly Pair[];
  /** Steps of each child in a turn, the first of which is left out. */
  readonly stepsPerTurn: number;
  readonly peakRssMib: { readonly ours: number; readonly peer: number };
  /** Check numbers of both on the same requests. */
  readonly check: { readonly ours: readonly number[]; readonly peer: readonly number[] };
}

/** Column sums of the check numbers of the first `count` answers. */
function checkSum(answers: readonly Answer[], count: number): number[] {
  return answers[0].check.map((_, i) => answers.slice(0, count).reduce((sum, { check }) => sum + check[i], 0));
}

/** Throws unless both did the same work: equally many check numbers, each within `tolerance` of the other's. */
export function assertSameWork(ours: readonly number[], peer: readonly number[], tolerance: number): void {
  const differ = ours.some((value, i) => !(Math.abs(value - peer[i]) <= tolerance * Math.abs(peer[i])));
  if (ours.length !== peer.length || differ) {
    throw new Error(`the two do not do the same work: check numbers ${ours} against ${peer}`);
  }
}

async function warm(child: Child, requests: readonly string[], steps: number): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let i = 0; i < steps; i++) answers.push(await child.step(requests[i % requests.length]));
  return answers;
}

async function turn(child: Child, requests: readonly string[], maxOthers: number): Promise<Turn & { rss: number }> {
  await untilIdle({ maxOthers });
  const { result: answers, others } = await watch(
    () => familyTicks(child.pid),
    () => warm(child, requests, requests.length),
  );
  // The first finds caches and threads as the other child left them.
  const kept = answers.slice(1);
  const model = kept.flatMap(({ modelMs }) => modelMs ?? []);
  return {
    ms: quantile(
      kept.map(({ ms }) => ms),
      0.5,
    ),
    ...(model.length > 0 ? { modelMs: quantile(model, 0.5) } : {}),
    others,
    rss: answers[answers.length - 1].peakRssMib,
  };
}

/** The `count` requests from number `first` on, round and round. */
function roundRobin(requests: readonly string[], first: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => requests[(first + i) % requests.length]);
}

/** Warm-up of both: that they do the same work, and how many steps fill a turn of either. */
async function prepare({ ours, peer }: Children, { warmUp, turnMs, tolerance, requests }: Required<PairOptions>) {
  const [a, b] = [await warm(ours, requests, warmUp), await warm(peer, requests, warmUp)];
  // A training step changes the weights: only its first answer is the same on both sides to the last digits.
  const comparable = requests.length > 1 ? warmUp : 1;
  const check = { ours: checkSum(a, comparable), peer: checkSum(b, comparable) };
  assertSameWork(check.ours, check.peer, tolerance);
  const fastest = Math.min(...[...a, ...b].slice(1).map(({ ms }) => ms));
  return { check, stepsPerTurn: 1 + Math.max(1, Math.ceil(turnMs / fastest)) };
}

/**
 * Times the two children in turn until `pairs` are valid; gives up after twice as many void ones.
 *
 * @throws {Error} if the machine is never idle, or the children do not do the same work
 */
export async function alternate(
  children: Children,
  { pairs = 5, warmUp = 5, turnMs = 1500, maxOthers = 0.05, tolerance = 0.01, requests = [""] }: PairOptions = {},
  onPair: (pair: Pair, valid: boolean) => void = () => {},
): Promise<Round> {
  const options = { pairs, warmUp, turnMs, maxOthers, tolerance, requests };
  const { check, stepsPerTurn } = await prepare(children, options);
  const valid: Pair[] = [];
  const voided: Pair[] = [];
  const peakRssMib = { ours: 0, peer: 0 };
  while (valid.length < pairs && voided.length <= 2 * pairs) {
    const done = valid.length + voided.length;
    const asked = roundRobin(requests, done * stepsPerTurn, stepsPerTurn);
    const turns: Partial<Record<keyof Children, Turn>> = {};
    for (const side of done % 2 === 0 ? (["ours", "peer"] as const) : (["peer", "ours"] as const)) {
      const { rss, ...taken } = await turn(children[side], asked, maxOthers);
      turns[side] = taken;
      peakRssMib[side] = rss;
    }
    const pair = turns as Pair;
    const idle = Math.max(pair.ours.others, pair.peer.others) <= maxOthers;
    (idle ? valid : voided).push(pair);
    onPair(pair, idle);
  }
  return { pairs: valid, voided, stepsPerTurn, peakRssMib, check };
}
