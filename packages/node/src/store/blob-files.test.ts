import { createHash, randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { afterEach, describe, expect, test } from "vitest";
import { makeScratch } from "../../test/scratch";
import { vaultKey } from "../vault/key-ring";
import { Vault } from "../vault/vault";
import { type BlobFileSystem, DISK } from "./blob-file-system";
import { BlobFiles, type BlobFilesOptions } from "./blob-files";
import type { BlobDraft, BlobStore } from "./blob-store";
import { thisProcess } from "./process-identity";

const scratch = makeScratch();
afterEach(() => scratch.clear());

const KEY = vaultKey(randomBytes(32));
const VAULT = new Vault({ keys: [KEY] });

async function openFiles(folder = scratch.folder(), options?: BlobFilesOptions, vault = VAULT) {
  return { folder, files: await BlobFiles.open(folder, () => vault, options) };
}

async function keep(
  files: BlobFiles,
  bytes: Uint8Array,
  note?: unknown,
  area: Parameters<BlobStore["draft"]>[0] = "incoming",
) {
  const draft = await files.draft(area);
  await pipeline([bytes], draft.stream);
  return draft.commit(note);
}

/** Every file below `folder`. */
const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

describe("the record's files", () => {
  // 64 KiB chunks: none, one byte, one short of a chunk, a chunk, one more, and several.
  test.each([0, 1, 65_535, 65_536, 65_537, 1_000_000])(
    "give back %d bytes, their hash and their note",
    async (length) => {
      const { files } = await openFiles();
      const bytes = randomBytes(length);
      const { blob, bytes: count, sha256 } = await keep(files, bytes, { sopUid: "2.25.1" });
      expect([count, sha256]).toEqual([length, createHash("sha256").update(bytes).digest("hex")]);
      expect(Buffer.from(await files.read(blob)).equals(bytes)).toBe(true);
      const streamed: Uint8Array[] = [];
      for await (const piece of files.stream(blob)) streamed.push(piece);
      expect(Buffer.concat(streamed).equals(bytes)).toBe(true);
      expect(await files.note(blob)).toEqual({ sopUid: "2.25.1" });
    },
  );

  test("take pieces of any size", async () => {
    const { files } = await openFiles();
    const bytes = randomBytes(300_000);
    const draft = await files.draft("images");
    for (let at = 0, step = 1; at < bytes.length; at += step, step = (step * 7) % 20_011)
      draft.stream.write(bytes.subarray(at, at + step));
    const { blob } = await draft.commit();
    expect(Buffer.from(await files.read(blob)).equals(bytes)).toBe(true);
  });

  test("hold nothing in clear, under names that tell nothing, for their owner alone", async () => {
    const { files, folder } = await openFiles();
    const { blob } = await keep(files, Buffer.from("Curie^Marie ".repeat(9000)), { patient: "Curie^Marie" });
    expect(blob).toMatch(/^incoming\/([0-9a-f]{2})\/\1[0-9a-f]{30}$/);
    expect(filesIn(folder)).toEqual([join(folder, blob)]);
    expect(readFileSync(join(folder, blob)).includes("Curie")).toBe(false);
  });

  test("are seen by nobody before they are whole, and leave nothing when they are given up", async () => {
    const { files, folder } = await openFiles();
    const draft = await files.draft("incoming");
    draft.stream.write(randomBytes(500_000));
    expect(await all(files.list("incoming"))).toEqual([]);
    await draft.abandon();
    expect(filesIn(folder)).toEqual([]);
  });

  test("are settled once, however often it is asked", async () => {
    const { files } = await openFiles();
    const { blob } = await keep(files, Buffer.from("x"));
    const settled = await files.settle(blob);
    expect(settled).toBe(blob.replace("incoming", "images"));
    expect(await files.settle(blob)).toBe(settled);
    expect(await files.settle(settled)).toBe(settled);
    expect(await all(files.list("incoming"))).toEqual([]);
    expect(Buffer.from(await files.read(settled)).toString()).toBe("x");
    await files.remove(settled);
    await files.remove(settled);
    await expect(files.read(settled)).rejects.toMatchObject({ code: "file_not_found" });
    await expect(files.settle(blob)).rejects.toMatchObject({ code: "file_not_found" });
  });

  test("are read where they lie while their row already names the place to which they will be moved", async () => {
    const { files } = await openFiles();
    const { blob } = await keep(files, Buffer.from("x"), { n: 1 });
    const named = blob.replace("incoming", "images");
    expect(Buffer.from(await files.read(named)).toString()).toBe("x");
    expect(await files.note(named)).toEqual({ n: 1 });
    const pieces: Uint8Array[] = [];
    for await (const piece of files.stream(named)) pieces.push(piece);
    expect(Buffer.concat(pieces).toString()).toBe("x");
    // Only images are moved.
    await expect(files.read(blob.replace("incoming", "objects"))).rejects.toMatchObject({ code: "file_not_found" });
  });

  test.each(["EMFILE", "EACCES", "ESTALE", "EIO"])("are not called damaged where the system says %s", async (code) => {
    const refuse: BlobFileSystem = {
      ...DISK,
      async open(path, flags, mode) {
        if (flags === "r") throw Object.assign(new Error(`${code}: ${path}`), { code });
        return DISK.open(path, flags, mode);
      },
    };
    const { files } = await openFiles(undefined, { fileSystem: refuse });
    const { blob } = await keep(files, randomBytes(100));
    const failure = { code: "files_unavailable", message: expect.stringContaining(code) };
    await expect(files.read(blob)).rejects.toMatchObject(failure);
    await expect(all(files.stream(blob))).rejects.toMatchObject(failure);
  });

  test("are not called damaged where the disk fails while they are read", async () => {
    const broken: BlobFileSystem = {
      ...DISK,
      async open(path, flags, mode) {
        const handle = await DISK.open(path, flags, mode);
        if (flags === "r")
          handle.read = (() => Promise.reject(Object.assign(new Error("EIO"), { code: "EIO" }))) as never;
        return handle;
      },
    };
    const { files } = await openFiles(undefined, { fileSystem: broken });
    const { blob } = await keep(files, randomBytes(100));
    await expect(files.read(blob)).rejects.toMatchObject({ code: "files_unavailable" });
    await expect(all(files.stream(blob))).rejects.toMatchObject({ code: "files_unavailable" });
  });

  test("are called neither missing nor removed while their folder is away", async () => {
    const { folder, files } = await openFiles(undefined, { marker: "mark" });
    writeFileSync(join(folder, "mark"), "");
    const { blob } = await keep(files, Buffer.from("x"));
    renameSync(folder, `${folder}-away`);
    await expect(files.read(blob)).rejects.toMatchObject({ code: "files_unavailable" });
    await expect(files.remove(blob)).rejects.toMatchObject({ code: "files_unavailable" });
    renameSync(`${folder}-away`, folder);
    expect(Buffer.from(await files.read(blob)).toString()).toBe("x");
    await files.remove(blob);
    await expect(files.read(blob)).rejects.toMatchObject({ code: "file_not_found" });
  });

  test.each([
    "../../etc/passwd",
    "/etc/passwd",
    "images/../keys/vault",
    "images/ab/cd",
    "incoming/..%2f/x",
    "images/00/2.25.1",
    "",
  ])("are not reached by %j", async (blob) => {
    const { files } = await openFiles();
    await expect(files.read(blob)).rejects.toMatchObject({ code: "not_found" });
    await expect(files.settle(blob)).rejects.toMatchObject({ code: "not_found" });
    await expect(files.remove(blob)).rejects.toMatchObject({ code: "not_found" });
  });

  describe("notice", () => {
    const CHUNK = 65_536 + 16;
    const HEAD = 28;
    test.each<[string, (file: Buffer) => Buffer]>([
      ["a changed byte of the first chunk", (file) => flipped(file, HEAD + 3)],
      ["a changed byte of the head", (file) => flipped(file, 20)],
      ["a changed byte at the end", (file) => flipped(file, file.length - 30)],
      ["a changed length", (file) => flipped(file, file.length - 1)],
      ["a cut", (file) => file.subarray(0, -1)],
      ["a chunk that is missing", (file) => Buffer.concat([file.subarray(0, HEAD), file.subarray(HEAD + CHUNK)])],
      [
        "chunks that changed places",
        (file) =>
          Buffer.concat([
            file.subarray(0, HEAD),
            file.subarray(HEAD + CHUNK, HEAD + 2 * CHUNK),
            file.subarray(HEAD, HEAD + CHUNK),
            file.subarray(HEAD + 2 * CHUNK),
          ]),
      ],
      ["nothing left", () => Buffer.alloc(0)],
    ])("%s", async (_name, change) => {
      const { files, folder } = await openFiles();
      const { blob } = await keep(files, randomBytes(200_000));
      writeFileSync(join(folder, blob), change(readFileSync(join(folder, blob))));
      await expect(files.read(blob)).rejects.toMatchObject({
        code: expect.stringMatching(/^(file_unreadable|wrong_key)$/),
      });
    });

    test("that one has taken the place of another", async () => {
      const { files, folder } = await openFiles();
      const [a, b] = [await keep(files, randomBytes(100)), await keep(files, randomBytes(100))];
      renameSync(join(folder, a.blob), join(folder, b.blob));
      await expect(files.read(b.blob)).rejects.toMatchObject({ code: "file_unreadable" });
    });

    test("another key", async () => {
      const { files, folder } = await openFiles();
      const { blob } = await keep(files, randomBytes(100));
      const other = await openFiles(folder, {}, new Vault({ keys: [vaultKey(randomBytes(32))] }));
      await expect(other.files.read(blob)).rejects.toMatchObject({ code: "wrong_key" });
    });
  });

  test("sweep what a process that has ended was writing, not what a living one writes", async () => {
    const { files, folder } = await openFiles();
    const draft = await files.draft("incoming");
    const [living] = readdirSync(join(folder, "writing"));
    const identity = JSON.parse(Buffer.from(living, "base64url").toString());
    // The same number with another start: a process of before.
    const dead = Buffer.from(JSON.stringify({ ...identity, started: "1" })).toString("base64url");
    await mkdir(join(folder, "writing", dead), { recursive: true });
    writeFileSync(join(folder, "writing", dead, "half"), "half a file");
    await openFiles(folder);
    expect(readdirSync(join(folder, "writing"))).toEqual([living]);
    await draft.abandon();
  });

  test("sweep what a process that cannot be asked left a day ago, not what it may be writing, and all where nobody else writes", async () => {
    const { folder } = await openFiles();
    const identity = { ...thisProcess(), host: "elsewhere" };
    const elsewhere = join(folder, "writing", Buffer.from(JSON.stringify(identity)).toString("base64url"));
    await mkdir(elsewhere, { recursive: true });
    for (const [name, hours] of [
      ["old", 25],
      ["new", 23],
    ] as const) {
      writeFileSync(join(elsewhere, name), "half a file");
      const at = Date.now() / 1000 - 3600 * hours;
      utimesSync(join(elsewhere, name), at, at);
    }
    await openFiles(folder);
    expect(readdirSync(elsewhere)).toEqual(["new"]);
    await openFiles(folder, { alone: true });
    expect(filesIn(folder)).toEqual([]);
  });

  test("are encrypted anew under their name, once", async () => {
    const { files, folder } = await openFiles();
    const bytes = randomBytes(150_000);
    const { blob } = await keep(files, bytes, { a: 1 });
    const newer = vaultKey(randomBytes(32));
    const both = await openFiles(folder, {}, new Vault({ keys: [KEY, newer] }));
    expect(await both.files.renew(blob)).toBe(true);
    expect(await both.files.renew(blob)).toBe(false);
    const alone = await openFiles(folder, {}, new Vault({ keys: [newer] }));
    expect(Buffer.from(await alone.files.read(blob)).equals(bytes)).toBe(true);
    expect(await alone.files.note(blob)).toEqual({ a: 1 });
  });

  test("are on the disk under a newer key before the older one may go", async () => {
    const done: string[] = [];
    const watched: BlobFileSystem = {
      ...DISK,
      async open(path, flags, mode) {
        const handle = await DISK.open(path, flags, mode);
        const { datasync, sync } = handle;
        handle.datasync = async () => {
          await datasync.call(handle);
          done.push("file");
        };
        handle.sync = async () => {
          await sync.call(handle);
          done.push("folder");
        };
        return handle;
      },
      async rename(from, to) {
        await DISK.rename(from, to);
        done.push("name");
      },
    };
    const { files, folder } = await openFiles();
    const { blob } = await keep(files, randomBytes(1000));
    const both = new Vault({ keys: [KEY, vaultKey(randomBytes(32))] });
    const again = await openFiles(folder, { fileSystem: watched }, both);
    expect(await again.files.renew(blob)).toBe(true);
    expect(done).toEqual(["file", "name", "folder"]);
  });

  describe("say that the disk is full, and leave nothing,", () => {
    /** A disk that has room for so many bytes. */
    function smallDisk(room: number): BlobFileSystem {
      const full = () => Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
      return {
        ...DISK,
        async open(path, flags, mode) {
          const handle = await DISK.open(path, flags, mode);
          if (flags === "r") return handle;
          const { writev } = handle;
          handle.writev = (async (parts: readonly NodeJS.ArrayBufferView[]) => {
            room -= parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
            if (room < 0) throw full();
            return writev.call(handle, parts);
          }) as typeof writev;
          return handle;
        },
      };
    }

    async function fill(draft: BlobDraft): Promise<void> {
      for (let i = 0; i < 20; i++) {
        await new Promise<void>((resolve) => draft.stream.write(randomBytes(100_000), () => resolve()));
      }
    }

    test.each([
      ["in the middle of a file", 1_000_000],
      ["at its very end", 2_000_400],
    ])("%s", async (_name, room) => {
      const { files, folder } = await openFiles(undefined, { fileSystem: smallDisk(room) });
      const draft = await files.draft("incoming");
      await fill(draft);
      await expect(draft.commit()).rejects.toMatchObject({ code: "disk_full" });
      expect(filesIn(folder)).toEqual([]);
    });
  });

  test("are there before anybody hears so, with `sync` on the disk too", async () => {
    const { files, folder } = await openFiles(undefined, { sync: true });
    const { blob } = await keep(files, randomBytes(1000));
    expect(existsSync(join(folder, blob))).toBe(true);
    expect(await files.settle(blob)).toMatch(/^images/);
  });
});

function flipped(file: Buffer, at: number): Buffer {
  const copy = Buffer.from(file);
  copy[at] ^= 1;
  return copy;
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}
