/**
 * @file What is odd about a network that can nevertheless be built.
 */
import { type RowOutput, rowOutputs } from "./row-output";
import type { NetworkRows, Row } from "./rows";

/** One sentence each, for the user. */
export function networkWarnings(network: NetworkRows): readonly string[] {
  const outputs = rowOutputs(network);
  return [
    ...unmergedLevels(network, outputs),
    ...disorderedLevels(network),
    ...unreachedRows(network),
    ...narrowStripes(network, outputs),
  ];
}

function isBlock({ module }: Row): boolean {
  return module === "C2f" || module === "C3" || module === "C3k2" || module === "A2C2f";
}

/** Heads that read Upsample or Concat rows, which is an index slip, and the blocks that were probably meant. */
function unmergedLevels({ rows }: NetworkRows, outputs: readonly RowOutput[]): readonly string[] {
  const headIndex = rows.length - 1;
  const { from, module } = rows[headIndex];
  const slips = from.filter((at) => rows[at].module === "Upsample" || rows[at].module === "Concat");
  if (slips.length === 0) return [];
  const read = listed(slips.map((at) => `row ${at} (${rows[at].module}, stride ${outputs[at].stride})`));
  const blocksLike = (at: number) =>
    outputs.map((_, i) => i).filter((i) => isBlock(rows[i]) && outputs[i].stride === outputs[at].stride);
  const following = from.map((at) => (slips.includes(at) ? blocksLike(at).find((i) => i > at) : at));
  const last = from.map((at) => (slips.includes(at) ? blocksLike(at).at(-1) : at));
  const meant = [following, last]
    .filter((levels) => levels.every((at) => at !== undefined))
    .map((levels) => [...levels].sort((a, b) => outputs[a].stride - outputs[b].stride))
    .map(
      (levels) =>
        `${listed(levels.map((at) => `${rows[at].module} row ${at}`))}, [[${levels.join(", ")}], 1, ${module}, [nc]]`,
    );
  const suggestion = [...new Set(meant)].join("; or the last of each stride, ") || "the C2f, C3k2 or A2C2f rows";
  return [`row ${headIndex}: ${module} reads ${read}; it is built so, but probably meant are ${suggestion}`];
}

/** Heads whose first level is not the finest: small lesions are looked for there, masks are drawn there. */
function disorderedLevels({ rows, strides }: NetworkRows): readonly string[] {
  const ordered = strides.every((stride, i) => i === 0 || stride > strides[i - 1]);
  if (ordered) return [];
  const { module } = rows[rows.length - 1];
  return [`row ${rows.length - 1}: ${module} reads strides ${strides.join(", ")}; expected each once, finest first`];
}

/** Rows whose output goes nowhere. */
function unreachedRows({ rows }: NetworkRows): readonly string[] {
  const reached = new Set<number>();
  const visit = (at: number) => {
    if (at === -1 || reached.has(at)) return;
    reached.add(at);
    rows[at].from.forEach(visit);
  };
  visit(rows.length - 1);
  const idle = rows.map((_, at) => at).filter((at) => !reached.has(at));
  if (idle.length === 0) return [];
  const names = listed(idle.map((at) => `${at} (${rows[at].module})`));
  return [`${idle.length === 1 ? "row" : "rows"} ${names} lead nowhere: no output of the head depends on them`];
}

/** Area attention whose stripes do not divide the map at every image size the strides allow. */
function narrowStripes({ rows, strides }: NetworkRows, outputs: readonly RowOutput[]): readonly string[] {
  const coarsest = Math.max(...strides, ...outputs.map(({ stride }) => stride));
  return rows.flatMap((row, at) => {
    if (row.module !== "A2C2f" || !row.a2 || row.area <= 1) return [];
    const { stride } = outputs[at];
    if ((coarsest / stride) ** 2 % row.area === 0) return [];
    const size = `cells of its map (stride ${stride}) must be a multiple of ${row.area}`;
    return [`row ${at}: A2C2f attends in ${row.area} stripes, so the ${size}; not every imgsz gives that`];
  });
}

/** `a, b and c` */
function listed(items: readonly string[]): string {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}
