/**
 * @file The text files of a phantom data set: YOLO labels, data YAML, COCO annotations, README.
 */
import { LESION_CLASSES } from "@fovea/core/phantom/lesion";
import type { Phantom, PhantomLesion } from "@fovea/core/phantom/phantom";

/** A picture that was written, with its path inside the data set. */
export interface WrittenImage {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  readonly lesions: readonly PhantomLesion[];
}

/** Parts of the data set. */
export type WrittenSplits = Readonly<Record<"train" | "val", readonly WrittenImage[]>>;

/** `class cx cy w h`, fractions of the sides, one row for each lesion; empty without lesions. */
export function labelText({ image: { width, height }, lesions }: Pick<Phantom, "image" | "lesions">): string {
  return lesions
    .map(({ classId, box: { x1, y1, x2, y2 } }) => {
      const row = [(x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height];
      return `${classId} ${row.map((value) => value.toFixed(6)).join(" ")}\n`;
    })
    .join("");
}

/** Paths are relative to the YAML itself, so the folder can be moved. */
export function dataYamlText({ train, val }: WrittenSplits, { seed }: { readonly seed: number }): string {
  const names = LESION_CLASSES.map((name, id) => `  ${id}: ${name}`).join("\n");
  return `# ${train.length + val.length} chest radiograph phantoms, seed ${seed}: synthetic images of no patient.
train: images/train
val: images/${val.length > 0 ? "val" : "train"}
nc: ${LESION_CLASSES.length}
names:
${names}
`;
}

/** COCO detection annotations; file names are relative to the JSON file. */
export function cocoText(images: readonly WrittenImage[]): string {
  let id = 0;
  return JSON.stringify({
    info: { description: "Chest radiograph phantoms: synthetic images of no patient" },
    images: images.map(({ file, width, height }, i) => ({ id: i + 1, file_name: file, width, height })),
    annotations: images.flatMap(({ lesions }, i) =>
      lesions.map(({ classId, box: { x1, y1, x2, y2 } }) => {
        id++;
        const [width, height] = [x2 - x1, y2 - y1];
        return {
          id,
          image_id: i + 1,
          category_id: classId + 1,
          bbox: [x1, y1, width, height],
          area: width * height,
          iscrowd: 0,
        };
      }),
    ),
    categories: LESION_CLASSES.map((name, i) => ({ id: i + 1, name })),
  });
}

export function readmeText(
  { train, val }: WrittenSplits,
  { seed, format }: { readonly seed: number; readonly format: "dicom" | "png" },
): string {
  const all = [...train, ...val];
  const rows = LESION_CLASSES.map((name, id) => {
    const count = all.reduce((sum, { lesions }) => sum + lesions.filter(({ classId }) => classId === id).length, 0);
    return `| ${id} | ${name} | ${LOOKS[name]} | ${count} |`;
  });
  const pictures =
    format === "png"
      ? "`images/` 8-bit PNG, `dicom/` the same as DICOM (DX, 16 bits allocated, 12 stored, with ImagerPixelSpacing)"
      : "`images/` DICOM (DX, 16 bits allocated, 12 stored, with ImagerPixelSpacing)";
  return `# Chest radiograph phantoms

${all.length} drawn pictures (${train.length} for training, ${val.length} for validation), seed ${seed}. They show no real person.

They are for testing an installation and a training pipeline. A phantom has the layout of a radiograph and little of its
difficulty: how well a detector does here says nothing about patients. Research use only; not a medical device.

| id | class | looks | lesions |
|---|---|---|---|
${rows.join("\n")}

${all.filter(({ lesions }) => lesions.length === 0).length} pictures have no lesion.

- ${pictures}
- \`labels/\` YOLO rows \`class cx cy w h\`, fractions of the sides; \`phantom.yaml\` the data YAML
- \`coco_train.json\`, \`coco_val.json\` the same boxes as COCO annotations
`;
}

const LOOKS: Readonly<Record<(typeof LESION_CLASSES)[number], string>> = {
  nodule: "round, smooth, soft, up to 3 cm",
  mass: "larger than 3 cm, lobed, some with spicules",
  calcification: "cluster of small, very bright grains",
};
