/**
 * @file `fovea demo --serve`, with training cut short: what a visitor of the review page gets to see.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { StudyList, StudySummary } from "@fovea/core/contract/study";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Desk, type Ended, type Running } from "./command";

/** Other work on the machine may make a command wait. */
const PATIENCE = 600_000;
/** Kept apart from training: 40 of 190. */
const UNSEEN = 40;

let desk: Desk;
beforeAll(async () => {
  desk = await Desk.make();
});
afterAll(() => desk.remove());

describe("fovea demo --serve", () => {
  let running: Running;
  let [url, key] = ["", ""];
  let ended: Ended;
  let studies: readonly StudySummary[] = [];

  const ask = (path: string, headers: Readonly<Record<string, string>> = {}) => fetch(url + path, { headers });

  beforeAll(async () => {
    running = desk.start("demo --serve --out demo --model small.yaml --epochs 1 --imgsz 64 --threads 1");
    await running.printed(`${UNSEEN} images sent`);
    const announced = running.stderr();
    url = /^Address\s+(\S+)$/m.exec(announced)?.[1] ?? "";
    key = /^Key\s+(\S+)/m.exec(announced)?.[1] ?? "";
    const over = ({ state }: StudySummary) => state === "analysed" || state === "failed" || state === "not_attempted";
    while (studies.length < UNSEEN || !studies.every(over)) {
      await sleep(200);
      const answer = await ask("/studies?limit=200", { Authorization: `Bearer ${key}` });
      ({ studies } = (await answer.json()) as StudyList);
    }
  }, PATIENCE);
  afterAll(() => running?.process.kill("SIGKILL"));

  test("has every radiograph that training has not seen received and analysed", () => {
    expect(new Set(studies.map(({ state }) => state))).toEqual(new Set(["analysed"]));
    expect(studies.map(({ patient_name }) => patient_name).sort()).toEqual(
      Array.from({ length: UNSEEN }, (_, i) => `PHANTOM^0${151 + i}`),
    );
  });

  test("serves the review page on this machine alone, and studies to whoever has the key", async () => {
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await (await ask("/")).text()).toContain('<div id="root">');
    expect((await ask("/studies")).status).toBe(401);
  });

  test("stays until Ctrl-C, and leaves settings to start it again with", { timeout: PATIENCE }, async () => {
    expect(running.process.exitCode).toBeNull();
    running.process.kill("SIGINT");
    ended = await running.ended;
    // One pass over the images teaches nothing, which the demo says at the end.
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain("the detector reaches mAP50");
    const settings = readFileSync(desk.path("demo/service/fovea.yaml"), "utf8");
    expect(settings).toContain("best.safetensors");
    expect(existsSync(desk.path("demo/service/data"))).toBe(true);
  });
});

describe("fovea demo --serve, before it draws anything,", () => {
  test("refuses images that are not drawn, and says what to do", { timeout: PATIENCE }, async () => {
    const { code, stderr } = await desk.run("demo --serve --data lesions.yaml --out other");
    expect([code, stderr]).toEqual([2, expect.stringContaining("fovea serve --model")]);
    expect(existsSync(desk.path("other"))).toBe(false);
  });

  test("touches no folder that holds other files", { timeout: PATIENCE }, async () => {
    mkdirSync(desk.path("mine/service/data"), { recursive: true });
    writeFileSync(desk.path("mine/service/data/thesis.docx"), "years of work");
    const { code, stderr } = await desk.run("demo --serve --out mine");
    expect([code, stderr]).toEqual([1, expect.stringContaining("holds other files (data ...)")]);
    expect(existsSync(desk.path("mine/service/data/thesis.docx"))).toBe(true);
  });
});
