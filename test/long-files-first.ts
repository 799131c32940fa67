/**
 * @file The order of test files: what takes long comes first, so that no worker is left alone with it at the end.
 *
 * A clean checkout knows nothing of earlier runs. Files in a `test` folder start services and train networks, those in `src` beside
 * what they test do not; of each kind the largest come first. Files that share a process stay together, last: most are small.
 */
import { statSync } from "node:fs";
import { relative, sep } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What is known of a file before it runs. */
export interface TestFile {
  readonly shared: boolean;
  readonly beside: boolean;
  readonly bytes: number;
}

export function compareFiles(a: TestFile, b: TestFile): number {
  return Number(a.shared) - Number(b.shared) || Number(a.beside) - Number(b.beside) || b.bytes - a.bytes;
}

export class LongFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const facts = new Map(
      files.map((file): [TestSpecification, TestFile] => {
        const { moduleId, project } = file;
        const beside = relative(project.config.root, moduleId).split(sep).includes("src");
        return [file, { shared: !project.config.isolate, beside, bytes: statSync(moduleId).size }];
      }),
    );
    const factsOf = (file: TestSpecification) => facts.get(file) as TestFile;
    return files.toSorted((a, b) => compareFiles(factsOf(a), factsOf(b)));
  }
}
