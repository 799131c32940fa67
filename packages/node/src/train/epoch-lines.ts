/**
 * @file Files of one JSON line for each epoch, that a run writes as it goes: `validation.jsonl`, `composition.jsonl`.
 */

/** An epoch, from 1, and whatever JSON holds. */
export interface EpochLine {
  readonly epoch: number;
}

/** Six digits of what is no whole number, as in `results.csv`. */
const rounded = (_: string, value: unknown) =>
  typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;

/**
 * The file with an epoch more. Lines of this epoch or later ones go: a run that was killed and taken up again does them
 * once more.
 *
 * @param before the file so far, "" if there is none
 */
export function withEpochLine<L extends EpochLine>(before: string, line: L): string {
  const kept = before.split("\n").filter((text) => (epochOf(text) ?? line.epoch) < line.epoch);
  return `${[...kept, JSON.stringify(line, rounded)].join("\n")}\n`;
}

/** Epoch of a line; nothing if it is none of ours. */
function epochOf(line: string): number | undefined {
  try {
    const { epoch } = JSON.parse(line);
    return typeof epoch === "number" ? epoch : undefined;
  } catch {
    return undefined;
  }
}
