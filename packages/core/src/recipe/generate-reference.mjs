/**
 * @file Writes docs/training-arguments.md from the table of arguments.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const folder = import.meta.dirname;
const { outputFiles } = await build({
  ...{ entryPoints: [join(folder, "reference.ts")], bundle: true, write: false, format: "esm", logLevel: "error" },
});
const module = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
writeFileSync(join(folder, "../../../../docs/training-arguments.md"), module.argumentReference());
