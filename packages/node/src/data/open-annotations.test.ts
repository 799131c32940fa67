import { readFileSync } from "node:fs";
import { isIgnored } from "@fovea/core/dataset/annotation-set";
import { describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../../test/shared";
import { openAnnotations } from "./open-annotations";

describe.skipIf(!sharedAvailable)("openAnnotations on reference material", () => {
  test("reads four radiologists' COCO files without their pictures", async () => {
    const path = sharedPath("data/multi_lidc/expert2.json");
    const source = JSON.parse(readFileSync(path, "utf8"));
    const { set, problems, format } = await openAnnotations(path);
    expect(format).toBe("coco");
    expect(problems).toEqual([]);
    expect(set.images).toHaveLength(2644);
    expect(set.images.flatMap(({ annotations }) => annotations)).toHaveLength(source.annotations.length);
    expect(set.images[0].attributes?.patient_id).toBe(source.images[0].patient_id);
    const first = set.images.flatMap(({ annotations }) => annotations)[0];
    expect(first.attributes).toHaveProperty("malignancy");
    expect(isIgnored(first)).toBe(false);
  });

  // README of the set: 2804 + 1137 boxes in the YOLO view, 205 and 87 images.
  test("reads blood cells from their data YAML in pixels", async () => {
    const { set, problems, root } = await openAnnotations(sharedPath("data/det_bccd/bccd.yaml"));
    expect(problems).toEqual([]);
    expect(root).toBe(sharedPath("data/det_bccd"));
    expect(set.categories.map(({ name }) => name)).toEqual(["RBC", "WBC", "Platelets"]);
    const count = (split: string) => {
      const images = set.images.filter((image) => image.split === split);
      return [images.length, images.flatMap(({ annotations }) => annotations).length];
    };
    expect(count("train")).toEqual([205, 2804]);
    expect(count("val")).toEqual([87, 1137]);
    expect(set.images[0]).toMatchObject({ file: "images/BloodImage_00001.jpg", width: 640, height: 480 });
  });
});
