/**
 * @file Fewer nodes for the same values: constants folded, common sub-expressions merged. Dead nodes cannot occur, since
 * a graph is what its outputs reach.
 */
import { attributeKey, contentKey, folded } from "./fold";
import type { Node, Tensor } from "./op";
import { nodesBehind } from "./order";
import { apply } from "./tensor";

/** Constants up to this many values are merged by content. */
const SMALL = 4096;

/** Numbers tensors so that equal ones get equal numbers. */
class Identities {
  readonly #ids = new Map<unknown, number>();
  readonly #texts = new Map<string, number>();
  #next = 0;

  of(x: Tensor): string {
    const { source } = x;
    if (source.kind === "input") return `i${source.name}`;
    if (source.kind === "node") return `${this.#number(source.node)}.${source.index}`;
    if (source.name !== undefined || source.data.length > SMALL)
      return `c${this.#number(source.data)}|${x.dtype}|${x.shape.join()}|${source.name ?? ""}`;
    const text = `${x.dtype}|${x.shape.join()}|${contentKey(source.data)}`;
    const known = this.#texts.get(text);
    if (known !== undefined) return `k${known}`;
    this.#texts.set(text, this.#texts.size);
    return `k${this.#texts.size - 1}`;
  }

  #number(thing: unknown): number {
    const known = this.#ids.get(thing);
    if (known !== undefined) return known;
    this.#ids.set(thing, this.#next);
    return this.#next++;
  }
}

/** The same outputs from a smaller graph. Gradients of functions (`withPullback`) are no longer known after this. */
export function simplify(outputs: readonly Tensor[]): Tensor[] {
  const replaced = new Map<Node, readonly Tensor[]>();
  const merged = new Map<string, readonly Tensor[]>();
  const done = new Set<Node>();
  const identities = new Identities();

  const resolve = (x: Tensor): Tensor => (x.source.kind === "node" ? replaced.get(x.source.node)![x.source.index] : x);

  /** The simplest known outputs of a node whose inputs are simplified. */
  const settle = (node: Node): readonly Tensor[] => {
    if (done.has(node)) return node.outputs;
    const key = `${node.op}|${node.inputs.map((x) => identities.of(x)).join(" ")}|${attributeKey(node.attributes)}`;
    const known = merged.get(key);
    if (known) return known;
    const simpler = folded(node);
    const results = simpler ? [settled(simpler)] : node.outputs;
    if (!simpler) done.add(node);
    merged.set(key, results);
    return results;
  };

  /** Folding may leave one new node behind, which may be known or fold again. */
  const settled = (x: Tensor): Tensor => (x.source.kind === "node" ? settle(x.source.node)[x.source.index] : x);

  const build = (node: Node): readonly Tensor[] => {
    const inputs = node.inputs.map(resolve);
    const [first] = apply(node.op, inputs, node.attributes);
    return settle((first.source as { readonly node: Node }).node);
  };

  for (const node of nodesBehind(outputs)) replaced.set(node, build(node));
  return outputs.map(resolve);
}
