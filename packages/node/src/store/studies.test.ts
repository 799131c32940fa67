import { expect, test } from "vitest";
import { received, SERIES, STUDY } from "../../test/received-instances";
import { onEachEngine } from "../../test/stores";
import type { Row, Sql } from "./database";

const LATER = () => new Date(Date.now() + 60_000);

/** What another process commits just before a statement: at READ COMMITTED the statement sees it. */
function before(sql: Sql, statement: RegExp, ...theirs: readonly string[]): Sql {
  let done = false;
  return {
    async query<T extends Row>(text: string, parameters?: readonly unknown[]) {
      if (!done && statement.test(text)) {
        done = true;
        await Promise.all([...theirs.map((one) => sql.query(one)), undefined]);
      }
      return sql.query<T>(text, parameters);
    },
  };
}

onEachEngine("the record of studies", (engine) => {
  test("takes images once: the same again changes nothing, another one under its UID is refused", async () => {
    const { studies } = await engine.emptied();
    const other = received(2, { sha256: "f".repeat(64) });
    expect(await studies.accept([received(1), received(2)])).toEqual(["new", "new"]);
    expect(await studies.accept([received(1), other, received(3)])).toEqual(["same", "conflict", "new"]);
    expect((await studies.instances(SERIES)).map(({ sopUid, sha256 }) => [sopUid, sha256])).toEqual(
      [1, 2, 3].map((n) => [received(n).sopUid, received(n).sha256]),
    );
  });

  test("judges copies within one batch as if they had come one after another", async () => {
    const { studies } = await engine.emptied();
    const batch = [received(1), received(1), received(1, { sha256: "0".repeat(64) })];
    expect(await studies.accept(batch)).toEqual(["new", "same", "conflict"]);
  });

  test("refuses an image whose series stands in another study", async () => {
    const { studies } = await engine.emptied();
    await studies.accept([received(1)]);
    const astray = received(2, { studyUid: "2.25.9" });
    expect(await studies.accept([astray])).toEqual(["astray"]);
    expect(await studies.find("2.25.9")).toBeUndefined();
  });

  test("does not call an image the same that is not here: what another process deleted meanwhile is begun again", async () => {
    const { studies, database } = await engine.emptied();
    await studies.accept([received(1)]);
    const accepted = database.transaction((sql) =>
      studies.acceptIn(before(sql, /INSERT INTO instance/, "DELETE FROM study"), [received(2)]),
    );
    await expect(accepted).rejects.toMatchObject({ code: "busy" });
    expect(await studies.accept([received(2)])).toEqual(["new"]);
  });

  test("says so where another process put the series into another study meanwhile", async () => {
    const { studies, database } = await engine.emptied();
    const theirs = `INSERT INTO study (study_uid, origin) VALUES ('2.25.9', 'dimse');
      INSERT INTO series (series_uid, study_uid) VALUES ('${SERIES}', '2.25.9')`.split(";");
    const accepted = database.transaction((sql) =>
      studies.acceptIn(before(sql, /INSERT INTO series/, ...theirs), [received(1)]),
    );
    expect(await accepted).toEqual(["astray"]);
  });

  test("is the same whether many processes bring the same images or one", async () => {
    const { studies } = await engine.emptied();
    const batches = [0, 1, 2, 3].map((k) => Array.from({ length: 20 }, (_, i) => received(1 + ((7 * i + 5 * k) % 20))));
    const outcomes = (await Promise.all(batches.map((batch) => studies.accept(batch)))).flat();
    expect(outcomes.filter((outcome) => outcome === "new")).toHaveLength(20);
    expect(outcomes.filter((outcome) => outcome === "conflict")).toHaveLength(0);
    expect(await studies.instances(SERIES)).toHaveLength(20);
  });

  test("gives back who the patient is, and keeps no word of it in clear", async () => {
    const { studies, database } = await engine.emptied();
    await studies.accept([received(1)]);
    expect((await studies.find(STUDY))?.patient).toEqual(received(1).patient);
    expect((await studies.findSeries(SERIES))?.description).toBe("Lung 1.0");
    const tables = await database.query(
      "SELECT study::text AS text FROM study UNION ALL SELECT series::text FROM series",
    );
    const clear = tables.map(({ text }) => text).join("\n");
    // bytea shows as hexadecimal: the names must not be in there either.
    for (const word of ["P-4711", "Curie", "Thorax", "Lung 1.0"]) {
      expect(clear).not.toContain(word);
      expect(clear).not.toContain(Buffer.from(word).toString("hex"));
    }
  });

  test("names studies that fell quiet, and completes each once", async () => {
    const { studies } = await engine.emptied();
    await studies.accept([received(1), received(2)]);
    expect(await studies.quiet(60_000)).toEqual([]);
    const [quiet] = await studies.quiet(0);
    expect(quiet).toMatchObject({ studyUid: STUDY, instances: 2, callingAes: ["CT1"] });
    expect(quiet.quietMs).toBeGreaterThanOrEqual(0);
    expect(quiet.quietMs).toBeLessThan(60_000);
    const claims = await Promise.all([studies.complete(quiet), studies.complete(quiet)]);
    expect(claims.sort()).toEqual([false, true]);
    expect((await studies.find(STUDY))?.state).toBe("queued");
  });

  test("does not complete a study that got an image since it was looked at", async () => {
    const { studies } = await engine.emptied();
    await studies.accept([received(1)]);
    const [quiet] = await studies.quiet(0);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await studies.accept([received(2)]);
    expect(await studies.complete(quiet)).toBe(false);
  });

  test("opens a complete study again when an image comes late, not when an old one comes again", async () => {
    const { studies } = await engine.emptied();
    await studies.accept([received(1)]);
    const [quiet] = await studies.quiet(0);
    await studies.complete(quiet);
    await studies.setSeriesState(SERIES, { state: "analysed" });
    await studies.settleState(STUDY);
    await studies.accept([received(1)]);
    expect((await studies.find(STUDY))?.state).toBe("analysed");
    await studies.accept([received(2, { modality: "SR", seriesUid: "2.25.1.3" })]);
    expect(await studies.find(STUDY)).toMatchObject({ state: "receiving", modalities: ["CT", "SR"] });
    expect((await studies.series(STUDY)).map(({ state }) => state)).toEqual(["analysed", "received"]);
  });

  test.each([
    [["analysed", "not_attempted"], "analysed"],
    [["analysed", "failed"], "failed"],
    [["failed", "queued"], "queued"],
    [["not_attempted", "not_attempted"], "not_attempted"],
  ] as const)("makes of series %j a study that is %s", async (states, wanted) => {
    const { studies } = await engine.emptied();
    await studies.accept([received(1), received(2, { seriesUid: "2.25.1.3" })]);
    const [quiet] = await studies.quiet(0);
    await studies.complete(quiet);
    await studies.setSeriesState(SERIES, { state: states[0] });
    await studies.setSeriesState("2.25.1.3", { state: states[1], reason: "no model" });
    expect(await studies.settleState(STUDY)).toBe(wanted);
  });

  test("calls a study analysed when its last two series end at the same moment", async () => {
    const { studies, database } = await engine.emptied();
    const other = `${SERIES}.2`;
    await studies.accept([received(1), received(2, { seriesUid: other })]);
    await studies.complete({ studyUid: STUDY, lastReceivedAt: LATER() });
    const end = (seriesUid: string) =>
      database.transaction(async (sql) => {
        await studies.setSeriesState(seriesUid, { state: "analysed" }, sql);
        // Each has ended its series before the other one's end can be seen.
        await new Promise((resolve) => setTimeout(resolve, 200));
        await studies.settleState(STUDY, sql);
        await new Promise((resolve) => setTimeout(resolve, 200));
      });
    await Promise.all([end(SERIES), end(other)]);
    expect((await studies.find(STUDY))?.state).toBe("analysed");
  });
});
