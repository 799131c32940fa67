/**
 * @file Whether the folder of files is that of the record: an empty one, where a network file system is not mounted yet, is not.
 *
 * The folder has a file that holds an id, and the record has the id too.
 */
import { randomUUID } from "node:crypto";
import { mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { FoveaError } from "@fovea/core/errors";
import { writeAtomically } from "../data/atomic-write";
import { placesOf } from "./blob-key";
import type { Database, Sql } from "./database";

/** Name of the file with the id. */
export const MARKER = "record-id";

/**
 * Gives the folder of a new record its id; of another, sees that it is there.
 *
 * @throws {FoveaError} `files_unavailable` if it is not the record's folder; `write_failed`, `disk_full`
 */
export async function checkFileFolder(database: Database, folder: string): Promise<void> {
  await database.transaction(async (sql) => {
    // Of several processes at the first start one goes on, the others wait here and find what it made.
    const made = await sql.query(
      "INSERT INTO file_folder (id) VALUES ($1) ON CONFLICT (single) DO NOTHING RETURNING 1",
      [randomUUID()],
    );
    const [{ id }] = await sql.query<{ id: string }>("SELECT id FROM file_folder");
    const there = await idIn(folder);
    if (there === id) return;
    if (made.length === 0) throw otherFolder(folder, id);
    // An earlier start may have ended before its transaction did.
    if (there !== undefined) await sql.query("UPDATE file_folder SET id = $1", [there]);
    else if (await holdsFiles(sql, folder)) await mark(folder, id);
    else throw otherFolder(folder, id);
  });
}

async function idIn(folder: string): Promise<string | undefined> {
  try {
    return (await readFile(join(folder, MARKER), "utf8")).trim();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new FoveaError("files_unavailable", `cannot be read (${(cause as NodeJS.ErrnoException).code})`, {
      file: join(folder, MARKER),
      cause,
    });
  }
}

/** A record that was made before folders had an id: the file of one of its images is there. */
async function holdsFiles(sql: Sql, folder: string): Promise<boolean> {
  const [image] = await sql.query<{ blob: string }>("SELECT blob FROM instance WHERE blob IS NOT NULL LIMIT 1");
  if (image === undefined) return true;
  const found = await Promise.all(
    placesOf(image.blob).map((place) => stat(join(folder, place)).catch(() => undefined)),
  );
  return found.some((one) => one !== undefined);
}

async function mark(folder: string, id: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeAtomically(join(folder, MARKER), `${id}\n`, { mode: 0o600 });
}

function otherFolder(folder: string, id: string): FoveaError {
  const message =
    "is not the folder of this record's files; mount it, or bring it back from its backup. " +
    `If the files are lost for good, write ${id} into ${MARKER} there: their images will be called missing`;
  return new FoveaError("files_unavailable", message, { file: folder });
}
