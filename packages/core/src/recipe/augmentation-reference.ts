/**
 * @file The reference page of augmentation, from the tables of transforms and presets (`docs/augmentation.md`).
 */
import { AUGMENTATION_NUMBERS } from "../imaging/augment/augmentation-numbers";
import { PRESETS, type Preset } from "../imaging/augment/presets";
import { ELSEWHERE, type Parameter, type SimpleName, TRANSFORMS } from "../imaging/augment/transform-table";
import { markdownTable } from "./markdown-table";

const HEAD = `# Augmentation

Written by \`npm run generate:arguments\` from \`packages/core/src/recipe/augmentation-reference.ts\` and the tables it reads; change it
there.

Training images are varied in four ways: by the arguments that users of the public YOLO tools know (\`degrees\`, \`scale\`,
\`mosaic\` ...; [training-arguments.md](training-arguments.md)), by a preset for the modality, by a list of transforms with
albumentations' names, and by company (mosaic, mixup, cutmix, copy_paste). Boxes and outlines go along.

    fovea train --data chest.yaml --model yolov8n.pt --preset xray
    fovea train --data own.yaml --model yolov8n.pt --transforms '[{name: CLAHE, p: 0.3}, {name: Rotate, p: 0.5, limit: 15}]'
    fovea augment --data chest.yaml --preset xray --out sheet.png     what a run would be fed, as a sheet

- **One sampling.** Mosaic, arguments and geometric transforms are put together into one position for each pixel of the training image,
  and each source is sampled there once, bilinearly: nothing is blurred by being resampled again and again.
- **Boxes** are the smallest around what is seen of the moved outline, or of the moved corners where there is no outline. A lesion of
  which less than a tenth is left (of an outline a hundredth) is dropped; a region to ignore is kept whatever is left of it.
- **\`window_jitter\`** moves centre and width of the display window: what varies between readers and devices in CT and X-ray. It takes
  the place of brightness.
- **Before the window cuts.** Monochrome DICOM files and grey pictures of 16 bits are kept as they were measured if the list has
  \`window_jitter\` or a transform that acts on *values*. These and \`hsv_v\` then change them before they are cut to the display range, so
  that what the plain window had cut can come into sight; as much as the range itself is kept on either side of it. From the first
  transform of the list that acts on *bytes* on, all act on bytes, as they always do on colours and other sources of 8 bits, and where
  one of those is part of the same training image.
- **\`normalize=zscore\`** shows each image, in training and wherever the model is used, through the window of three standard deviations
  on either side of its own mean in place of its file's, for values without a unit as in MRI; the model's file says so. A constant
  mean and deviation need no argument: the first convolution and its batch norm absorb any affine map of the values.
- \`transforms\` takes the place of the preset's list; single arguments take the place of the preset's values, within its rules.
- Every image has random numbers of its own, from seed, epoch and image: the same whatever the number of threads.
`;

/** The page as Markdown. */
export function augmentationReference(): string {
  return [HEAD, transforms(), presets()].join("\n");
}

function transforms(): string {
  const rows = (Object.keys(TRANSFORMS) as SimpleName[]).map((name) => {
    const { stage, meaning, parameters } = TRANSFORMS[name];
    const listed = Object.entries(parameters as Readonly<Record<string, Parameter>>).map(
      ([key, parameter]) => `\`${key}\` ${JSON.stringify(parameter.default).replaceAll(",", ", ")}`,
    );
    return [`\`${name}\``, stage, meaning, listed.join("<br>")];
  });
  const elsewhere = Object.entries(ELSEWHERE).map(([name, where]) => `- \`${name}\`: ${where}`);
  return `## Transforms

Each has \`p\`, its probability (default 0.5). One number for an interval is taken as albumentations takes it. \`OneOf\` with \`transforms\`
chooses one of them, in proportion to their \`p\`. Noise and limits are in grey levels, of which 0 to 255 are shown.

${markdownTable(["transform", "acts on", "what it does", "parameters and defaults"], rows)}
What albumentations' users will look for here in vain:

${elsewhere.join("\n")}
`;
}

function presets(): string {
  const names = Object.keys(PRESETS) as (keyof typeof PRESETS)[];
  const values = AUGMENTATION_NUMBERS.map((key) => [
    `\`${key}\``,
    ...names.map((name) => String(PRESETS[name].arguments[key])),
  ]);
  const sections = names.map((name) => `### ${name}\n\n${presetText(PRESETS[name])}`);
  return `## Presets

A preset is values with a reason, and rules of the anatomy: an argument or transform that breaks one is refused, with the reason. Where
left and right carry meaning, \`flip_swap: {left_lung: right_lung}\` says which classes change places, and flips are allowed.

${markdownTable(["argument", ...names], values)}
${sections.join("\n")}`;
}

function presetText({ why, transforms: list, rules }: Preset): string {
  const { laterality, upright, rigid, turn } = rules;
  const refused = [
    ...(laterality ? [`- no left-right flip without \`flip_swap\`: ${laterality}`] : []),
    ...(upright ? [`- not upside down: ${upright}`] : []),
    ...(rigid ? [`- no elastic bending: ${rigid}`] : []),
    ...(turn ? [`- no turn beyond ${turn[0]} degrees: ${turn[1]}`] : []),
  ];
  const lines = list.map((entry) => `  - ${JSON.stringify(entry)}`).join("\n");
  return `${why}\n\n${refused.length > 0 ? `${refused.join("\n")}\n\n` : ""}\`\`\`yaml\ntransforms:\n${lines}\n\`\`\`\n`;
}
