/**
 * @file What `npm ci` builds can be loaded by Node itself, without any bundler.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

test.each([
  ["@fovea/core/geometry/nms", "nms"],
  ["@fovea/core/nn/network-by-name", "networkByName"],
  ["@fovea/node/predict/predict", "predict"],
])("Node imports %s", (module, name) => {
  const script = `console.log(typeof (await import(${JSON.stringify(module)}))[${JSON.stringify(name)}])`;
  const cwd = join(import.meta.dirname, "../packages/node");
  const printed = execFileSync(process.execPath, ["--input-type=module", "-e", script], { cwd, encoding: "utf8" });
  expect(printed).toBe("function\n");
});
