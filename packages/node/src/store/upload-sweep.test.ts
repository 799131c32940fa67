import { expect, test } from "vitest";
import { onEachEngine } from "../../test/stores";
import type { Store } from "./open-store";

async function uploaded(store: Store): Promise<string> {
  const draft = await store.blobs.draft("uploads");
  draft.stream.write(Buffer.from("an image"));
  return (await draft.commit()).blob;
}

async function uploads(store: Store): Promise<string[]> {
  const found: string[] = [];
  for await (const blob of store.blobs.list("uploads")) found.push(blob);
  return found.sort();
}

onEachEngine("the sweep of uploads", (engine) => {
  test("removes at a start what no job names, and nothing that one does", async () => {
    const store = await engine.open();
    const [named, orphan] = [await uploaded(store), await uploaded(store)];
    await store.batchJobs.create({ actor: "key:a", language: "en" }, [{ filename: "1.png", blob: named }]);
    expect(await uploads(store)).toEqual([named, orphan].sort());
    expect(await store.uploadSweep.apply({ atOnce: true })).toBe(1);
    expect(await uploads(store)).toEqual([named]);
  });

  test("leaves later on what may belong to a request under way, until the next look", async () => {
    const store = await engine.open();
    const [slow, orphan] = [await uploaded(store), await uploaded(store)];
    expect(await store.uploadSweep.apply()).toBe(0);
    await store.batchJobs.create({ actor: "key:a", language: "en" }, [{ filename: "1.png", blob: slow }]);
    const young = await uploaded(store);
    expect(await store.uploadSweep.apply()).toBe(1);
    expect(await uploads(store)).toEqual([slow, young].sort());
    expect(await uploads(store)).not.toContain(orphan);
  });
});
