import { afterEach, expect, test, vi } from "vitest";
import { received, SERIES, STUDY } from "../../test/received-instances";
import { MODEL } from "../../test/service/pipeline-fakes";
import { onEachEngine } from "../../test/stores";
import { Completeness } from "./completeness";

const HOUR = 3_600_000;

afterEach(() => {
  vi.restoreAllMocks();
});

onEachEngine("completeness", (engine) => {
  test.each([HOUR, -HOUR])("goes by the database's clock where that of this machine is %d ms off", async (offMs) => {
    const store = await engine.emptied();
    await store.studies.accept([received(1)]);
    const now = Date.now();
    vi.spyOn(Date, "now").mockImplementation(() => now + offMs);
    const looked = (quietMs: number) =>
      new Completeness({
        ...{ ...store, queue: { add: async () => undefined }, routing: [], resolve: () => MODEL },
        config: { quietMs },
      }).look();
    await looked(HOUR / 2);
    expect((await store.studies.find(STUDY))?.state).toBe("receiving");
    await store.database.query("UPDATE study SET last_received_at = clock_timestamp() - interval '31 min'");
    await looked(HOUR / 2);
    expect((await store.studies.find(STUDY))?.state).toBe("queued");
  });

  test("has an image analysed whose head did not say its size, not one that has no pixels", async () => {
    const store = await engine.emptied();
    const [noSize, other] = [{ rows: 0, columns: 0 }, "2.25.1.3"];
    await store.studies.accept([
      received(1, { ...noSize, sizeUnknown: true }),
      received(2, { ...noSize, seriesUid: other }),
    ]);
    const queue = { add: async () => undefined };
    const options = { ...store, queue, config: { quietMs: 0 }, routing: [], resolve: () => MODEL };
    await new Completeness(options).look();
    expect(await store.studies.findSeries(SERIES)).toMatchObject({ state: "queued" });
    const without = { state: "not_attempted", reason: "its objects have no pixels" };
    expect(await store.studies.findSeries(other)).toMatchObject(without);
    expect(await store.studies.findInstance(received(1).sopUid)).toMatchObject({ sizeUnknown: true, rows: 0 });
    expect(await store.studies.findInstance(received(2).sopUid)).toMatchObject({ sizeUnknown: false });
  });
});
