import { expect, test } from "vitest";
import { wrapped } from "./wrap";

test("wrapped breaks at blanks and sets what follows in", () => {
  expect(wrapped("Data     nodule 1, mass 2, cyst 3", 20, 9)).toBe(
    "Data     nodule 1,\n         mass 2,\n         cyst 3",
  );
});

test("wrapped fills a line to its last column", () => {
  expect(wrapped("ab cd ef", 5)).toBe("ab cd\nef");
});

test("wrapped leaves a short text and its blanks alone", () => {
  expect([wrapped("  train  3 images", 20), wrapped("", 20)]).toEqual(["  train  3 images", ""]);
});

test("wrapped keeps a word that is longer than a line", () => {
  expect(wrapped("Best     /a/very/long/path.onnx end", 12, 9)).toBe("Best     /a/very/long/path.onnx\n         end");
});

test("wrapped counts wide characters twice", () => {
  expect(wrapped("检出 病灶", 8)).toBe("检出\n病灶");
});
