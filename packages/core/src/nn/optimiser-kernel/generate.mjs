/** Compiles kernel.as to WebAssembly and writes it as a module: `npm run generate:optimiser`. */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const here = import.meta.dirname;
const folder = mkdtempSync(join(tmpdir(), "fovea-kernel-"));
copyFileSync(join(here, "kernel.as"), join(folder, "kernel.ts"));
const flags = ["--enable", "simd", "--runtime", "stub", "--importMemory", "--noAssert", "-O3", "-o", "kernel.wasm"];
execFileSync("npx", ["--yes", "-p", "assemblyscript@0.28.20", "asc", "kernel.ts", ...flags], {
  cwd: folder,
  stdio: "inherit",
});
const text = readFileSync(join(folder, "kernel.wasm")).toString("base64");
mkdirSync(join(here, "generated"), { recursive: true });
writeFileSync(
  join(here, "generated", "kernel-wasm.ts"),
  `/** @file Generated from kernel.as by generate.mjs; do not edit. */\n\n/** WebAssembly module, base64. */\nexport const KERNEL =\n  "${text}";\n`,
);
