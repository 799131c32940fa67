/**
 * @file Our receiver as a process: `--port N --out DIR [--sync]`. Each object becomes a file, written whole, put on disk where asked,
 * and renamed to its place before the sender hears of it. Says `ready` when it listens.
 */
import { mkdirSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fileHeader } from "@fovea/node/pacs/part10";
import type { InstanceSink } from "@fovea/node/pacs/peer";
import { startReceiver } from "@fovea/node/pacs/receiver";

const { values } = parseArgs({
  options: { port: { type: "string" }, out: { type: "string" }, sync: { type: "boolean", default: false } },
});
const out = values.out ?? ".";
mkdirSync(out, { recursive: true });

/** Bytes that are written by one call, while more come in. */
const TOGETHER = 128 * 1024;
/** Bytes that may wait for the disk. */
const WAITING = 1024 * 1024;
let count = 0;

const sink: InstanceSink = {
  async open(incoming) {
    const draft = join(out, `draft${count++}`);
    const file = open(draft, "wx");
    let pieces: Uint8Array[] = [fileHeader(incoming)];
    let size = 0;
    let written: Promise<unknown> = file;
    let failure: unknown;
    let underWay = 0;
    const flush = () => {
      const together = pieces;
      const bytes = size;
      pieces = [];
      size = 0;
      underWay += bytes;
      written = written
        .then(async () => (await file).writev(together))
        .catch((error) => {
          failure ??= error;
        })
        .finally(() => {
          underWay -= bytes;
        });
    };
    return {
      async write(chunk) {
        pieces.push(chunk);
        size += chunk.length;
        if (underWay >= WAITING) await written;
        if (failure) throw failure;
        if (size >= TOGETHER) flush();
      },
      async commit() {
        flush();
        await written;
        if (failure) throw failure;
        if (values.sync) await (await file).datasync();
        await rename(draft, join(out, `${incoming.sopUid}.dcm`));
        void (await file).close();
        return { status: 0 };
      },
      async abandon() {
        await written;
        await (await file).close();
        await rm(draft, { force: true });
      },
    };
  },
};

await startReceiver({
  config: {
    ...{ host: "127.0.0.1", port: Number(values.port), aeTitle: "FOVEA", allowedAeTitles: [] },
    ...{ maxAssociations: 32, maxInstanceBytes: 2 ** 31 },
  },
  sink,
});
console.log("ready");
