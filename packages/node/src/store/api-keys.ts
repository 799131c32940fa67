/**
 * @file Keys by which programs and people come in. Shown once; the record has only their SHA-256.
 */
import { createHash, randomBytes } from "node:crypto";
import type { Role } from "../config/service-config";
import type { Database, Row } from "./database";

const PREFIX = "fovea_";

export interface ApiKey {
  readonly keyId: string;
  readonly name: string;
  readonly role: Role;
  readonly createdAt: Date;
  readonly expiresAt?: Date;
  readonly revokedAt?: Date;
}

export class ApiKeys {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** A new key of 32 random bytes. @returns it in clear, the only time */
  async make({
    name,
    role,
    expiresAt,
  }: Pick<ApiKey, "name" | "role" | "expiresAt">): Promise<{ readonly key: string; readonly keyId: string }> {
    const key = PREFIX + randomBytes(32).toString("base64url");
    const keyId = randomBytes(6).toString("hex");
    await this.#database.query(
      "INSERT INTO api_key (key_id, name, role, sha256, expires_at) VALUES ($1, $2, $3, $4, $5::timestamptz)",
      [keyId, name, role, digest(key), expiresAt],
    );
    return { key, keyId };
  }

  /**
   * Whose key it is; undefined if it is none, has expired or was revoked. What is compared is a hash that whoever guesses cannot
   * steer, so the time it takes tells nothing of the key.
   */
  async check(key: string, now: Date = new Date()): Promise<ApiKey | undefined> {
    if (!key.startsWith(PREFIX) || key.length > 128) return undefined;
    const [row] = await this.#database.query(
      "SELECT * FROM api_key WHERE sha256 = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)",
      [digest(key), now],
    );
    return row && apiKeyOfRow(row);
  }

  /** @returns whether there was one that worked */
  async revoke(keyId: string): Promise<boolean> {
    const rows = await this.#database.query(
      "UPDATE api_key SET revoked_at = now() WHERE key_id = $1 AND revoked_at IS NULL RETURNING 1",
      [keyId],
    );
    return rows.length > 0;
  }

  async list(): Promise<ApiKey[]> {
    return (await this.#database.query("SELECT * FROM api_key ORDER BY created_at, key_id")).map(apiKeyOfRow);
  }
}

function digest(key: string): string {
  return createHash("sha256").update(key, "utf8").digest("hex");
}

function apiKeyOfRow(row: Row): ApiKey {
  return {
    keyId: row.key_id as string,
    name: row.name as string,
    role: row.role as Role,
    createdAt: row.created_at as Date,
    expiresAt: (row.expires_at as Date | null) ?? undefined,
    revokedAt: (row.revoked_at as Date | null) ?? undefined,
  };
}
