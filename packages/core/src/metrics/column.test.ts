import { expect, test } from "vitest";
import { Column } from "./column";

test("Column keeps what is added, in its order, beyond the room that it starts with", () => {
  const column = new Column((n) => new Int32Array(n));
  expect([...column.values]).toEqual([]);
  const parts = [200, 100, 0, 3000].map((n, k) => Array.from({ length: n }, (_, i) => 10_000 * k + i));
  for (const part of parts) column.add(part);
  expect([...column.values]).toEqual(parts.flat());
});
