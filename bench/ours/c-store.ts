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

/** Pieces are written together: a call for each would cost more than the bytes. */
const TOGETHER = 1024 * 1024;
let count = 0;

const sink: InstanceSink = {
  async open(incoming) {
    const draft = join(out, `draft${count++}`);
    const file = await open(draft, "wx");
    let pieces: Uint8Array[] = [fileHeader(incoming)];
    let size = 0;
    const flush = async () => {
      const together = pieces;
      pieces = [];
      size = 0;
      await file.writev(together);
    };
    return {
      async write(chunk) {
        pieces.push(chunk);
        size += chunk.length;
        if (size >= TOGETHER) await flush();
      },
      async commit() {
        await flush();
        if (values.sync) await file.datasync();
        await file.close();
        await rename(draft, join(out, `${incoming.sopUid}.dcm`));
        return { status: 0 };
      },
      async abandon() {
        await file.close();
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
