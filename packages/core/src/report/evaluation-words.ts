/**
 * @file Numbers and names of an evaluation as its pages write them, in both languages.
 */
import type { Language } from "../language";
import type { Measured } from "../metrics/cluster-ratio";
import type { Reason } from "../metrics/evaluation";
import { both, type Html, html } from "./html-text";

/** `91.4 %`, with a blank that does not break; a dash where there is nothing to count. */
export function percent(share: number): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(1)}\u00a0%` : "–";
}

/** `88.1–93.9 %`; empty where nothing can be said. */
export function percentInterval({ low, high }: Pick<Measured, "low" | "high">): string {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return "";
  return `${(100 * low).toFixed(1)}–${(100 * high).toFixed(1)}\u00a0%`;
}

/** `0.98`, three digits where it is small; a dash for nothing. */
export function rate(value: number): string {
  if (!Number.isFinite(value)) return "–";
  return value.toFixed(value !== 0 && value < 0.1 ? 3 : 2);
}

export function rateInterval({ low, high }: Pick<Measured, "low" | "high">): string {
  return Number.isFinite(low) && Number.isFinite(high) ? `${rate(low)}–${rate(high)}` : "";
}

/** `0.913`; a dash for nothing. */
export function decimal(value: number | undefined): string {
  return value !== undefined && Number.isFinite(value) ? value.toFixed(3) : "–";
}

/** `1/8`, `1`, `8`. */
export function pointText(fpPerImage: number): string {
  if (fpPerImage >= 1) return String(fpPerImage);
  const under = 1 / fpPerImage;
  return Number.isInteger(under) ? `1/${under}` : rate(fpPerImage);
}

/** What groups are made by. */
const BY: Readonly<Record<string, readonly [zh: string, en: string]>> = {
  class: ["类别", "Class"],
  size_px: ["大小（像素，边长）", "Size in pixels (side)"],
  size_mm: ["大小（毫米，边长）", "Size in mm (side)"],
  site: ["中心", "Site"],
  hospital: ["医院", "Hospital"],
  scanner: ["设备", "Scanner"],
  sex: ["性别", "Sex"],
  age: ["年龄", "Age"],
};

export function byName(by: string): Html {
  const known = Object.hasOwn(BY, by) ? BY[by] : undefined;
  return known ? both(...known) : html`${by}`;
}

/** The same inside an SVG, which knows no `span`. */
export function byNameSvg(by: string): Html | string {
  const known = Object.hasOwn(BY, by) ? BY[by] : undefined;
  return known ? html`<tspan class="zh">${known[0]}</tspan><tspan class="en">${known[1]}</tspan>` : by;
}

export function byNameIn(by: string, language: Language): string {
  const known = Object.hasOwn(BY, by) ? BY[by] : undefined;
  return known ? known[language === "zh" ? 0 : 1] : by;
}

/** Why a lesion was missed. */
export const MISS_REASONS: Readonly<Record<Reason, readonly [zh: string, en: string]>> = {
  unsure: ["检出但置信度低于阈值", "found, but below the threshold"],
  loose: ["有同类框部分重叠，不足以算命中", "a box of its class overlaps it too little for a hit"],
  class: ["位置检出，类别错误", "found as another class"],
  nothing: ["该处没有检出", "nothing reported there"],
};

/** What a false alarm stands on. */
export const ALARM_REASONS: Readonly<Record<Reason, readonly [zh: string, en: string]>> = {
  unsure: ["置信度低于阈值", "below the threshold"],
  loose: ["与同类病灶部分重叠，不足以算命中", "overlaps a lesion of its class too little for a hit"],
  class: ["落在其他类别的病灶上", "stands on a lesion of another class"],
  nothing: ["该处没有标注病灶", "no lesion is marked there"],
};

/** `12 lesions`, `1 lesion`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
