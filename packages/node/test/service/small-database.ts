/**
 * @file PGlite behind `Database`, as small as it can be.
 */
import { PGlite } from "@electric-sql/pglite";
import type { Database, Row, Sql } from "@fovea/node/store/database";

export async function smallDatabase(folder?: string): Promise<Database> {
  const lite = await PGlite.create(folder === undefined ? {} : { dataDir: folder });
  const sql = (on: Pick<PGlite, "query">): Sql => ({
    query: async <T extends Row>(text: string, parameters: readonly unknown[] = []) =>
      (await on.query<T>(text, [...parameters])).rows,
  });
  return {
    kind: "pglite",
    ...sql(lite),
    transaction: (work) => lite.transaction((inner) => work(sql(inner as unknown as PGlite))),
    exec: async (text) => void (await lite.exec(text)),
    flush: async () => void (await lite.exec("CHECKPOINT")),
    close: () => lite.close(),
  };
}
