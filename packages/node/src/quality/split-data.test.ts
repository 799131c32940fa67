import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../../test/shared";
import { runMerge } from "../cli/data/run-merge";
import { runSample } from "../cli/data/run-sample";
import { runSubset } from "../cli/data/run-subset";
import { openDataset } from "../data/open-dataset";
import { openSets } from "./open-sets";
import { splitData } from "./split-data";
import { divisionFolders } from "./write-division";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-split-"));
  await mkdir(join(folder, "images"));
  await mkdir(join(folder, "labels"));
  for (const name of NAMES) {
    const grey = (37 * name.length + 11 * NAMES.indexOf(name)) % 256;
    const pixels = { create: { width: 32, height: 24, channels: 3 as const, background: { r: grey, g: grey, b: 90 } } };
    await sharp(pixels)
      .png()
      .toFile(join(folder, `images/${name}.png`));
    await writeFile(join(folder, `labels/${name}.txt`), `${NAMES.indexOf(name) % 2} .5 .5 .5 .5\n`);
  }
  await writeFile(join(folder, "all.yaml"), "train: images\nnames: [nodule, mass]\n");
  await writeFile(join(folder, "all.json"), cocoText(NAMES));
});
afterAll(() => rm(folder, { recursive: true }));

/** Two images of each of ten patients at three sites. */
const NAMES = Array.from({ length: 20 }, (_, i) => `patient${Math.floor(i / 2)}_${i % 2}`);
const patientOf = (file: string) => /patient(\d+)/.exec(file)?.[1];
const siteOf = (name: string) => "ABC"[Number(patientOf(name)) % 3];

function cocoText(names: readonly string[]): string {
  return JSON.stringify({
    images: names.map((name, id) => ({ id, file_name: `${name}.png`, width: 32, height: 24, site: siteOf(name) })),
    annotations: names.map((_, id) => ({
      id,
      image_id: id,
      category_id: 1 + (id % 2),
      bbox: [8, 6, 16, 12],
      iscrowd: 0,
    })),
    categories: [
      { id: 1, name: "nodule" },
      { id: 2, name: "mass" },
    ],
  });
}

describe("splitData", () => {
  test("writes COCO parts that training reads, each patient in one of them", async () => {
    const out = join(folder, "coco");
    const { files, by } = await splitData({ data: [join(folder, "all.json")], out, ratios: [60, 20, 20] });
    expect(by).toBe("patient");
    const patients = new Map<string, Set<string>>();
    let images = 0;
    for (const split of ["train", "val", "test"]) {
      const { samples, names } = await openDataset(files[0], split, { onProblem: "refuse" });
      expect(names).toEqual(["nodule", "mass"]);
      expect(samples[0].labels[0]).toMatchObject({ cx: 0.5, cy: 0.5, w: 0.5, h: 0.5 });
      images += samples.length;
      patients.set(split, new Set(samples.map(({ file }) => patientOf(file) ?? "")));
    }
    expect(images).toBe(20);
    const sizes = [...patients.values()].map((own) => own.size);
    expect(sizes).toEqual([6, 2, 2]);
    expect(new Set([...patients.values()].flatMap((own) => [...own])).size).toBe(10);
  });

  test("writes lists for a YOLO set, whose labels stay where they are", async () => {
    const { files } = await splitData({ data: [join(folder, "all.yaml")], out: join(folder, "yolo"), ratios: [1, 1] });
    const { samples, names } = await openDataset(files[0], "val", { onProblem: "refuse" });
    expect(names).toEqual(["nodule", "mass"]);
    expect(samples).toHaveLength(10);
    expect(samples.every(({ labels }) => labels.length === 1)).toBe(true);
  });

  test("writes the same bytes for the same seed, in whatever order the file lists the images", async () => {
    await writeFile(join(folder, "turned.json"), cocoText(NAMES.toReversed()));
    const partsOf = async (data: string, seed: number) => {
      const out = join(folder, `seed-${data}-${seed}`);
      await splitData({ data: [join(folder, data)], out, ratios: [70, 30], seed });
      const { images } = JSON.parse(await readFile(join(out, "val.json"), "utf8"));
      return images.map(({ file_name: file }: { file_name: string }) => file);
    };
    expect(await partsOf("all.json", 1)).toEqual(await partsOf("turned.json", 1));
    expect(await partsOf("all.json", 1)).not.toEqual(await partsOf("all.json", 2));
  });

  test("makes folds, and a division for each site", async () => {
    const folds = await splitData({ data: [join(folder, "all.json")], out: join(folder, "folds"), folds: 5 });
    expect(folds.divisions.map(({ parts }) => parts[1].images.length)).toEqual([4, 4, 4, 4, 4]);
    const sites = await splitData({
      data: [join(folder, "all.json")],
      out: join(folder, "sites"),
      leaveOneOut: "site",
    });
    expect(sites.divisions.map(({ name }) => name)).toEqual(["A", "B", "C"]);
    // Patients 0, 3, 6, 9 are of site A.
    expect(sites.divisions[0].parts[1].images).toHaveLength(8);
    expect(sites.files[0]).toBe(join(folder, "sites", "A", "data.yaml"));
  });

  test("refuses to leave out a site where a patient was at two, and writes nothing", async () => {
    const torn = cocoText(NAMES).replace('"site":"B"', '"site":"A"');
    await writeFile(join(folder, "torn.json"), torn);
    const out = join(folder, "torn");
    await expect(splitData({ data: [join(folder, "torn.json")], out, leaveOneOut: "site" })).rejects.toThrow(
      /leakage in A/,
    );
    await expect(readFile(join(out, "A/train.json"))).rejects.toThrow();
  });

  test("goes by an attribute or an expression, and says what it does not know", async () => {
    const request = { data: [join(folder, "all.json")], out: join(folder, "by") };
    const bySite = await splitData({ ...request, by: "site", ratios: [1, 1] });
    expect(new Set(bySite.groups)).toEqual(new Set(["A", "B", "C"]));
    const byName = await splitData({ ...request, by: "^(patient\\d)", ratios: [1, 1] });
    expect(new Set(byName.groups).size).toBe(10);
    await expect(splitData({ ...request, by: "scanner" })).rejects.toThrow(
      /no attribute scanner; the images have site/,
    );
    await expect(splitData({ ...request, by: "study" })).rejects.toThrow(/by study: none known of .* and of 19 more/);
  });

  test("keeps pictures that look the same in one part where asked", async () => {
    const twins = join(folder, "twins");
    await mkdir(twins);
    const circle = (cx: number) =>
      Buffer.from(
        `<svg width="64" height="64"><rect width="64" height="64"/><circle cx="${cx}" cy="${cx}" r="9" fill="#fff"/></svg>`,
      );
    for (let i = 0; i < 8; i++) {
      const bytes = await sharp(circle(14 + 10 * (i % 4)))
        .png()
        .toBuffer();
      await writeFile(join(twins, `${"abcdefgh"[i]}.png`), bytes);
    }
    const images = [..."abcdefgh"].map((name, id) => ({ id, file_name: `${name}.png`, width: 64, height: 64 }));
    const data = [join(twins, "all.json")];
    await writeFile(data[0], JSON.stringify({ images, annotations: [], categories: [{ id: 1, name: "x" }] }));
    const { divisions } = await splitData({
      data,
      out: join(twins, "out"),
      by: "image",
      ratios: [1, 1],
      nearDuplicates: true,
    });
    for (const { images: own } of divisions[0].parts) {
      // a = e, b = f ...: with one of them the other.
      expect(own.every((i) => own.includes((i + 4) % 8))).toBe(true);
    }
  });
});

describe("sample, merge, subset", () => {
  test("make COCO files whose pictures are found from where they stand", async () => {
    const out = join(folder, "deep/er/small.json");
    const sheet = join(folder, "sheet.png");
    await runSample([join(folder, "all.yaml")], {
      n: 5,
      stratify: [],
      seed: 1,
      cell: 64,
      out,
      sheet,
      images: undefined,
    });
    const { paths, set } = await openSets([out]);
    expect(set.images).toHaveLength(5);
    for (const path of paths) expect((await sharp(path).metadata()).width).toBe(32);
    // Five pictures stand in rows of three: 3 x (64 + 8) + 8 px.
    expect((await sharp(sheet).metadata()).width).toBe(224);
  });

  test("subset keeps what fulfils all conditions", async () => {
    const out = join(folder, "subset.json");
    const options = { out, keepEmpty: false, seed: 0 };
    await runSubset([join(folder, "all.json")], { ...options, where: ["site=A", "file~_0"], classes: ["nodule"] });
    const { set } = await openSets([out]);
    expect(set.categories.map(({ name }) => name)).toEqual(["nodule"]);
    expect(set.images.map(({ file }) => patientOf(file)).sort()).toEqual(["0", "3", "6", "9"]);
    await expect(runSubset([join(folder, "all.json")], { ...options, where: ["site=Z"] })).rejects.toThrow(
      /none of 20 images/,
    );
  });

  test("merge knows a picture of two sets, and its marks, for one", async () => {
    const out = join(folder, "merged.json");
    await runMerge([join(folder, "all.json"), join(folder, "all.yaml")], { out });
    const { set } = await openSets([out]);
    expect([set.images.length, set.images.flatMap(({ annotations }) => annotations).length]).toEqual([20, 20]);
  });
});

describe.skipIf(!sharedAvailable)("real data", () => {
  test("LIDC: five folds of 100 patients, none torn, images within 2 % of a fifth", async () => {
    const data = [sharedPath("data/multi_lidc/expert1.json")];
    const { divisions, opened, by } = await splitData({
      data,
      out: join(folder, "lidc"),
      folds: 5,
      stratify: ["class", "size"],
    });
    expect(by).toBe("patient");
    const { images } = opened.set;
    const seen = new Map<unknown, string>();
    for (const { name, parts } of divisions) {
      expect(Math.abs(parts[1].images.length / images.length - 0.2)).toBeLessThan(0.02);
      for (const i of parts[1].images) {
        const patient = images[i].attributes?.patient_id;
        expect(seen.get(patient) ?? name).toBe(name);
        seen.set(patient, name);
      }
    }
    expect(seen.size).toBe(100);
  });
});

describe("divisionFolders", () => {
  test("stays inside the folder and gives each site one of its own", () => {
    const folders = divisionFolders(
      "out",
      ["..", "A/B", "A B", "a_b", "..."].map((name) => ({ name })),
    );
    expect(folders).toEqual(["out/_", "out/A_B", "out/A_B-2", "out/a_b-3", "out/_-2"].map((path) => join(path)));
    expect(divisionFolders("out", [{ name: "" }])).toEqual(["out"]);
  });
});
