/**
 * @file Many annotation files, of which a broken one costs itself only.
 */
import { type Problem, problemOf } from "@fovea/core/dataset/sample";
import { FoveaError } from "@fovea/core/errors";
import { mapBounded } from "../map-bounded";

/** Files read at one time. */
const CONCURRENCY = 16;

/** What `read` makes of the files, in their order; its own errors go to `problems`. */
export async function readEach<T>(
  files: readonly string[],
  problems: Problem[],
  read: (file: string) => Promise<T>,
): Promise<T[]> {
  const results = await mapBounded(files, CONCURRENCY, async (file): Promise<{ value: T } | undefined> => {
    try {
      return { value: await read(file) };
    } catch (error) {
      if (!(error instanceof FoveaError)) throw error;
      problems.push(problemOf(error));
      return undefined;
    }
  });
  return results.flatMap((result) => (result ? [result.value] : []));
}
