import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { PoolMaterial, picture, slowPicture } from "../../test/pool-material";
import type { AnalysisTiming } from "./inference-pool";

let material: PoolMaterial;
beforeEach(async () => {
  material = await PoolMaterial.make();
});
afterEach(() => material.remove());

const png = await picture();
const request = { bytes: png, filename: "a.png" };
const failure = (code: string) => expect.objectContaining({ code });

describe("the pool's queue", () => {
  test("refuses as busy what has no place, and says when to come again", async () => {
    const pool = await material.pool({ inference: { concurrency: 1, queue: 2 } });
    const accepted = [1, 2, 3].map(() => pool.analyse(request));
    expect(pool.load).toMatchObject({ running: 1, waiting: 2, waitingBytes: 2 * png.length, capacity: 1 });
    await expect(pool.analyse(request)).rejects.toEqual(failure("busy"));
    expect(pool.load.retryAfterSeconds).toBeGreaterThanOrEqual(1);
    expect(await Promise.all(accepted)).toHaveLength(3);
    expect(pool.load).toMatchObject({ running: 0, waiting: 0, waitingBytes: 0 });
    expect((await pool.analyse(request)).images).toHaveLength(1);
  });

  test("is bounded by bytes too; one file larger than all may wait alone", async () => {
    const pool = await material.pool({ inference: { concurrency: 1 }, queueBytes: png.length });
    const accepted = [1, 2].map(() => pool.analyse(request));
    await expect(pool.analyse(request)).rejects.toEqual(failure("busy"));
    await Promise.all(accepted);
    const large = { bytes: Buffer.concat([png, Buffer.alloc(1000)]), filename: "large.png" };
    await Promise.all([pool.analyse(request), pool.analyse(large)]);
  });

  test("answers within the time limit or says that it ran out, and goes on", async () => {
    const timings: AnalysisTiming[] = [];
    const pool = await material.pool({
      inference: { timeoutMs: 500, concurrency: 1 },
      onTiming: (t) => timings.push(t),
    });
    const slow = { bytes: await slowPicture(), filename: "slow.png" };
    // The one behind waits as long.
    const outcomes = await Promise.allSettled([pool.analyse(slow), pool.analyse(request)]);
    expect(outcomes).toEqual([
      { status: "rejected", reason: failure("timed_out") },
      { status: "rejected", reason: failure("timed_out") },
    ]);
    expect(timings.map(({ outcome }) => outcome)).toEqual(["timed_out", "timed_out"]);
    // Until the new thread has begun.
    const again = () => pool.analyse(request).then(({ images }) => images.length);
    await expect.poll(() => again().catch(() => 0), { timeout: 20_000 }).toBe(1);
  });

  test("lets go at once of what its client has left", async () => {
    const pool = await material.pool({ inference: { concurrency: 1 } });
    const [first, second] = [new AbortController(), new AbortController()];
    const running = pool.analyse({ ...request, signal: first.signal });
    const waiting = pool.analyse({ ...request, signal: second.signal });
    const behind = pool.analyse(request);
    second.abort();
    expect(pool.load).toMatchObject({ running: 1, waiting: 1 });
    await expect(waiting).rejects.toEqual(failure("interrupted"));
    first.abort();
    await expect(running).rejects.toEqual(failure("interrupted"));
    expect((await behind).images).toHaveLength(1);
    await expect(pool.analyse({ ...request, signal: first.signal })).rejects.toEqual(failure("interrupted"));
  });

  test("finishes on closing what it accepted, and takes no more", async () => {
    const pool = await material.pool({ inference: { concurrency: 1 } });
    const accepted = [1, 2, 3, 4].map(() => pool.analyse(request));
    const closed = pool.close();
    await expect(pool.analyse(request)).rejects.toEqual(failure("interrupted"));
    expect((await Promise.all(accepted)).map(({ images }) => images[0].findings.length)).toEqual([1, 1, 1, 1]);
    await closed;
  });

  test("leaves the caller its bytes unless they are handed over", async () => {
    const pool = await material.pool();
    const own = new Uint8Array(png);
    await pool.analyse({ bytes: own, filename: "a.png" });
    expect(own.length).toBe(png.length);
    await pool.analyse({ bytes: own, filename: "a.png", handOver: true });
    expect(own.length).toBe(0);
  });

  test("tells of each request where its time went", async () => {
    const timings: AnalysisTiming[] = [];
    const pool = await material.pool({ onTiming: (timing) => timings.push(timing) });
    const { model } = await pool.analyse(request);
    await expect(pool.analyse({ bytes: Buffer.from("nothing"), filename: "x" })).rejects.toThrow();
    const [{ waitMs, prepareMs, inferenceMs, totalMs, ...first }, second] = timings;
    expect(first).toEqual({ outcome: "done", frames: 1, modelId: model.modelId });
    expect(second).toMatchObject({ outcome: "invalid_image", frames: 0, inferenceMs: 0 });
    expect(Math.min(prepareMs, inferenceMs)).toBeGreaterThan(0);
    expect(waitMs + prepareMs + inferenceMs).toBeLessThanOrEqual(totalMs);
  });
});

describe("batches", () => {
  /** 64 pixels at most on the longer side, height and width open. */
  async function pool(batch = 4) {
    const file = await material.model("open.onnx", { open: true, openBatch: true });
    const inference = { batch, batchWindowMs: 2000, concurrency: 8 };
    return material.pool({ models: [{ file, imgsz: 64 }], inference, lanes: 1, batching: true });
  }

  test("are formed of images of one size that come together, each with its own answer", async () => {
    const batching = await pool();
    const levels = [100, 150, 200, 250];
    const pictures = await Promise.all(levels.map((level) => picture({ level })));
    const answers = await Promise.all(pictures.map((bytes) => batching.analyse({ bytes, filename: "x" })));
    expect(batching.runs).toEqual({ runs: 1, frames: 4 });
    // The score is the image's mean.
    for (const [i, { images }] of answers.entries()) {
      expect(images[0].findings[0].confidence).toBeCloseTo(levels[i] / 255, 4);
    }
  });

  test("hold no images of different sizes, and no more than they may", async () => {
    const batching = await pool(2);
    const [square, wide] = await Promise.all([picture(), picture({ width: 64, height: 32 })]);
    const bytes = [square, square, square, square, wide, wide];
    const answers = await Promise.all(bytes.map((one) => batching.analyse({ bytes: one, filename: "x" })));
    expect(answers.map(({ images }) => images[0].height)).toEqual([64, 64, 64, 64, 32, 32]);
    expect(batching.runs).toEqual({ runs: 3, frames: 6 });
  });

  test("do not keep a single image waiting", async () => {
    const batching = await pool();
    await batching.analyse(request);
    const begin = performance.now();
    await batching.analyse(request);
    expect(performance.now() - begin).toBeLessThan(1000);
  });

  test("are of one image where the model takes one", async () => {
    const single = await material.pool({ batching: true, inference: { batchWindowMs: 2000 } });
    await Promise.all([1, 2, 3].map(() => single.analyse(request)));
    expect(single.runs).toEqual({ runs: 3, frames: 3 });
  });
});
