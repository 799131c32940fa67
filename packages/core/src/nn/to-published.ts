/**
 * @file A network back in the published form, sizes already applied: what is stored beside its weights.
 */
import { padding } from "./leaves";
import { writeArguments } from "./module-arguments";
import type { NetworkRows, Row } from "./rows";
import type { Json } from "./weights/state";

/**
 * The network as a model YAML would say it, from which `readModel` makes the same rows without a warning.
 *
 * Channels and repeats are final, so `depth_multiple` and `width_multiple` are 1 and there are no `scales`.
 */
export function toPublished({ name, nc, ch, rows, backboneRows }: NetworkRows): { [key: string]: Json } {
  const published = rows.map((row, index) => publishedRow(row, index, rows));
  return {
    nc,
    ch,
    depth_multiple: 1,
    width_multiple: 1,
    yaml_file: `${name}.yaml`,
    backbone: published.slice(0, backboneRows),
    head: published.slice(backboneRows),
  };
}

function publishedRow(row: Row, index: number, rows: readonly Row[]): Json[] {
  const head = row.module === "Detect" || row.module === "Segment";
  const from = head ? [...row.from] : row.from.map((at) => (at === index - 1 ? -1 : at));
  const n = "n" in row ? row.n : 1;
  return [from.length === 1 ? from[0] : from, n, row.module, publishedArguments(row, rows)];
}

function publishedArguments(row: Row, rows: readonly Row[]): Json[] {
  switch (row.module) {
    case "Conv":
      return writeArguments("Conv", { ...row, p: row.p === padding({ ...row, p: undefined }) ? null : row.p });
    case "C2f":
      return writeArguments("C2f", row);
    case "C3":
      return writeArguments("C3", row);
    case "C3k2":
      return writeArguments("C3k2", row);
    case "A2C2f": {
      const usual = row.heads === Math.floor(row.c2 * row.e) / 32;
      return writeArguments("A2C2f", { ...row, mlp_ratio: row.mlpRatio, heads: usual ? null : row.heads });
    }
    case "SPPF":
      return writeArguments("SPPF", row);
    case "Upsample":
      return [null, row.scale, "nearest"];
    case "Concat":
      return [1];
    case "Detect":
      return ["nc", ...legacyArgument(row.legacy, rows)];
    case "Segment":
      return ["nc", row.nm, row.npr, ...legacyArgument(row.legacy, rows)];
  }
}

/** Said only where it differs from what the rows before the head imply. */
function legacyArgument(legacy: boolean, rows: readonly Row[]): Json[] {
  const implied = rows.every(({ module }) => module !== "C3k2" && module !== "A2C2f");
  return legacy === implied ? [] : [{ legacy }];
}
