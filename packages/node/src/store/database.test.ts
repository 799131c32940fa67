import { existsSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { missingPostgres, startPostgres } from "../../test/postgres-server";
import { until } from "../../test/service/waiting";
import { onEachEngine } from "../../test/stores";
import { MIGRATIONS, migrate } from "./migrate";
import { openDatabase } from "./open-database";
import { openPglite } from "./pglite-database";
import { openPostgres } from "./postgres-database";

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

  test("dates findings of before there was a time of theirs by the analysis that found them", async () => {
    // The templates of other tests are whole: this one begins before the step.
    const database = await openDatabase(await engine.place());
    await database.transaction(async (sql) => {
      await sql.query("DROP SCHEMA public CASCADE");
      await sql.query("CREATE SCHEMA public");
    });
    await migrate(
      database,
      MIGRATIONS.filter(({ number }) => number < 7),
    );
    await database.exec(`
      INSERT INTO study (study_uid, origin) VALUES ('1', 'dimse');
      INSERT INTO series (series_uid, study_uid) VALUES ('1.2', '1');
      INSERT INTO instance (sop_uid, series_uid, bytes, sha256) VALUES ('1.2.3', '1.2', 1, '');
      INSERT INTO model (model_id, name, sha256, device_uid, classes, state) VALUES ('m', 'm', '', '2.25.1', '[]', 'ready');
      INSERT INTO analysis (sop_uid, model_id, state, at) VALUES ('1.2.3', 'm', 'done', '2026-01-02T03:04:05.678901Z');
      INSERT INTO finding (finding_id, sop_uid, model_id, frame, ordinal, class_id, class_name, confidence, x1, y1, x2, y2)
        VALUES (gen_random_uuid(), '1.2.3', 'm', 0, 0, 0, 'nodule', 0.5, 0, 0, 1, 1)`);
    await migrate(database);
    const [row] = await database.query(
      "SELECT found_at = '2026-01-02T03:04:05.678901Z' AS same, threshold FROM finding JOIN analysis USING (sop_uid)",
    );
    expect(row).toEqual({ same: true, threshold: null });
    await database.close();
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

  test.runIf(engine.kind === "pglite")("brings what was committed into its files when it is asked to", async () => {
    const db = await database();
    // Where the log is to be read from after a crash: https://www.postgresql.org/docs/17/functions-info.html, pg_control_checkpoint.
    const redo = async () =>
      (await db.query<{ at: string }>("SELECT redo_lsn::text AS at FROM pg_control_checkpoint()"))[0].at;
    const before = await redo();
    await db.query("INSERT INTO identity_map (kind, new_value, original) VALUES ('k', 'flushed', ''::bytea)");
    expect(await redo()).toBe(before);
    await db.flush();
    expect(await redo()).not.toBe(before);
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

  test.runIf(engine.kind === "pglite")("does nothing more once another process has taken it over", async () => {
    const { dataDir } = await engine.place();
    const open = await openPglite(join(dataDir, "database"), { beatMs: 10 });
    expect(await open.query("SELECT 1 AS one")).toEqual([{ one: 1 }]);
    writeFileSync(join(dataDir, "database.lock"), "another's");
    const told = { code: "database_unavailable", message: expect.stringContaining("taken the record over") };
    await until(() =>
      open.query("SELECT 1").then(
        () => false,
        (error) => error.code === told.code,
      ),
    );
    await expect(open.query("SELECT 1")).rejects.toMatchObject(told);
    await expect(open.transaction((sql) => sql.query("SELECT 1"))).rejects.toMatchObject(told);
    await open.close();
    expect(existsSync(join(dataDir, "database.lock"))).toBe(true);
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

  test.runIf(engine.kind === "postgres")(
    "is opened where another process changes its tables for longer than an answer may take",
    async () => {
      const place = await engine.place();
      await (await openDatabase(place)).close();
      const other = await openPostgres(place.databaseUrl ?? "");
      let opening: ReturnType<typeof openDatabase> | undefined;
      await other.transaction(async (sql) => {
        await sql.query("LOCK TABLE migration IN ACCESS EXCLUSIVE MODE");
        opening = openDatabase(place, { answerMs: 100 });
        opening.catch(() => undefined);
        await until(
          async () =>
            (await other.query("SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'migration'::regclass"))
              .length > 0,
        );
        await new Promise((resolve) => setTimeout(resolve, 300));
      });
      const database = await opening;
      expect(await database?.query("SELECT max(number) AS newest FROM migration")).toHaveLength(1);
      await database?.close();
      await other.close();
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

  // SQLSTATE 3D000 and 28000, PostgreSQL's appendix A.
  test.skipIf(missingPostgres() !== undefined)(
    "is told apart from a user or a name that its server does not know",
    async () => {
      const server = await startPostgres();
      const given = new URL(await server.database());
      const failure = (change: Partial<URL>) =>
        openPostgres(Object.assign(new URL(given), change).href, { patienceMs: 5000 });
      await expect(failure({ pathname: "/nowhere" })).rejects.toMatchObject({
        code: "database_unavailable",
        message:
          "the database of DATABASE_URL is not on its server; create it, or check the name at the end of the address",
      });
      await expect(failure({ username: "nobody" })).rejects.toThrow(/DATABASE_URL refuses the user; check the user/);
      await server.remove();
    },
  );

  test("is given up where the server vanishes without a word, and there again when it answers", async () => {
    const server = await answeringServer();
    const database = await openPostgres(server.url, { connections: 2, patienceMs: 300, answerMs: 200 });
    server.isSilent = true;
    const lost = { code: "database_unavailable" };
    // More than there are connections: the third waits for one of them.
    const asked = [
      database.query("UPDATE x"),
      database.query("SELECT 1"),
      database.transaction((sql) => sql.query("SELECT 1")),
    ];
    for (const answer of await Promise.allSettled(asked)) {
      expect(answer).toMatchObject({ status: "rejected", reason: lost });
    }
    server.isSilent = false;
    await until(() =>
      database.query("SELECT 1").then(
        () => true,
        () => false,
      ),
    );
    await database.transaction((sql) => sql.query("SELECT 1"));
    await database.close();
    server.close();
  });

  test("is waited for as long as was said, though connecting would take longer", async () => {
    const server = await answeringServer();
    server.isSilent = true;
    const begun = performance.now();
    await expect(openPostgres(server.url, { patienceMs: 200 })).rejects.toMatchObject({ code: "database_unavailable" });
    // One attempt alone may take 10 s.
    expect(performance.now() - begun).toBeLessThan(5000);
    server.close();
  });
});

interface AnsweringServer {
  readonly url: string;
  /** Takes connections and statements, and says nothing: as a host that is gone, before its peers know. */
  isSilent: boolean;
  close(): void;
}

/** Says yes to everything, in PostgreSQL's protocol (its documentation, 53.7 "Message Formats"). */
async function answeringServer(): Promise<AnsweringServer> {
  const message = (type: string, body: string) => {
    const head = Buffer.alloc(5);
    head.write(type, 0, "latin1");
    head.writeInt32BE(4 + body.length, 1);
    return Buffer.concat([head, Buffer.from(body, "latin1")]);
  };
  const ready = message("Z", "I");
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    let isStarted = false;
    socket.on("error", () => undefined);
    socket.on("data", () => {
      if (server.isSilent) return;
      // AuthenticationOk first, then CommandComplete for each statement.
      socket.write(Buffer.concat([isStarted ? message("C", "SELECT 1\0") : message("R", "\0\0\0\0"), ready]));
      isStarted = true;
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as AddressInfo;
  const server = {
    url: `postgres://x@127.0.0.1:${port}/x?sslmode=disable`,
    isSilent: false,
    close() {
      for (const socket of sockets) socket.destroy();
      listener.close();
    },
  };
  return server;
}
