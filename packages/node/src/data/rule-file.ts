/**
 * @file Rule files and tables of class names from the disk.
 */
import { createHash } from "node:crypto";
import type { ClassNames } from "@fovea/core/rules/class-names";
import { parseClassNames } from "@fovea/core/rules/class-names-file";
import { parseRules } from "@fovea/core/rules/rule-file";
import type { RuleSet } from "@fovea/core/rules/rule-set";
import { readBytes, readText } from "../read-file";

/**
 * Reads a rule file; its sum is that of its bytes.
 *
 * @throws {FoveaError} `file_not_found`, `file_unreadable`, `invalid_rules`
 */
export async function readRuleFile(path: string): Promise<RuleSet> {
  const bytes = await readBytes(path, "rule file");
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return parseRules(new TextDecoder().decode(bytes), { file: path, sha256 });
}

/** Reads a table of class names. @throws {FoveaError} `file_not_found`, `file_unreadable`, `invalid_rules` */
export async function readClassNamesFile(path: string): Promise<ClassNames> {
  return parseClassNames(await readText(path, "table of class names"), path);
}
