/**
 * @file Reference material of the annotation formats: one ground truth in nine formats becomes one data set
 * (ref_voc/formats100, github.com/rafaelpadilla/review_object_detection_metrics, MIT).
 */
import { readFileSync } from "node:fs";
import type { AnnotationSet } from "@fovea/core/dataset/annotation-set";
import { openAnnotations } from "@fovea/node/data/open-annotations";
import { openDetections } from "@fovea/node/data/open-detections";
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

describe.skipIf(!sharedAvailable)("other reference sets", () => {
  const open = (path: string) => openAnnotations(sharedPath(`data/${path}`));

  // Its README: converted from the XML, 205 and 87 images, 2805 and 1138 boxes, two without width or height kept.
  test("blood cells are the same as VOC and as COCO, degenerate boxes included", async () => {
    const voc = await open("det_bccd/annotations_bccd_voc");
    const parts = await Promise.all(["train", "val"].map((part) => open(`det_bccd/coco_bccd_${part}.json`)));
    expect(voc.problems).toEqual([]);
    expect(boxesOf(voc.set)).toEqual(parts.flatMap(({ set }) => boxesOf(set)).sort());
    const annotations = voc.set.images.flatMap((image) => image.annotations);
    expect(annotations).toHaveLength(2805 + 1138);
    expect(annotations.filter(({ box }) => box.x2 === box.x1 || box.y2 === box.y1)).toHaveLength(2);
    expect(voc.root).toBe(sharedPath("data/det_bccd/images"));
    const yolo = await open("det_bccd/bccd.yaml");
    const whole = new Set(boxesOf(yolo.set));
    // The two degenerate ones are not in the YOLO view.
    expect(boxesOf(voc.set).filter((row) => !whole.has(row))).toHaveLength(2);
  });

  // Its README: 310 boxes, of which 108 outlines with the box around them.
  test("brain slices are the same as label files of boxes and outlines and as COCO", async () => {
    const [yolo, coco] = await Promise.all([
      open("det_brain_tumor_mri/brain.yaml"),
      open("det_brain_tumor_mri/coco.json"),
    ]);
    expect([yolo.problems, coco.problems]).toEqual([[], []]);
    expect(boxesOf(yolo.set)).toHaveLength(310);
    // Both list an image's annotations in the rows' order; the COCO file has its numbers rounded.
    const byName = ({ set }: typeof yolo) => {
      return new Map(set.images.map(({ file, annotations }) => [file.replace(/^.*\//, ""), annotations] as const));
    };
    const others = byName(coco);
    for (const [name, annotations] of byName(yolo)) {
      const same = others.get(name) ?? [];
      expect(same.map(({ classId }) => classId)).toEqual(annotations.map(({ classId }) => classId));
      for (const [i, { box }] of annotations.entries()) {
        for (const side of ["x1", "y1", "x2", "y2"] as const) {
          expect(Math.abs(box[side] - same[i].box[side])).toBeLessThan(0.02);
        }
      }
    }
    const outlined = ({ set }: typeof yolo) =>
      set.images.flatMap((image) => image.annotations.filter((one) => one.segmentation));
    expect(outlined(yolo)).toHaveLength(outlined(coco).length);
  });

  test("the toy example is the same as COCO and as VOC, by its one COCO class", async () => {
    const [coco, voc] = await Promise.all([
      open("ref_voc/toyexample/gts_coco_format/toy_example_coco.JSON"),
      open("ref_voc/toyexample/gts_vocpascal_format"),
    ]);
    const cats = boxesOf(voc.set).filter((row) => row.split(" ")[1] === "cat");
    expect(boxesOf(coco.set)).toEqual(cats);
    expect(coco.set.images).toHaveLength(10);
  });
});

describe.skipIf(!sharedAvailable)("detections of the toy example", () => {
  const toy = (name: string) => sharedPath(`data/ref_voc/toyexample/${name}`);

  test("are the same in five layouts of text and as COCO's results", async () => {
    const { set: truth } = await openAnnotations(toy("gts_coco_format/toy_example_coco.JSON"));
    const names = readFileSync(toy("voc.names"), "utf8").trim().split(/\s*\n/);
    const sets = await Promise.all([
      openDetections(toy("dets_classname_abs_xywh"), { truth, names, layout: "xywh" }),
      openDetections(toy("dets_classname_abs_xyx2y2"), { truth, names, layout: "xyxy" }),
      openDetections(toy("dets_classname_rel_xcycwh"), { truth, names, layout: "cxcywh" }),
      openDetections(toy("dets_classid_abs_xywh"), { truth, names, layout: "xywh" }),
      openDetections(toy("dets_classid_rel_xcycwh"), { truth, names, layout: "cxcywh" }),
      openDetections(toy("dets_coco_format/coco_dets.json"), { truth }),
    ]);
    const [first, ...others] = sets.map(({ set }) => boxesOf(set));
    expect(first.length).toBeGreaterThan(10);
    for (const other of others) expect(other).toEqual(first);
    expect(sets.flatMap(({ problems }) => problems.filter(({ severity }) => severity === "error"))).toEqual([]);
  });
});
