import { readFileSync } from "node:fs";
import { join } from "node:path";
import { augmentationReference } from "@fovea/core/recipe/augmentation-reference";
import { argumentReference } from "@fovea/core/recipe/reference";
import { expect, test } from "vitest";

test("docs/training-arguments.md is what the table of arguments says (else: npm run generate:arguments)", () => {
  const page = readFileSync(join(import.meta.dirname, "../docs/training-arguments.md"), "utf8");
  expect(page.replaceAll("\r\n", "\n")).toBe(argumentReference());
});

test("docs/augmentation.md is what the tables of transforms and presets say (else: npm run generate:arguments)", () => {
  const page = readFileSync(join(import.meta.dirname, "../docs/augmentation.md"), "utf8");
  expect(page.replaceAll("\r\n", "\n")).toBe(augmentationReference());
});
