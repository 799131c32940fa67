/**
 * @file Reference material of the annotation formats: one ground truth in nine formats becomes one data set
 * (ref_voc/formats100, github.com/rafaelpadilla/review_object_detection_metrics, MIT).
 */
import type { AnnotationSet } from "@fovea/core/dataset/annotation-set";
import { openAnnotations } from "@fovea/node/data/open-annotations";
import { describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "./shared";

const gts = (name: string) => sharedPath(`data/ref_voc/formats100/gts/${name}`);

/** Boxes of a set by image and class, sorted, each side rounded to whole pixels. */
function boxesOf({ categories, images }: AnnotationSet, only?: ReadonlySet<string>): string[] {
  return images
    .flatMap(({ file, annotations }) =>
      annotations.map(({ classId, box }) => {
        const sides = [box.x1, box.y1, box.x2, box.y2].map(Math.round);
        return `${file.replace(/^.*\//, "").replace(/\.jpg$/, "")} ${categories[classId].name} ${sides.join(" ")}`;
      }),
    )
    .filter((row) => only === undefined || only.has(row.split(" ")[0]))
    .sort();
}

describe.skipIf(!sharedAvailable)("formats100", () => {
  const truth = () => openAnnotations(gts("coco_format_v1"));

  test("has 100 images, 273 boxes and 20 classes as COCO", async () => {
    const { set, problems } = await truth();
    expect(problems).toEqual([]);
    expect(set.images).toHaveLength(100);
    expect(boxesOf(set)).toHaveLength(273);
    expect(set.categories).toHaveLength(20);
  });

  test.each([
    ["coco_format_v2", "coco"],
    ["pascalvoc_format", "voc"],
    ["imagenet_format", "voc"],
    ["cvat_format", "cvat"],
    ["openimages_format", "openimages"],
    ["yolo_format", "yolo"],
    ["tfrecord_format", "tfrecord"],
  ])("is the same data set as %s", async (name, format) => {
    const { set } = await truth();
    const opened = await openAnnotations(gts(name), { sizesOf: set.images });
    expect(opened.problems).toEqual([]);
    expect(opened.format).toBe(format);
    expect(boxesOf(opened.set)).toEqual(boxesOf(set));
    expect(opened.set.images).toHaveLength(100);
    expect(opened.set.categories.map((one) => one.name).sort()).toEqual(set.categories.map((one) => one.name).sort());
  });

  test("is the same data set as the 14 files of LabelMe", async () => {
    const { set } = await truth();
    const { set: labelMe, problems, format } = await openAnnotations(gts("labelme_format"));
    expect([problems, format, labelMe.images.length]).toEqual([[], "labelme", 14]);
    const stems = new Set(labelMe.images.map(({ file }) => file.replace(/\.jpg$/, "")));
    expect(boxesOf(labelMe)).toEqual(boxesOf(set, stems));
  });
});
