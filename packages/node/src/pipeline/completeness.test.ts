import { afterEach, expect, test, vi } from "vitest";
import { received, STUDY } from "../../test/received-instances";
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
});
