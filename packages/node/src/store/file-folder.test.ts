import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { received } from "../../test/received-instances";
import { onEachEngine } from "../../test/stores";
import { MARKER } from "./file-folder";
import { openStore, type StoreConfig } from "./open-store";

const folderOf = ({ dataDir }: StoreConfig) => join(dataDir, "files");
const idIn = (place: StoreConfig) => readFileSync(join(folderOf(place), MARKER), "utf8");
const away = {
  code: "files_unavailable",
  message: expect.stringContaining("is not the folder of this record's files"),
};

onEachEngine("the folder of files", (engine) => {
  /** A record that was opened once and closed. */
  async function closed(): Promise<StoreConfig> {
    const place = await engine.place();
    await (await openStore(place)).close();
    return place;
  }

  test("keeps the id that its record gave it", async () => {
    const place = await closed();
    const id = idIn(place);
    await (await openStore(place)).close();
    expect(idIn(place)).toBe(id);
  });

  test("that is empty, because nothing is mounted there, is not taken for the record's", async () => {
    const place = await closed();
    renameSync(folderOf(place), `${folderOf(place)}-elsewhere`);
    mkdirSync(folderOf(place));
    await expect(openStore(place)).rejects.toMatchObject(away);
    rmSync(folderOf(place), { recursive: true });
    await expect(openStore(place)).rejects.toMatchObject(away);
    renameSync(`${folderOf(place)}-elsewhere`, folderOf(place));
    await (await openStore(place)).close();
  });

  test("of another record is not taken for this one's", async () => {
    const [place, other] = [await closed(), await closed()];
    writeFileSync(join(folderOf(place), MARKER), idIn(other));
    await expect(openStore(place)).rejects.toMatchObject(away);
  });

  test("of a record that is older than ids gets one if an image of the record lies in it", async () => {
    const place = await engine.place();
    const store = await openStore(place);
    const draft = await store.blobs.draft("images");
    draft.stream.write("x");
    const { blob } = await draft.commit();
    await store.studies.accept([received(1, { blob })]);
    await store.database.query("DELETE FROM file_folder");
    await store.close();
    rmSync(join(folderOf(place), MARKER));
    renameSync(folderOf(place), `${folderOf(place)}-elsewhere`);
    await expect(openStore(place)).rejects.toMatchObject(away);
    renameSync(`${folderOf(place)}-elsewhere`, folderOf(place));
    await (await openStore(place)).close();
    expect(idIn(place)).toMatch(/^[0-9a-f-]{36}\n$/);
  });

  test("that was given an id by a start that ended in the middle is taken with it", async () => {
    const place = await closed();
    const store = await openStore(place);
    await store.database.query("DELETE FROM file_folder");
    await store.close();
    const id = idIn(place);
    const next = await openStore(place);
    expect(await next.database.query("SELECT id FROM file_folder")).toEqual([{ id: id.trim() }]);
    await next.close();
  });
});
