/**
 * @file Sections of a run's page: validation pictures, training batches, what is marked in the data.
 */
import { barsSvg, positionsSvg } from "./count-svg";
import { both, type Html, html } from "./html-text";
import type { LabelStatistics } from "./label-statistics";
import { more } from "./run-measures";
import type { ReportPicture, RunReport, ValidationPicture } from "./run-report";

/** Pictures shown of each kind at most, whatever a report holds. */
const MOST_PICTURES = 24;
const MOST_CLASSES = 40;

export function validationSection({ validation }: RunReport): Html | undefined {
  if (validation.length === 0) return undefined;
  return html`<div class="pairs">${validation
    .slice(0, MOST_PICTURES)
    .map(
      (picture) =>
        html`<figure>${pictureImage(picture)}<figcaption>${picture.worst ? WORST : undefined}${picture.caption} · ${verdict(picture)}</figcaption></figure>`,
    )}</div><p class="small">${both(
    "左：标注；右：最佳权重的检出（置信度 0.25 以上）。命中：同类且 IoU 不低于 0.5。",
    "Left: marked; right: found by the best weights (confidence above 0.25). A hit has the same class and an IoU of at least 0.5.",
  )}</p>`;
}

const WORST = html`<span class="tag worst">${both("较差", "worst")}</span>`;

function verdict({ marked, found, falseAlarms }: ValidationPicture): Html {
  return both(`标注${marked}，命中${found}，误报${falseAlarms}`, `${found} of ${marked} found, ${falseAlarms} false`);
}

export function trainBatchSection({ trainBatches }: RunReport): Html | undefined {
  if (trainBatches.length === 0) return undefined;
  return html`<div class="sheet">${trainBatches
    .slice(0, MOST_PICTURES)
    .map(
      (picture) => html`<figure>${pictureImage(picture)}<figcaption>${picture.caption}</figcaption></figure>`,
    )}</div><p class="small">${both("增强之后、送入网络的图像与框。", "Images and boxes after augmentation, as the network gets them.")}</p>`;
}

function pictureImage({ jpeg, width, height, caption }: ReportPicture): Html {
  return html`<img src="data:image/jpeg;base64,${jpeg}" width="${width}" height="${height}" alt="${caption}" loading="lazy">`;
}

export function labelSection({ labels }: Pick<RunReport, "labels">): Html | undefined {
  if (labels.length === 0) return undefined;
  return html`${labels.map(({ split, statistics }) => splitOf(split, statistics))}`;
}

function splitOf(split: string, statistics: LabelStatistics): Html {
  const { images, empty, boxes, classes, boxesPerImage, sizes, positions, grid } = statistics;
  const mostPerImage = boxesPerImage.length - 1;
  const perImage = boxesPerImage.map((_, i) => (i === mostPerImage && i >= 10 ? `${i}+` : String(i)));
  const percent = sizes.edges.slice(1).map((edge) => `${Number((100 * edge).toPrecision(3))}`);
  const shown = classes.slice(0, MOST_CLASSES);
  return html`<p class="split">${SPLITS[split] ?? split}: ${both(
    `${images}幅图像，${boxes}处标注，${empty}幅无标注`,
    `${counted(images, "image")}, ${counted(boxes, "label")}, ${counted(empty, "image")} without any`,
  )}</p>
<div class="charts four"><div class="chart"><h4>${both("各类别标注数", "Labels by class")}</h4>${
    shown.length <= 8
      ? barsSvg(
          shown.map(({ name }) => shortened(name)),
          shown.map(({ boxes: count }) => count),
        )
      : html`<div class="scroll"><table><thead><tr><th>${both("类别", "Class")}</th><th class="number">${both("标注", "labels")}</th><th class="number">${both("图像", "images")}</th></tr></thead><tbody>${shown.map(
          (one) =>
            html`<tr><td class="text">${one.name}</td><td class="number">${one.boxes}</td><td class="number">${one.images}</td></tr>`,
        )}</tbody></table></div>${more(classes.length - shown.length)}`
  }</div>
<div class="chart"><h4>${both("每幅图像的标注数", "Labels in one image")}</h4>${barsSvg(perImage, boxesPerImage)}</div>
<div class="chart"><h4>${both("大小：占边长百分比（上限）", "Size, percent of the side (up to)")}</h4>${barsSvg(percent, sizes.counts)}</div>
<div class="chart own"><h4>${both("标注中心位置", "Where the centres lie")}</h4>${positionsSvg(positions, grid)}</div></div>`;
}

const SPLITS: Readonly<Record<string, Html>> = {
  all: both("全部", "All"),
  train: both("训练集", "Training"),
  val: both("验证集", "Validation"),
};

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function shortened(name: string): string {
  return name.length > 14 ? `${name.slice(0, 13)}…` : name;
}
