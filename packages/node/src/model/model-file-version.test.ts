import { expect, test } from "vitest";
import { modelNameOf } from "./model-file-version";

test.each([
  ["lung@0123456789ab", "lung"],
  ["lung@ct@0123456789ab", "lung@ct"],
  ["lung", "lung"],
])("the version %s is of the model %s", (modelId, name) => {
  expect(modelNameOf(modelId)).toBe(name);
});
