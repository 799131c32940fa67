import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { makeScratch } from "../../test/scratch";
import { onEachEngine } from "../../test/stores";
import { lockFolder } from "./folder-lock";
import { MIGRATIONS, migrate } from "./migrate";
import { openDatabase } from "./open-database";
import { openPostgres } from "./postgres-database";
import { thisProcess } from "./process-identity";

const scratch = makeScratch();
afterEach(() => scratch.clear());

onEachEngine("the database", (engine) => {
  const database = async () => (await engine.emptied()).database;

  test.each<[string, unknown, unknown]>([
    ["text", "a'b\"\\c 中文", "a'b\"\\c 中文"],
    ["int8", 9_007_199_254_740_991, 9_007_199_254_740_991],
    ["int8", "9223372036854775807", 9_223_372_036_854_775_807n],
    ["int4", -5, -5],
    ["double precision", 0.1 + 0.2, 0.30000000000000004],
    ["double precision", 5e-324, 5e-324],
    ["boolean", false, false],
    ["text", null, null],
    ["text", undefined, null],
    ["timestamptz", new Date("2026-11-26T22:10:07.123Z"), new Date("2026-11-26T22:10:07.123Z")],
    ["date", "2026-11-26", "2026-11-26"],
    ["jsonb", { a: [1, null, 'x"y'], b: { c: true } }, { a: [1, null, 'x"y'], b: { c: true } }],
    ["json", JSON.stringify([1, 2]), [1, 2]],
    ["bytea", Uint8Array.of(0, 92, 255, 39), Uint8Array.of(0, 92, 255, 39)],
    ["bytea", new Uint8Array(0), new Uint8Array(0)],
    ["text[]", ["a,b", 'c"d', "e\\f", "", "NULL", null], ["a,b", 'c"d', "e\\f", "", "NULL", null]],
    ["text[]", [], []],
    ["integer[]", [1, -2], [1, -2]],
    ["bigint[]", [1], [1]],
    [
      "integer[]",
      [
        [1, 2],
        [3, 4],
      ],
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ["bytea[]", [Uint8Array.of(1, 2), null], [Uint8Array.of(1, 2), null]],
    ["jsonb[]", [{ a: 1 }, null], [{ a: 1 }, null]],
    ["timestamptz[]", [new Date(0)], [new Date(0)]],
    ["boolean[]", [true, false], [true, false]],
    ["uuid", "0f0e1d2c-3b4a-4958-8776-655443322110", "0f0e1d2c-3b4a-4958-8776-655443322110"],
  ])("gives %s back: %j", async (type, value, wanted) => {
    const rows = await (await database()).query(`SELECT $1::${type} AS value`, [value]);
    expect(rows).toEqual([{ value: wanted }]);
  });

  test("counts as a number, and gives rows of a statement without parameters", async () => {
    expect(await (await database()).query("SELECT count(*) AS n FROM study")).toEqual([{ n: 0 }]);
  });

  test("runs several statements at once and gives the rows of the last", async () => {
    const sql =
      "CREATE TEMP TABLE several (a int); INSERT INTO several VALUES (1), (2); SELECT a FROM several ORDER BY a; ";
    const rows = await (await database()).transaction(async (inside) => {
      const found = await inside.query(sql);
      await inside.query("DROP TABLE several");
      return found;
    });
    expect(rows).toEqual([{ a: 1 }, { a: 2 }]);
  });

  test("is as before after several statements of which one fails, with a transaction of their own too", async () => {
    const db = await database();
    await expect(
      db.exec(
        "BEGIN; INSERT INTO api_key (key_id, name, role, sha256) VALUES ('k', 'n', 'admin', 's'); SELECT 1/0; COMMIT",
      ),
    ).rejects.toMatchObject({
      name: "SqlError",
      sqlState: "22012",
    });
    expect(await db.query("SELECT 1 AS one")).toEqual([{ one: 1 }]);
    expect(await db.query("SELECT * FROM api_key")).toEqual([]);
  });

  test("does all of a transaction or nothing, and no other statement comes between", async () => {
    const db = await database();
    const insert = "INSERT INTO identity_map (kind, new_value, original) VALUES ('k', $1, ''::bytea)";
    const undone = db.transaction(async (sql) => {
      await sql.query(insert, ["1"]);
      throw new Error("no");
    });
    const between = db.query("SELECT count(*) AS n FROM identity_map");
    await expect(undone).rejects.toThrow("no");
    expect(await between).toEqual([{ n: 0 }]);
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, (_, i) =>
        db.transaction(async (sql) => {
          await sql.query(insert, [`a${i}`]);
          await sql.query(insert, [i % 2 ? `b${i}` : `a${i}`]);
        }),
      ),
    );
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(5);
    expect(await db.query("SELECT count(*) AS n FROM identity_map")).toEqual([{ n: 10 }]);
  });

  test("refuses a statement after its transaction", async () => {
    const db = await database();
    let late: Parameters<Parameters<typeof db.transaction>[0]>[0] | undefined;
    await db.transaction(async (sql) => {
      late = sql;
    });
    await expect(late?.query("SELECT 1")).rejects.toThrow("after the end");
  });

  test("is brought up to date once, also by several that start together", async () => {
    const place = await engine.place();
    const first = await openDatabase(place);
    await Promise.all([migrate(first), migrate(first), migrate(first)]);
    expect(await first.query("SELECT number, name FROM migration")).toEqual(
      MIGRATIONS.map(({ number, name }) => ({ number, name })),
    );
    await first.close();
    const again = await openDatabase(place);
    const newest = Math.max(...MIGRATIONS.map(({ number }) => number));
    const next = [
      ...MIGRATIONS,
      { number: newest + 1, name: "more", sql: "CREATE TABLE more (a int); INSERT INTO more VALUES (7)" },
    ];
    await migrate(again, next);
    expect(await again.query("SELECT a FROM more")).toEqual([{ a: 7 }]);
    await expect(migrate(again)).rejects.toMatchObject({ code: "invalid_config" });
    // A step that fails leaves nothing.
    const broken = [
      ...next,
      { number: newest + 2, name: "broken", sql: "CREATE TABLE half (a int); SELECT nothing FROM nowhere" },
    ];
    await expect(migrate(again, broken)).rejects.toThrow("nowhere");
    expect(await again.query("SELECT to_regclass('half') AS half")).toEqual([{ half: null }]);
    await again.close();
  });

  test.runIf(engine.kind === "pglite")(
    "says so when a transaction's work goes past it: it would wait for ever",
    async () => {
      const db = await database();
      await expect(db.transaction(() => db.query("SELECT 1"))).rejects.toThrow("through its own `sql`");
      expect(await db.query("SELECT 1 AS one")).toEqual([{ one: 1 }]);
    },
  );

  test.runIf(engine.kind === "pglite")("starts again when PGlite is not to be trusted any more", async () => {
    const { database: db, apiKeys } = await engine.emptied();
    await apiKeys.make({ name: "kept", role: "viewer" });
    const internal = "DO $$ BEGIN RAISE EXCEPTION 'internal' USING ERRCODE = 'XX000'; END $$";
    const broken = db.transaction(async (sql) => {
      await sql.query("DELETE FROM api_key");
      await sql.query(internal).catch(() => undefined);
      // Whatever comes next in this transaction fails: it is gone.
      for (;;) await sql.query("SELECT 1");
    });
    await expect(broken).rejects.toThrow();
    expect(await apiKeys.list().catch(() => apiKeys.list())).toMatchObject([{ name: "kept" }]);
  });

  test.runIf(engine.kind === "postgres")("statements that stop one another are both carried out", async () => {
    const database = (await engine.emptied()).database;
    await database.exec("CREATE TABLE pair (id int PRIMARY KEY, n int); INSERT INTO pair VALUES (1, 0), (2, 0)");
    const inOrder = (first: number, second: number) =>
      database.exec(
        `BEGIN; UPDATE pair SET n = n + 1 WHERE id = ${first}; SELECT pg_sleep(0.5);
         UPDATE pair SET n = n + 1 WHERE id = ${second}; COMMIT`,
      );
    await Promise.all([inOrder(1, 2), inOrder(2, 1)]);
    expect(await database.query("SELECT n FROM pair")).toEqual([{ n: 2 }, { n: 2 }]);
    await database.exec("DROP TABLE pair");
  });

  test.runIf(engine.kind === "pglite")("is one process's alone", async () => {
    const place = await engine.place();
    const open = await openDatabase(place);
    await expect(openDatabase(place)).rejects.toMatchObject({
      code: "busy",
      message: expect.stringContaining("the service is running"),
    });
    await open.close();
    await (await openDatabase(place)).close();
    expect(existsSync(join(place.dataDir, "database.lock"))).toBe(false);
  });

  test.runIf(engine.kind === "postgres" && !process.env.FOVEA_TEST_DATABASE_URL)(
    "comes back when the server was restarted",
    async () => {
      const store = await engine.emptied();
      await store.apiKeys.make({ name: "a", role: "viewer" });
      engine.server?.power?.off();
      const waiting = store.apiKeys.list();
      const begun = store.audit.append({ actor: "system", action: "x" });
      setTimeout(() => engine.server?.power?.on(), 300);
      expect(await waiting).toHaveLength(1);
      await begun;
      engine.server?.power?.off();
      engine.server?.power?.on();
      // Connections in the pool died meanwhile.
      await store.database.transaction((sql) => sql.query("SELECT 1"));
      await Promise.all(Array.from({ length: 10 }, () => store.apiKeys.make({ name: "b", role: "viewer" })));
      expect(await store.apiKeys.list()).toHaveLength(11);
    },
  );

  test.runIf(engine.kind === "postgres" && !process.env.FOVEA_TEST_DATABASE_URL)(
    "says that the server went away during a transaction, and keeps nothing of it",
    async () => {
      const { database: db, apiKeys } = await engine.emptied();
      const cut = db.transaction(async (sql) => {
        await sql.query("INSERT INTO api_key (key_id, name, role, sha256) VALUES ('k', 'n', 'admin', 's')");
        engine.server?.power?.off();
        engine.server?.power?.on();
        await sql.query("SELECT 1");
      });
      await expect(cut).rejects.toMatchObject({ code: "database_unavailable" });
      expect(await apiKeys.list()).toEqual([]);
    },
  );
});

describe("the database of an address", () => {
  test("is unavailable where no server listens, and the message keeps the password", async () => {
    const failed = openPostgres("postgres://fovea:secret@127.0.0.1:1/x", { patienceMs: 100 });
    await expect(failed).rejects.toMatchObject({
      code: "database_unavailable",
      message: expect.not.stringContaining("secret"),
    });
  });
});

describe("a folder's lock", () => {
  const lockOf = (folder: string, changes: object) =>
    writeFileSync(join(folder, "x.lock"), JSON.stringify({ ...thisProcess(), ...changes }));

  test.each<[string, object]>([
    ["is gone", { pid: 2 ** 22 + 1, started: "1" }],
    ["has its number from another time", { started: "1" }],
    ["ran before the machine was started again", { boot: "another" }],
  ])("is taken over from a process that %s", (_name, changes) => {
    const folder = scratch.folder();
    lockOf(folder, changes);
    const lock = lockFolder(join(folder, "x.lock"));
    expect(JSON.parse(readFileSync(join(folder, "x.lock"), "utf8"))).toEqual(thisProcess());
    lock.release();
    expect(existsSync(join(folder, "x.lock"))).toBe(false);
  });

  test("stays with a process of another machine that was heard of lately", () => {
    const folder = scratch.folder();
    lockOf(folder, { host: "elsewhere" });
    expect(() => lockFolder(join(folder, "x.lock"))).toThrow(expect.objectContaining({ code: "busy" }));
  });

  test("leaves nothing beside it when it is refused", () => {
    const folder = scratch.folder();
    mkdirSync(join(folder, "a"));
    const lock = lockFolder(join(folder, "a", "x.lock"));
    expect(() => lockFolder(join(folder, "a", "x.lock"))).toThrow("in use by process");
    lock.release();
    expect(existsSync(join(folder, "a", "x.lock"))).toBe(false);
  });
});
