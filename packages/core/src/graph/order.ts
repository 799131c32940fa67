/**
 * @file Walking a graph: the nodes behind a set of tensors, each after those it reads.
 */
import type { Node, Tensor } from "./op";

/** Nodes that `outputs` depend on, inputs before users; the order depends on the graph alone. */
export function nodesBehind(outputs: readonly Tensor[]): Node[] {
  const order: Node[] = [];
  const seen = new Set<Node>();
  // Depth first with a stack of its own: networks are deeper than the call stack.
  const stack: { readonly node: Node; next: number }[] = [];
  const push = (x: Tensor) => {
    if (x.source.kind !== "node" || seen.has(x.source.node)) return;
    seen.add(x.source.node);
    stack.push({ node: x.source.node, next: 0 });
  };
  for (const output of outputs) {
    push(output);
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      if (top.next < top.node.inputs.length) {
        push(top.node.inputs[top.next++]);
        continue;
      }
      order.push(top.node);
      stack.pop();
    }
  }
  return order;
}
