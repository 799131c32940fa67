/**
 * @file Writes docs/training-arguments.md and docs/augmentation.md from their tables.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const folder = import.meta.dirname;

async function bundled(name) {
  const { outputFiles } = await build({
    ...{ entryPoints: [join(folder, name)], bundle: true, write: false, format: "esm", logLevel: "error" },
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
}

const docs = join(folder, "../../../../docs");
const { argumentReference } = await bundled("reference.ts");
writeFileSync(join(docs, "training-arguments.md"), argumentReference());
const { augmentationReference } = await bundled("augmentation-reference.ts");
writeFileSync(join(docs, "augmentation.md"), augmentationReference());
