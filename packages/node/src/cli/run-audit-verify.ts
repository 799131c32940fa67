/**
 * @file What `fovea audit verify` does.
 */
import { FoveaError } from "@fovea/core/errors";
import type { Database } from "../store/database";
import { connectDatabase } from "../store/open-database";
import { type AuditVerdict, verifyAudit } from "../store/verify-audit";
import { Vault } from "../vault/vault";
import type { AuditVerifyOptions } from "./audit";
import { recordPlace } from "./record-place";

/** @throws {FoveaError} `audit_broken` if an entry does not fit; with `json` the exit code says so */
export async function runAuditVerify({ contains, json = false, ...options }: AuditVerifyOptions): Promise<void> {
  const place = recordPlace(options);
  const vault = await Vault.open(place, { mayMake: false });
  const database = await connectDatabase(place);
  try {
    await checkTables(database);
    report(await verifyAudit(database, vault, { contains }), json);
  } finally {
    await database.close();
  }
}

async function checkTables(database: Database): Promise<void> {
  const [{ there }] = await database.query("SELECT to_regclass('audit_head') IS NOT NULL AS there");
  if (there !== true) throw new FoveaError("not_found", "this database holds no record of Fovea; check DATABASE_URL");
}

function report({ entries, head, broken }: AuditVerdict, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify({ intact: broken === undefined, entries, head, broken })}\n`);
    if (broken !== undefined) process.exitCode = 1;
    return;
  }
  if (broken !== undefined) {
    throw new FoveaError(
      "audit_broken",
      `the audit log was changed at entry ${broken.seq}: ${broken.reason}; ${entries} entries before it hold`,
    );
  }
  process.stdout.write(`audit log: ${entries} entries, the chain holds\nhead: ${head}\n`);
}
