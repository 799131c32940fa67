/**
 * @file Several runs as one command, and one run that is watched: cross-validation, search, the live page.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { trainingArguments } from "@fovea/core/recipe/training-arguments";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { SIDE, writeSmallData } from "../training/small-network";
import { Desk } from "./command";

/** Other work on the machine may make a command wait. */
const PATIENCE = 300_000;
const SMALL = `--model small.yaml --batch 4 --nbs=4 --imgsz ${SIDE} --threads 1 workers=0 optimizer=AdamW lr0=0.01 warmup_epochs=0`;

let desk: Desk;
beforeAll(async () => {
  desk = await Desk.make();
  await writeSmallData(desk.path("data"), { count: 12 });
}, PATIENCE);
afterAll(() => desk.remove());

const text = (path: string) => readFileSync(desk.path(path), "utf8");

describe("fovea train", () => {
  test("leaves a report that needs nothing else, and its curves as SVG", { timeout: PATIENCE }, async () => {
    const out = await desk.succeed(`train --data data/data.yaml ${SMALL} --epochs 2 --name seen`);
    expect(out).toContain(join("runs", "seen", "report.html"));
    const page = text("runs/seen/report.html");
    expect(page).not.toMatch(/<script|<link|url\(/);
    for (const id of ["curves", "validation", "batches", "labels", "stages", "timing", "arguments", "environment"]) {
      expect(page, id).toContain(`<section class="card" id="${id}">`);
    }
    // Three batches of 12 images by 4, and every validation image.
    expect(page.match(/src="data:image\/jpeg;base64,/g)).toHaveLength(3 + 12);
    expect(text("runs/seen/results.svg")).toMatch(/^<svg /);
  });

  test("serves the report while it trains, on this machine only", { timeout: PATIENCE }, async () => {
    const running = desk.start(`train --data data/data.yaml ${SMALL} --epochs 400 --name watched --watch`);
    let seen = "";
    running.process.stdout?.on("data", (part: string) => {
      seen += part;
    });
    await running.printed("2/400");
    const [, url = ""] = /^Watch {4}(http:\/\/127\.0\.0\.1:\d+\/)$/m.exec(seen) ?? [];
    const live = await fetch(url);
    const shown = await live.text();
    expect(live.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(shown).toContain('<script src="/live.js" defer></script>');
    expect(shown).toContain('<section class="card" id="curves">');
    running.process.kill("SIGINT");
    const ended = await running.ended;
    expect(ended.code).toBe(130);
    await expect(fetch(url)).rejects.toThrow();
    const page = text("runs/watched/report.html");
    expect(page).toContain("interrupted, can be resumed");
    expect(page).not.toContain("<script");
  });

  test("refuses a port that is none", async () => {
    const { code, stderr } = await desk.run(`train --data data/data.yaml ${SMALL} --epochs 1 --watch=99999`);
    expect([code, stderr]).toEqual([2, expect.stringContaining("watch: got 99999, wanted a port from 0 to 65535")]);
  });
});

describe("fovea kfold", () => {
  const line = `kfold --data data/data.yaml ${SMALL} --epochs 2 --k 3 --by patient --patients who.csv plots=false`;
  beforeAll(() => {
    const rows = Array.from({ length: 12 }, (_, i) => `scan${String(i).padStart(2, "0")},${i % 6}`);
    writeFileSync(desk.path("who.csv"), `image,patient\n${rows.join("\n")}\n`);
  });

  test("is interrupted, goes on, and ends with one table", { timeout: PATIENCE }, async () => {
    const running = desk.start(line);
    await running.printed("Fold 2 of 3");
    running.process.kill("SIGINT");
    const stopped = await running.ended;
    expect([stopped.code, stopped.stdout]).toEqual([130, expect.stringContaining("The same command goes on with it.")]);
    const out = await desk.succeed(line);
    expect(out).not.toContain("Fold 1 of 3");
    expect(out).toMatch(/^fold +patients +images +lesions +best +precision +recall +mAP50 +mAP50-95/m);
    expect(out.match(/^ *[123] +2 +4 +\d+ +[12] /gm)).toHaveLength(3);
    for (const row of ["mean", "sd", "from", "to"]) expect(out).toMatch(new RegExp(`^ *${row} +-?\\d\\.\\d{3}`, "m"));
    const { folds, overall } = JSON.parse(text("runs/kfold/kfold.json"));
    expect(folds).toHaveLength(3);
    const map50 = folds.map(({ measures }: { measures: Record<string, number> }) => measures["mAP50(B)"]);
    expect(overall["mAP50(B)"].mean).toBeCloseTo((map50[0] + map50[1] + map50[2]) / 3, 12);
    expect(text("runs/kfold/kfold.csv")).toContain("low95");
  });

  test("once more trains nothing", { timeout: PATIENCE }, async () => {
    const out = await desk.succeed(line);
    expect(out).not.toContain(" of 3: ");
    expect(out.match(/^Fold \d done/gm)).toHaveLength(3);
  });

  test("refuses patients that nobody named", async () => {
    const { code, stderr } = await desk.run(`kfold --data data/data.yaml --model small.yaml --by patient --name none`);
    expect([code, stderr]).toEqual([2, expect.stringContaining("--patients table.csv")]);
    expect(existsSync(desk.path("runs/none"))).toBe(false);
  });
});

describe("fovea tune", () => {
  test("ends with one table, the best on top, and arguments to go on with", { timeout: PATIENCE }, async () => {
    writeFileSync(desk.path("space.yaml"), "degrees: [0, 10]\nweight_decay: [1e-5, 1e-3]\n");
    const out = await desk.succeed(
      `tune --data data/data.yaml ${SMALL} --epochs 2 --iterations 3 --space space.yaml monitor=map50`,
    );
    expect(out.match(/^Trial \d in .*map50 0\.\d{4}/gm)).toHaveLength(3);
    expect(out).toMatch(/^trial +map50 +degrees +weight_decay$/m);
    expect(out).toContain("as given");
    const best = parse(text("runs/tune/best.yaml"));
    expect(trainingArguments(best)).toMatchObject({ epochs: 2, optimizer: "AdamW", imgsz: SIDE });
    expect(text("runs/tune/trials.jsonl").trimEnd().split("\n")).toHaveLength(3);
    expect(readdirSync(desk.path("runs/tune"))).toEqual(expect.arrayContaining(["trials.csv", "trial3", "plan.json"]));
  });

  test("names what it does not know", async () => {
    const { code, stderr } = await desk.run("tune --data data/data.yaml --model small.yaml --epoch 3");
    expect([code, stderr]).toEqual([2, expect.stringContaining("unknown option '--epoch'")]);
  });
});
