/**
 * @file Rule files and tables of class names from the disk.
 */
import { createHash } from "node:crypto";
import { FoveaError } from "@fovea/core/errors";
import type { ClassNames } from "@fovea/core/rules/class-names";
import { parseClassNames } from "@fovea/core/rules/class-names-file";
import { parseRules } from "@fovea/core/rules/rule-file";
import type { RuleSet } from "@fovea/core/rules/rule-set";
import { readBytes } from "../read-file";

/**
 * Reads a rule file; its sum is that of its bytes.
 *
 * @throws {FoveaError} `file_not_found`, `file_unreadable`, `invalid_rules`
 */
export async function readRuleFile(path: string): Promise<RuleSet> {
  const bytes = await readBytes(path, "rule file");
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return parseRules(textOf(bytes, path), { file: path, sha256 });
}

/** Reads a table of class names. @throws {FoveaError} `file_not_found`, `file_unreadable`, `invalid_rules` */
export async function readClassNamesFile(path: string): Promise<ClassNames> {
  return parseClassNames(textOf(await readBytes(path, "table of class names"), path), path);
}

/** Windows' own editor writes UTF-16 with its mark where it is asked for Unicode. */
function textOf(bytes: Uint8Array, file: string): string {
  const mark = (bytes[0] << 8) | bytes[1];
  const encoding = mark === 0xfffe ? "utf-16le" : mark === 0xfeff ? "utf-16be" : "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    const message =
      "is not in UTF-8, perhaps in GBK as older editors save it; reports would show signs for words: save it as UTF-8";
    throw new FoveaError("invalid_rules", message, { file, cause });
  }
}
