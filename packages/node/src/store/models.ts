/**
 * @file Model versions that the record speaks of. None is ever removed: findings name them.
 */
import type { Database, Row, Sql } from "./database";
import type { ModelVersion } from "./record";

export type ModelState = "loading" | "ready" | "retired";

export class Models {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Adds a version, or brings its state and what it is the default of up to date. */
  async put(model: ModelVersion, state: ModelState, sql: Sql = this.#database): Promise<void> {
    await sql.query(
      `${INSERT} ON CONFLICT (model_id) DO UPDATE
       SET state = excluded.state, default_for = excluded.default_for, classes = excluded.classes`,
      rowOf(model, state),
    );
  }

  /** Adds a version that findings are to name, unless it is here: one that was retired meanwhile stays so. */
  async makeKnown(model: ModelVersion): Promise<void> {
    await this.#database.query(`${INSERT} ON CONFLICT (model_id) DO NOTHING`, rowOf(model, "ready"));
  }

  /** A version that serves no more, also after a restart, until it is put back; it is the default of nothing. */
  async retire(modelId: string, sql: Sql = this.#database): Promise<void> {
    await sql.query("UPDATE model SET state = 'retired', default_for = '{}' WHERE model_id = $1", [modelId]);
  }

  /** What these versions are the default of; the others are so of nothing. */
  async setDefaults(models: readonly ModelVersion[], sql: Sql = this.#database): Promise<void> {
    await sql.query(
      `UPDATE model SET default_for = coalesce((SELECT array_agg(modality ORDER BY modality)
         FROM unnest($1::text[], $2::text[]) AS given (model_id, modality) WHERE given.model_id = model.model_id), '{}')`,
      [
        models.flatMap(({ modelId, defaultFor }) => defaultFor.map(() => modelId)),
        models.flatMap(({ defaultFor }) => defaultFor),
      ],
    );
  }

  async find(modelId: string): Promise<(ModelVersion & { readonly state: ModelState }) | undefined> {
    const [row] = await this.#database.query("SELECT * FROM model WHERE model_id = $1", [modelId]);
    return row && modelOfRow(row);
  }

  /** In the order of their first use. */
  async list(): Promise<(ModelVersion & { readonly state: ModelState })[]> {
    return (await this.#database.query("SELECT * FROM model ORDER BY first_used_at, model_id")).map(modelOfRow);
  }
}

const INSERT = `INSERT INTO model (model_id, name, sha256, device_uid, classes, default_for, state)
  VALUES ($1, $2, $3, $4, $5::jsonb, $6::text[], $7)`;

function rowOf({ modelId, name, sha256, deviceUid, classes, defaultFor }: ModelVersion, state: ModelState) {
  return [modelId, name, sha256, deviceUid, JSON.stringify(classes), defaultFor, state];
}

function modelOfRow(row: Row): ModelVersion & { readonly state: ModelState } {
  return {
    modelId: row.model_id as string,
    name: row.name as string,
    sha256: row.sha256 as string,
    deviceUid: row.device_uid as string,
    classes: row.classes as string[],
    defaultFor: row.default_for as string[],
    state: row.state as ModelState,
  };
}
