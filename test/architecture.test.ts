import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { describe, expect, test } from "vitest";
import { faults, importsOf, type SourceFile, type Workspace } from "./floors";

const root = resolve(import.meta.dirname, "..");

/** Registry packages that a workspace's package.json names. */
function dependenciesOf(name: string): string[] {
  const { dependencies } = JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8"));
  return Object.keys(dependencies).filter((one) => !one.startsWith("@fovea/"));
}

/** The order of floors, ground floor first: a folder imports itself and those before it (docs/architecture.md). */
const WORKSPACES: readonly Workspace[] = [
  {
    name: "core",
    floors: [
      "errors",
      "language",
      "reasons",
      "math",
      "geometry",
      "finding",
      "imaging",
      "dicom",
      "phantom",
      "dataset",
      "metrics",
      "consensus",
      "graph",
      "nn",
      "recipe",
      "detect",
      "rules",
      "report",
      "contract",
    ],
    below: [],
    node: false,
    packages: dependenciesOf("core"),
  },
  {
    name: "node",
    floors: [
      "version",
      "no-telemetry",
      "worker-entry",
      "thread-failure",
      "read-file",
      "runtime",
      "dicom",
      "imaging",
      "data",
      "deidentify",
      "model",
      "phantom",
      "doctor",
      "report",
      "watch",
      "train",
      "tune",
      "predict",
      "quality",
      "convert",
      "export",
      "config",
      "vault",
      "store",
      "objects",
      "inference",
      "pacs",
      "jobs",
      "batch",
      "pipeline",
      "server",
      "service",
      "cli",
    ],
    below: ["core"],
    node: true,
    packages: dependenciesOf("node"),
  },
  {
    name: "web",
    floors: ["language", "api", "viewer", "findings", "worklist", "transfers", "page", "main"],
    below: ["core"],
    node: false,
    packages: dependenciesOf("web"),
  },
];

/** Every source file of the workspaces. */
function sources(): SourceFile[] {
  return WORKSPACES.flatMap(({ name }) =>
    readdirSync(join(root, "packages", name, "src"), { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        return { path: relative(root, path).split(sep).join("/"), text: readFileSync(path, "utf8") };
      }),
  );
}

describe("the house", () => {
  test("stands: every file on a floor, every import downward and at home in its environment", () => {
    const files = sources();
    expect(files.length).toBeGreaterThan(200);
    expect(faults(files, WORKSPACES)).toEqual([]);
  });

  test("has every workspace of packages in the table", () => {
    expect(readdirSync(join(root, "packages")).sort()).toEqual(WORKSPACES.map(({ name }) => name).sort());
  });
});

/** Two small workspaces: `low` runs anywhere, `high` in Node. */
const SMALL: readonly Workspace[] = [
  { name: "low", floors: ["errors", "math", "geometry"], below: [], node: false, packages: ["yaml"] },
  { name: "high", floors: ["data", "cli"], below: ["low"], node: true, packages: ["sharp", "@scope/one"] },
];

const faultsOf = (path: string, text = "") => faults([{ path, text }], SMALL);

describe("faults", () => {
  test.each([
    ["packages/low/src/geometry/box.ts", 'import { ArgumentError } from "../errors";'],
    ["packages/low/src/geometry/box.ts", 'import { area } from "./area";\nimport type { Real } from "../math/real";'],
    ["packages/low/src/math/half.ts", 'import { parse } from "yaml";\nimport { parse as other } from "yaml/deep";'],
    ["packages/low/src/math/half.test.ts", 'import { test } from "vitest";\nimport { half } from "./half";'],
    ["packages/high/src/cli/main.ts", 'import { iou } from "@fovea/low/geometry/box";\nimport "node:fs";'],
    ["packages/high/src/cli/main.ts", 'const one = await import("@scope/one/deep");\nimport sharp from "sharp";'],
    ["packages/high/src/cli.ts", 'import { version } from "../package.json";\nimport { read } from "./data/read";'],
    ["packages/high/src/data/read.test.ts", 'import { run } from "../cli/main";\nimport "../../../../test/shared";'],
    ["packages/high/src/data/read.test.ts", 'import { bytes } from "../../../low/test/bytes";'],
    ["packages/low/src/math/half.test.ts", 'import { bytes } from "../../test/bytes";'],
  ])("finds none in %s: %s", (path, text) => {
    expect(faultsOf(path, text)).toEqual([]);
  });

  test.each([
    ["packages/low/src/math/half.ts", 'import { iou } from "../geometry/box";', "geometry stands above math"],
    ["packages/low/src/math/half.ts", 'import type { Box } from "../geometry/box";', "geometry stands above math"],
    ["packages/low/src/math/half.ts", 'export {\n  iou,\n} from "../geometry/box";', "geometry stands above math"],
    ["packages/low/src/math/half.ts", 'let box: import("../geometry/box").Box;', "geometry stands above math"],
    ["packages/low/src/errors.ts", 'import { half } from "./math/half";', "math stands above errors"],
    ["packages/high/src/data/read.ts", 'await import("../cli/main");', "cli stands above data"],
    ["packages/low/src/math/half.ts", 'import { readFileSync } from "node:fs";', "low runs without Node"],
    ["packages/low/src/math/half.ts", 'import { read } from "@fovea/high/data/read";', "low may not"],
    ["packages/low/src/math/half.ts", 'import { iou } from "@fovea/low/geometry/box";', "low may not"],
    ["packages/high/src/cli/main.ts", 'import { x } from "@fovea/web/app";', "high may not"],
    ["packages/high/src/cli/main.ts", 'import { x } from "@fovea/low/tensor";', "which stands on no floor"],
    ["packages/low/src/math/half.ts", 'import sharp from "sharp";', "sharp, which is no dependency of low"],
    ["packages/low/src/math/half.ts", 'import fs from "fs";', "fs, which is no dependency of low"],
    ["packages/high/src/cli/main.ts", 'import x from "@scope/two";', "@scope/two, which is no dependency of high"],
    ["packages/low/src/math/half.ts", 'import x from "../../../high/src/cli/main";', "outside of low's source"],
    ["packages/low/src/math/half.ts", 'import x from "../tensor/one";', "which stands on no floor"],
    ["packages/low/src/math/half.test.ts", 'import { iou } from "../geometry/box";', "geometry stands above math"],
    ["packages/low/src/math/half.test.ts", 'import "../../../high/test/bytes";', "outside of low's source"],
    ["packages/low/src/math/half.ts", 'import { bytes } from "../../test/bytes";', "outside of low's source"],
    ["packages/high/src/cli/main.ts", 'import { test } from "vitest";', "vitest, which is no dependency of high"],
  ])("finds one in %s: %s", (path, text, message) => {
    expect(faultsOf(path, text)).toEqual([expect.stringContaining(message)]);
  });

  test.each([
    ["packages/low/src/tensor.ts", "stands on no floor of low"],
    ["packages/low/src/tensor/one.ts", "stands on no floor of low"],
    ["packages/low/src/math/utils.ts", '"utils" names no concept'],
    ["packages/low/src/math/helpers/half.ts", '"helpers" names no concept'],
    ["packages/low/src/math/common.ts", '"common" names no concept'],
    ["packages/low/src/math/types.d.ts", '"types" names no concept'],
    ["packages/low/src/math/index.ts", '"index" names no concept'],
    ["packages/other/src/math/half.ts", "belongs to no workspace"],
    ["packages/low/half.ts", "belongs to no workspace"],
  ])("finds that %s %s", (path, message) => {
    expect(faultsOf(path)).toEqual([expect.stringContaining(message)]);
  });

  test("finds all of several, in the order of the files", () => {
    const text = 'import "node:fs";\nimport { iou } from "../geometry/box";';
    const found = faults(
      [
        { path: "packages/low/src/math/half.ts", text },
        { path: "packages/low/src/utils.ts", text },
      ],
      SMALL,
    );
    expect(found).toHaveLength(4);
    expect(found[0]).toContain("geometry stands above math");
  });
});

describe("importsOf", () => {
  test("leaves comments out", () => {
    expect(importsOf('/**\n * import { nms } from "a";\n */\n// import "b";\nimport "c";')).toEqual(["c"]);
  });

  test("is not misled by strings that hold the words", () => {
    expect(importsOf('const text = "no import from here";\nconst other = "x";')).toEqual([]);
  });
});
