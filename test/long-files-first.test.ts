import { expect, test } from "vitest";
import { compareFiles, type TestFile } from "./long-files-first";

test("test files that start services come first, those that share a process last, the largest of a kind first", () => {
  const file = (name: string, shared: boolean, beside: boolean, bytes: number) => ({ name, shared, beside, bytes });
  const files: (TestFile & { name: string })[] = [
    file("large and pure", true, true, 9000),
    file("small source", false, true, 10),
    file("large source", false, true, 5000),
    file("small service", false, false, 20),
    file("large service", false, false, 700),
  ];
  expect(files.sort(compareFiles).map(({ name }) => name)).toEqual([
    ...["large service", "small service", "large source", "small source", "large and pure"],
  ]);
});
