/**
 * @file The line protocol between the harness and a child that is timed.
 *
 * The child says `{"ready": true}` when everything up to the first step is done. Then one request a line,
 * `step [ARGUMENT]`, is answered by one line, an `Answer` as JSON. Between the two the child only reads.
 */

/** One step as the child measured it. */
export interface Answer {
  /** Wall time of the step, ms. */
  readonly ms: number;
  /** Highest resident memory of the child so far, MiB. */
  readonly peakRssMib: number;
  /** Numbers that both sides must agree on, or they do not do the same work: loss items, count of findings. */
  readonly check: readonly number[];
  /** What of `ms` the network alone took, where the child tells. */
  readonly modelMs?: number;
}

/** What a step hands back to be sent; the rest of the answer is measured around it. */
export type StepResult = Pick<Answer, "check" | "modelMs">;

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** One line of a child: `"ready"`, or its answer. Throws on anything else, naming the line. */
export function parseLine(line: string): "ready" | Answer {
  const bad = new Error(`not an answer of the line protocol: ${line.slice(0, 200)}`);
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw bad;
  }
  if (typeof value !== "object" || value === null) throw bad;
  if ("ready" in value) return "ready";
  const { ms, peakRssMib, check, modelMs } = value as Record<string, unknown>;
  if (!isNumber(ms) || !isNumber(peakRssMib) || !Array.isArray(check) || !check.every(isNumber)) throw bad;
  return { ms, peakRssMib, check, ...(isNumber(modelMs) ? { modelMs } : {}) };
}
