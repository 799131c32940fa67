/**
 * @file An image that ends the process, as a native crash does: the service comes to an end with it, and the rest goes on.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { onEachEngine } from "../stores";
import { MODEL } from "./pipeline-fakes";
import { sentInstance, seriesUid, sopUid } from "./sent-instance";

const ROOT = resolve(import.meta.dirname, "../../../..");
const POISON = 30;

/** An image that takes too long, until the other one is recorded as failed. */
const SLOW = 60;

/** Receives what it is given, analyses it, and ends by a signal within the image of the grey value `POISON`. */
const SERVICE = `
const { readFileSync } = await import("node:fs");
const { setTimeout: sleep } = await import("node:timers/promises");
const { FoveaError } = await import("@fovea/core/errors");
const { openStore } = await import("@fovea/node/store/open-store");
const { openJobQueue } = await import("@fovea/node/jobs/boss-queue");
const { startPipeline } = await import("@fovea/node/pipeline/pipeline");
const { place, model, series, sent } = JSON.parse(readFileSync(process.argv[1], "utf8"));
const pool = {
  models: { list: () => [model], resolve: () => model },
  async analyse({ bytes, filename }) {
    const grey = bytes[bytes.length - 1];
    if (grey === ${SLOW} && (await store.analyses.failures(series, model.modelId)).size === 0) {
      throw new FoveaError("timed_out", "a decoder took longer than 30 s");
    }
    if (grey === ${POISON}) process.kill(process.pid, "SIGKILL");
    await sleep(grey);
    return { model, threshold: 0.25, inferenceMs: 1, inputSha256: "", images: [{ file: filename, width: 8, height: 8, findings: [] }] };
  },
};
const store = await openStore(place);
const queue = await openJobQueue(store.database, { leaseSeconds: 2, pollMs: 50 });
const config = { routing: [], completeness: { quietMs: 300 }, destinations: [], retention: {} };
const buildObjects = async function* () {};
const pipeline = await startPipeline({ store, pool, queue, config, peers: new Map(), judge: { judge: () => ({}) }, buildObjects });
for (const { incoming, dataSet } of sent) {
  const draft = await pipeline.reception.open(incoming);
  await draft.write(Buffer.from(dataSet, "base64"));
  await draft.commit();
}
while (!["analysed", "failed"].includes((await store.studies.findSeries(series))?.state)) await sleep(20);
await pipeline.stop(50);
await store.close();
`;

onEachEngine("an image that ends the process", (engine) => {
  test("does so three times; then it is recorded as failed, and the others are analysed, also one that is tried again", async () => {
    const place = await engine.place();
    const sent = [1, 2, 3, 4, 5, 6].map((n) => {
      const { incoming, dataSet } = sentInstance(n, { grey: 10 * n });
      return { incoming, dataSet: Buffer.from(dataSet).toString("base64") };
    });
    const given = join(place.dataDir, "given.json");
    writeFileSync(given, JSON.stringify({ place, model: MODEL, series: seriesUid(), sent }));
    const ends: unknown[] = [];
    while (ends.at(-1) !== 0 && ends.length < 8) {
      const child = spawn(process.execPath, ["-e", `(async () => {${SERVICE}})()`, given], {
        ...{ cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] },
      });
      const [code, signal] = await once(child, "exit");
      ends.push(signal ?? code);
    }
    expect(ends).toEqual(["SIGKILL", "SIGKILL", "SIGKILL", 0]);
    const store = await engine.open(place);
    const uids = [1, 2, 3, 4, 5, 6].map((n) => sopUid(n));
    const done = await store.analyses.done(uids, MODEL.modelId);
    expect([...done].sort()).toEqual(uids.filter((uid) => uid !== sopUid(3)));
    const reason = "runtime_failed: the program ended 3 times while it analysed this image";
    expect(await store.analyses.failures(seriesUid(), MODEL.modelId)).toEqual(new Map([[sopUid(3), reason]]));
    expect(await store.studies.findSeries(seriesUid())).toMatchObject({
      ...{ state: "analysed", reason: `1 of 6 images could not be analysed; the first: ${reason}` },
    });
    // Nothing is left that would make the next model version wary.
    expect(await store.database.query("SELECT 1 FROM attempt")).toEqual([]);
  });
});
