/**
 * @file `fovea evaluate coco` and `fovea evaluate voc`: tables, JSON, and what is refused.
 */
import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Desk } from "./command";

const TRUTH = {
  images: [{ id: 1, file_name: "a.png", width: 100, height: 80 }],
  categories: [{ id: 4, name: "nodule" }],
  annotations: [
    { id: 1, image_id: 1, category_id: 4, bbox: [0, 0, 40, 40], area: 1600, iscrowd: 0 },
    { id: 2, image_id: 1, category_id: 4, bbox: [50, 0, 40, 40], area: 1600, iscrowd: 0 },
  ],
};
const FOUND = { image_id: 1, category_id: 4, bbox: [0, 0, 40, 40], score: 0.9 };

let desk: Desk;
beforeAll(async () => {
  desk = await Desk.make();
  await writeFile(desk.path("gt.json"), JSON.stringify(TRUTH));
  await writeFile(desk.path("dt.json"), JSON.stringify([FOUND]));
  await writeFile(desk.path("alien.json"), JSON.stringify([{ ...FOUND, image_id: 2 }]));
  await writeFile(desk.path("set.json"), JSON.stringify({ ...TRUTH, annotations: [{ ...FOUND, id: 1 }] }));
});
afterAll(() => desk.remove());

const numbers = async (name: string) => JSON.parse(await readFile(desk.path(name), "utf8"));

describe("fovea evaluate coco", () => {
  test("prints the twelve numbers in words and writes them by category", async () => {
    const out = await desk.succeed("evaluate coco --gt gt.json --dt dt.json --json out/coco.json");
    expect(out).toMatch(/AP50 +average precision, IoU \.50 +0\.505\n/);
    const written = await numbers("out/coco.json");
    expect(Object.keys(written)).toEqual(["stats", "perCategory"]);
    expect(Object.keys(written.stats).join(" ")).toBe("AP AP50 AP75 APs APm APl AR1 AR10 AR100 ARs ARm ARl");
    // One of two is found, without a false alarm: precision 1 at the recalls 0 ... .5, 51 of 101.
    expect(written.stats).toMatchObject({ AP50: expect.closeTo(51 / 101, 9), AR100: 0.5, APs: -1 });
    expect(written.perCategory["4"]).toMatchObject({ name: "nodule", id: 4, objects: 2, detections: 1, AR1: 0.5 });
  });

  test("gives the same for detections that are matched by file", async () => {
    await desk.succeed("evaluate coco gt=gt.json dt=dt.json json=list.json");
    await desk.succeed("evaluate coco gt=gt.json dt=set.json json=set-out.json");
    expect((await numbers("set-out.json")).stats).toEqual((await numbers("list.json")).stats);
  });

  test.each([
    ["coco --gt gt.json --dt alien.json", 1, "alien.json: [0]: image_id 2 is not among the 1 images of the truth"],
    ["coco --gt none.json --dt dt.json", 1, "none.json: no such file of annotations"],
    ["coco --gt gt.json --dt dt.json --iou-type keypoints", 2, "Allowed choices are bbox, segm"],
    ["voc --gt gt.json --dt dt.json --iou 2", 2, "Wanted a number from 0.01 to 1"],
  ])("refuses %s", async (line, exit, message) => {
    const { code, stderr } = await desk.run(`evaluate ${line}`);
    expect([code, stderr]).toEqual([exit, expect.stringContaining(message)]);
  });
});

describe("fovea evaluate voc", () => {
  test("prints a table and writes the numbers", async () => {
    const out = await desk.succeed("evaluate voc --gt gt.json --dt dt.json --method 11-point --json voc.json");
    // Precision 1 at the recalls 0, .1 ... .5: 6 of 11.
    expect(out).toContain("Mean average precision at IoU 0.5, 11-point: 0.545");
    expect(await numbers("voc.json")).toMatchObject({
      ...{ iou: 0.5, method: "11-point", mAP: expect.closeTo(6 / 11, 12) },
      perCategory: { 4: { objects: 2, truePositives: 1, falsePositives: 0 } },
    });
  });
});
