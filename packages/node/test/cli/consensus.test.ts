/**
 * @file `fovea data consensus` as a user starts it.
 */
import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Desk } from "./command";

const PATIENCE = 300_000;

/** A reader's file: boxes x, y, width, height by image; an image that is not named was not read. */
const file = (boxes: Readonly<Record<string, readonly (readonly number[])[]>>) => {
  const names = Object.keys(boxes);
  return JSON.stringify({
    categories: [{ id: 1, name: "nodule" }],
    images: names.map((file_name, id) => ({ id, file_name, width: 100, height: 100, patient_id: file_name })),
    annotations: names
      .flatMap((name, image_id) => boxes[name].map((bbox) => ({ image_id, bbox })))
      .map((one, id) => ({ id, category_id: 1, ...one })),
  });
};

let desk: Desk;
beforeAll(async () => {
  desk = await Desk.make();
  await writeFile(
    desk.path("anna.json"),
    file({
      "a.png": [
        [10, 10, 20, 20],
        [60, 60, 10, 10],
      ],
      "b.png": [],
    }),
  );
  await writeFile(desk.path("ben.json"), file({ "a.png": [[12, 10, 20, 20]], "b.png": [] }));
  await writeFile(desk.path("chen.json"), file({ "a.png": [[11, 10, 20, 20]] }));
});
afterAll(() => desk.remove());

const content = async (name: string) => JSON.parse(await readFile(desk.path(name), "utf8"));

describe("fovea data consensus", () => {
  test("writes a COCO file and a report", { timeout: PATIENCE }, async () => {
    const out = await desk.succeed("data consensus anna.json ben.json chen.json --out c.json --report r resamples=20");
    expect(out).toContain("2 lesions marked, 1 of them consensus");
    const { annotations, images } = await content("c.json");
    expect(images.map(({ num_read }: { num_read: number }) => num_read)).toEqual([3, 2]);
    expect(annotations).toMatchObject([
      { bbox: [11, 10, 20, 20], iscrowd: 0, attributes: { num_experts: 3, num_read: 3, readers: "anna,ben,chen" } },
      { bbox: [60, 60, 10, 10], iscrowd: 1, ignore: 1, attributes: { num_experts: 1, num_read: 3 } },
    ]);
    expect((await content("r/agreement.json")).pairs).toHaveLength(3);
    expect(await readFile(desk.path("r/agreement.html"), "utf8")).toContain("<svg");
    expect(await readFile(desk.path("r/lesions.csv"), "utf8")).toContain("anna ben chen");
  });

  test("names no reader where they are interchangeable", { timeout: PATIENCE }, async () => {
    await desk.succeed(
      "data consensus anna.json ben.json chen.json --interchangeable-readers --json i.json --resamples 5",
    );
    expect(await content("i.json")).toMatchObject({ interchangeable: true, pairs: [], perReader: [] });
  });

  test("takes names of its own, and says what is wrong with weights", { timeout: PATIENCE }, async () => {
    const readers = "--reader one=anna.json --reader two=ben.json";
    const { code, stderr } = await desk.run(`data consensus ${readers} --reliability one=1,three=1`);
    expect(code).toBe(2);
    expect(stderr).toContain("names three, who is none of one, two");
    const alone = await desk.run("data consensus anna.json");
    expect(alone).toMatchObject({ code: 2, stderr: expect.stringContaining("wanted the files of two or more") });
  });
});
