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

let count = 0;
const sink: InstanceSink = {
  async open(incoming) {
    const draft = join(out, `draft${count++}`);
    const file = await open(draft, "wx");
    await file.write(fileHeader(incoming));
    return {
      async write(chunk) {
        await file.write(chunk);
      },
      async commit() {
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
