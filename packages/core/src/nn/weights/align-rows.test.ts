import { expect, test } from "vitest";
import { networkByName } from "../network-by-name";
import { parametersOf } from "../parameters";
import { alignRows, underTargetNames } from "./align-rows";

const plain = networkByName("yolov8n", { nc: 3 }).network;
const p2 = networkByName("yolov8n-p2", { nc: 3 }).network;

test("rows of a network and of the same with a further level correspond by what they hold", () => {
  // The published tables: P2 puts rows 16 to 21 between the third level's C2f and the convolution below it.
  const before = Array.from({ length: 16 }, (_, row) => row).filter((row) => ![10, 11, 13, 14].includes(row));
  const below = [
    [22, 16],
    [24, 18],
    [25, 19],
    [27, 21],
    [28, 22],
  ];
  expect([...(alignRows(plain, p2) ?? [])]).toEqual([...before.map((row) => [row, row]), ...below]);
  expect([...(alignRows(p2, plain) ?? [])]).toEqual([
    ...before.map((row) => [row, row]),
    ...below.map(([a, b]) => [b, a]),
  ]);
});

test("networks of the same rows correspond by number, whatever their width", () => {
  expect(alignRows(plain, networkByName("yolov8s", { nc: 80 }).network)).toBeUndefined();
});

test("networks with little in common do not correspond", () => {
  expect(alignRows(plain, networkByName("yolo12n", { nc: 3 }).network)).toBeUndefined();
  expect(alignRows(networkByName("yolov8s", { nc: 3 }).network, p2)).toBeUndefined();
});

test("levels of the head go by their stride", () => {
  const state = new Map(
    parametersOf(plain).map(({ name, shape }, i) => [name, { shape, data: Float32Array.of(i) }] as const),
  );
  const renamed = underTargetNames(state, alignRows(plain, p2)!, plain, p2);
  // Strides 8, 16, 32 and 4, 8, 16, 32.
  expect(renamed.get("model.28.cv2.1.0.conv.weight")).toBe(state.get("model.22.cv2.0.0.conv.weight"));
  expect(renamed.get("model.28.cv3.3.2.bias")).toBe(state.get("model.22.cv3.2.2.bias"));
  expect(renamed.has("model.28.cv2.0.0.conv.weight")).toBe(false);
  expect(renamed.get("model.24.cv1.conv.weight")).toBe(state.get("model.18.cv1.conv.weight"));
  const back = underTargetNames(renamed, alignRows(p2, plain)!, p2, plain);
  expect(back).toEqual(state);
});
