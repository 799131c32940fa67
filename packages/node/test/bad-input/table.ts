/**
 * @file The table of bad inputs: what is broken, what the user does with it, and the error that must come of it.
 */
import { type ErrorCode, FoveaError } from "@fovea/core/errors";
import { expect, test } from "vitest";
import { Scratch } from "./scratch";

/** One row of the table. */
export interface BadInput {
  readonly what: string;
  /** Makes the broken input, and what is needed around it. */
  readonly make?: (scratch: Scratch) => unknown;
  /** What the user does with it, by the function that the command calls. */
  readonly act: (scratch: Scratch) => unknown;
  readonly code: ErrorCode;
  /** The file that the message must name: below the test's folder, or as the user named it. None for arguments. */
  readonly file?: string;
  /** The line, row or key in it. */
  readonly at?: string | RegExp;
  /** What else the message says. */
  readonly says: string | RegExp;
}

/** Longer messages nobody reads. Paths of temporary folders take up to 150 of it. */
const MOST_LETTERS = 600;

/** One test for each row. */
export function refusals(rows: readonly BadInput[]): void {
  test.each(rows.map((row) => [row.what, row] as const))("%s", async (_, row) => {
    const scratch = await Scratch.make();
    try {
      await row.make?.(scratch);
      expectRefusal(await outcomeOf(() => row.act(scratch)), row, scratch);
    } finally {
      await scratch.remove();
    }
  });
}

/** What `act` throws; fails the test if it throws nothing. */
async function outcomeOf(act: () => unknown): Promise<unknown> {
  try {
    await act();
  } catch (error) {
    return error;
  }
  return expect.unreachable("the input was taken as if it were good");
}

function expectRefusal(error: unknown, { code, file, at, says }: BadInput, scratch: Scratch): void {
  if (!(error instanceof FoveaError)) throw error;
  const named = file === undefined ? undefined : [scratch.path(file), file].find((name) => name === error.place.file);
  expect([error.code, error.place.file], error.message).toEqual([code, named ?? file]);
  if (at instanceof RegExp) expect(error.place.at, error.message).toMatch(at);
  else expect(error.place.at, error.message).toBe(at);
  const place = [error.place.file, error.place.at].filter((part) => part !== undefined).join(": ");
  if (place !== "") expect(error.message.startsWith(`${place}: `), error.message).toBe(true);
  expect(error.message).toMatch(says);
  expect(error.message).not.toContain("\n");
  expect(error.message.length).toBeLessThan(MOST_LETTERS);
}
