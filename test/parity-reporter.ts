/**
 * @file Says at the end of a test run how many tests there were, and how many of them parity tests: those that compare
 * numbers with the public implementation's, whose names begin with "parity:". They are skipped where the reference
 * material is absent, and a run that skipped them must not look like one that passed them.
 */
import type { Reporter, TestModule } from "vitest/node";
import { sharedAvailable } from "./shared";

export interface TestCount {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Name and state of a test, as vitest has it; a test that never ran is `pending`. */
export interface TestOutcome {
  readonly name: string;
  readonly state: "passed" | "failed" | "skipped" | "pending";
}

export function countTests(outcomes: Iterable<TestOutcome>): TestCount {
  const count = { passed: 0, failed: 0, skipped: 0 };
  for (const { state } of outcomes) count[state === "pending" ? "skipped" : state]++;
  return count;
}

export const isParity = ({ name }: TestOutcome): boolean => name.startsWith("parity:");

/** `Parity: 106 passed, 0 failed, 4 skipped` */
export function countLine(what: string, { passed, failed, skipped }: TestCount): string {
  return `${what}: ${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** The closing lines of a run, on a machine with the reference material or without. */
export function closingLines(outcomes: readonly TestOutcome[], material: boolean): string[] {
  const hint = "The reference material is absent: set FOVEA_SHARED to its folder to run the parity tests.";
  return [
    ...(material ? [] : [hint]),
    countLine("Parity", countTests(outcomes.filter(isParity))),
    countLine("Tests", countTests(outcomes)),
  ];
}

/** Reporter to stand beside vitest's own. */
export function parityReporter(): Reporter {
  return {
    onTestRunEnd(modules: readonly TestModule[]) {
      const outcomes = modules.flatMap((module) =>
        [...module.children.allTests()].map((one): TestOutcome => ({ name: one.name, state: one.result().state })),
      );
      process.stdout.write(`\n${closingLines(outcomes, sharedAvailable).join("\n")}\n`);
    },
  };
}
