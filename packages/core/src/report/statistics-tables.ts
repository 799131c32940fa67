/**
 * @file Statistics of an annotation set as tables of a page.
 */
import { both, type Html, html } from "./html-text";
import type { ClassStatistics, SetStatistics, Slice, Spread } from "./set-statistics";

/** Classes that have a column of their own. */
const MOST_COLUMNS = 8;
/** Classes that have a row. */
const MOST_ROWS = 60;

/** Images, images without labels and boxes, by part and in all; boxes by class where there are a few. */
export function partsTable(counted: SetStatistics, names: readonly string[]): Html {
  const columns = names.length <= MOST_COLUMNS ? names : [];
  const rows = counted.parts.length > 1 || counted.parts.some(({ name }) => name !== "") ? counted.parts : [];
  const all = { ...counted, name: "", classes: counted.classes.map(({ boxes }) => boxes) };
  const row = ({ images, empty, boxes, classes }: Slice, title: Html) =>
    html`<tr><td>${title}</td><td class="number">${images}</td><td class="number">${empty}</td><td class="number">${boxes}</td>${columns.map(
      (_, id) => html`<td class="number">${classes[id]}</td>`,
    )}</tr>`;
  return html`<div class="scroll table"><table><thead><tr><th>${both("子集", "Part")}</th><th class="number">${both("图像", "images")}</th><th class="number">${both("无标注", "without labels")}</th><th class="number">${both("框", "boxes")}</th>${columns.map(
    (name) => html`<th class="number">${name}</th>`,
  )}</tr></thead><tbody>${rows.map((one) => row(one, html`${one.name}`))}${row(all, both("全部", "all"))}</tbody></table></div>`;
}

/** Sizes and shapes by class: the least, the median, the most. */
export function sizesTable({ classes }: SetStatistics): Html {
  const inMm = classes.some(({ sideMm }) => sideMm !== undefined);
  const row = ({ name, boxes, images, sidePx, sideMm, aspect }: ClassStatistics) =>
    html`<tr><td>${name}</td><td class="number">${images}</td><td class="number">${boxes}</td><td class="number">${spreadText(sidePx, 1)}</td>${
      inMm ? html`<td class="number">${spreadText(sideMm, 1)}</td>` : undefined
    }<td class="number">${spreadText(aspect, 2)}</td></tr>`;
  return html`<div class="scroll table"><table><thead><tr><th>${both("类别", "Class")}</th><th class="number">${both("图像", "images")}</th><th class="number">${both("框", "boxes")}</th><th class="number">${both("边长 (px)：最小–中位–最大", "side (px): least – median – most")}</th>${
    inMm
      ? html`<th class="number">${both("边长 (mm)：最小–中位–最大", "side (mm): least – median – most")}</th>`
      : undefined
  }<th class="number">${both("宽高比：最小–中位–最大", "width / height: least – median – most")}</th></tr></thead><tbody>${classes
    .slice(0, MOST_ROWS)
    .map(row)}</tbody></table></div>`;
}

/** `4.0 – 12.5 – 80.0`, or a dash. */
export function spreadText(spread: Spread | undefined, digits: number): string {
  if (spread === undefined) return "–";
  const { least, median, most } = spread;
  return [least, median, most].map((value) => value.toFixed(digits)).join(" – ");
}
