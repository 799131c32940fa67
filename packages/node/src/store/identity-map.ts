/**
 * @file Who somebody was before de-identification on arrival: new value to old one, sealed, apart from everything else.
 */
import type { Vault } from "../vault/vault";
import type { Database, Sql } from "./database";

/** `patient_id`, `study_uid` ...: what kind of value. */
export interface IdentityPair {
  readonly kind: string;
  readonly newValue: string;
  readonly original: string;
}

export class IdentityMap {
  readonly #database: Database;
  readonly #vault: () => Vault;

  constructor(database: Database, vault: () => Vault) {
    this.#database = database;
    this.#vault = vault;
  }

  /** Twice does no harm: the first original stays. */
  async keep(pairs: readonly IdentityPair[], sql: Sql = this.#database): Promise<void> {
    if (pairs.length === 0) return;
    await sql.query(
      `INSERT INTO identity_map (kind, new_value, original)
       SELECT DISTINCT ON (kind, new_value) * FROM unnest($1::text[], $2::text[], $3::bytea[]) AS given (kind, new_value, original)
       ORDER BY kind, new_value
       ON CONFLICT (kind, new_value) DO UPDATE SET kept_at = now() WHERE identity_map.kept_at < now() - interval '1 hour'`,
      [
        pairs.map(({ kind }) => kind),
        pairs.map(({ newValue }) => newValue),
        pairs.map(({ kind, newValue, original }) => this.#vault().sealJson(original, context(kind, newValue))),
      ],
    );
  }

  async original(kind: string, newValue: string): Promise<string | undefined> {
    const [row] = await this.#database.query<{ original: Uint8Array }>(
      "SELECT original FROM identity_map WHERE kind = $1 AND new_value = $2",
      [kind, newValue],
    );
    return row && (this.#vault().openJson(row.original, context(kind, newValue)) as string);
  }
}

function context(kind: string, newValue: string): string {
  return `identity_map.original/${kind}/${newValue}`;
}
