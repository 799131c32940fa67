/** Compiles each kernel.as to WebAssembly and writes it as a module beside it: `npm run generate:kernels`. */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const flags = ["--enable", "simd", "--runtime", "stub", "--importMemory", "--noAssert", "-O3", "-o", "kernel.wasm"];

for (const place of ["src/nn/optimiser-kernel", "src/imaging/pixel-kernel", "src/imaging/picture-kernel"]) {
  const source = join(import.meta.dirname, place);
  const folder = mkdtempSync(join(tmpdir(), "fovea-kernel-"));
  copyFileSync(join(source, "kernel.as"), join(folder, "kernel.ts"));
  execFileSync("npx", ["--yes", "-p", "assemblyscript@0.28.20", "asc", "kernel.ts", ...flags], {
    cwd: folder,
    stdio: "inherit",
  });
  const text = readFileSync(join(folder, "kernel.wasm")).toString("base64");
  mkdirSync(join(source, "generated"), { recursive: true });
  writeFileSync(
    join(source, "generated", "kernel-wasm.ts"),
    `/** @file Generated from kernel.as by generate-kernels.mjs; do not edit. */\n\n/** WebAssembly module, base64. */\nexport const KERNEL =\n  "${text}";\n`,
  );
}
