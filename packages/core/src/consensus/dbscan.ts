/**
 * @file DBSCAN on distances that are known beforehand.
 *
 * Ester et al., "A density-based algorithm for discovering clusters in large spatial databases with noise", KDD 1996.
 * Pairs that are not listed lie infinitely far apart.
 */

/** Two points, and how far they lie apart. */
export interface Distance {
  readonly a: number;
  readonly b: number;
  readonly distance: number;
}

/** Label of a point that belongs to no cluster. */
export const NOISE = -1;

export interface DbscanOptions {
  /** Points no farther apart are neighbours. */
  readonly eps: number;
  /** Neighbours, itself among them, that make a point the core of a cluster. */
  readonly minPoints: number;
}

/**
 * Cluster of each of `n` points, from 0 in the order of their first cores, or `NOISE`.
 *
 * A point in reach of two clusters without being a core goes to the one that was found first. With two points or fewer
 * for a core the clusters are the connected components, and what is alone is noise (two) or a cluster (one).
 */
export function dbscan(n: number, distances: readonly Distance[], { eps, minPoints }: DbscanOptions): Int32Array {
  const neighbours: number[][] = Array.from({ length: n }, () => []);
  for (const { a, b, distance } of distances) {
    if (a === b || !(distance <= eps)) continue;
    neighbours[a].push(b);
    neighbours[b].push(a);
  }
  const isCore = (i: number) => neighbours[i].length + 1 >= minPoints;
  const labels = new Int32Array(n).fill(NOISE);
  let clusters = 0;
  for (let i = 0; i < n; i++) {
    if (labels[i] !== NOISE || !isCore(i)) continue;
    const label = clusters++;
    labels[i] = label;
    const open = [i];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      for (const j of neighbours[at]) {
        if (labels[j] !== NOISE) continue;
        labels[j] = label;
        if (isCore(j)) open.push(j);
      }
    }
  }
  return labels;
}
