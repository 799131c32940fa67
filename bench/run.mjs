/**
 * Runs one benchmark: `node bench/run.mjs NAME [OPTIONS]`, as `npm run bench -- NAME [OPTIONS]`.
 *
 * Bundles the benchmark and our side of it from the sources of both packages, so that nothing stale is timed.
 */
import { spawn } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { build } from "esbuild";

const root = resolve(import.meta.dirname, "..");
// Below node_modules, so that the packages left out of the bundle are found from there.
const outdir = join(root, "node_modules/.cache/fovea-bench");

/** The `.ts` files of `directory`, itself only. */
function sources(directory) {
  return readdirSync(join(root, directory))
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(root, directory, name));
}

const names = sources("bench").map((path) => basename(path, ".ts"));
const [name, ...options] = process.argv.slice(2);
if (!names.includes(name)) {
  console.error(`usage: npm run bench -- ${names.join(" | ")} [--help]`);
  process.exit(2);
}

rmSync(outdir, { recursive: true, force: true });
await build({
  entryPoints: [...sources("bench"), ...sources("bench/ours")],
  outdir,
  outbase: join(root, "bench"),
  bundle: true,
  packages: "external",
  format: "esm",
  platform: "node",
  target: "node20",
  conditions: ["fovea-source"],
  logLevel: "warning",
  plugins: [
    {
      // `packages: external` would leave our own two packages to their built files.
      name: "bundle-ours",
      setup({ onResolve }) {
        onResolve({ filter: /^@fovea\// }, ({ path }) => {
          const [, workspace, ...module] = path.split("/");
          return { path: join(root, "packages", workspace, "src", `${module.join("/")}.ts`) };
        });
      },
    },
  ],
});

const shared = process.env.FOVEA_SHARED ?? resolve(root, "../shared");
if (!existsSync(shared)) {
  console.error(`bench: no reference material at ${shared}; set FOVEA_SHARED to its folder`);
  process.exit(2);
}
spawn(process.execPath, ["--enable-source-maps", join(outdir, `${name}.js`), ...options], {
  cwd: root,
  env: { ...process.env, FOVEA_SHARED: shared },
  stdio: "inherit",
}).on("exit", (code) => process.exit(code ?? 1));
