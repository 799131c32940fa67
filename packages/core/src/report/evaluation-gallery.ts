/**
 * @file The worst misses and most confident false alarms of an evaluation as pictures; a click shows the larger one.
 *
 * The larger picture is in the page too, hidden until its fragment is the page's target: no script, no other file.
 */
import type { Evaluation, WorstCase } from "../metrics/evaluation";
import { ALARM_REASONS, MISS_REASONS } from "./evaluation-words";
import { both, type Html, html } from "./html-text";

/** A JPEG inside the page. */
export interface PagePicture {
  /** Base64. */
  readonly jpeg: string;
  readonly width: number;
  readonly height: number;
}

/** The pictures of one of the worst cases. */
export interface WorstPictures {
  /** The place of the mistake. */
  readonly thumb: PagePicture;
  /** The whole image. */
  readonly large: PagePicture;
}

/** Colours of the boxes, as the pictures and the sketches have them. */
export const BOX_COLOURS = { truth: "#21d07a", missed: "#ffd23f", hit: "#3aa0ff", falseAlarm: "#ff4b4b" } as const;

/** @param pictures of `evaluation.worst`, in its order; one that could not be drawn is sketched from its boxes */
export function gallerySection(
  { worst }: Evaluation,
  pictures: readonly (WorstPictures | undefined)[],
  kind: WorstCase["kind"],
): Html | undefined {
  const shown = worst.flatMap((one, i) => (one.kind === kind ? [{ one, i, pair: pictures[i] }] : []));
  if (shown.length === 0) return undefined;
  const swatch = (colour: string, zh: string, en: string) =>
    html`<span class="key"><svg width="14" height="10"><rect x="1" y="1" width="12" height="8" fill="none" stroke="${colour}" stroke-width="2"/></svg>${both(zh, en)}</span>`;
  const folder = commonFolder(worst.map(({ file }) => file));
  return html`<p class="small keys">${swatch(BOX_COLOURS.truth, "病灶（已检出）", "lesion, found")}${swatch(BOX_COLOURS.missed, "病灶（漏检）", "lesion, missed")}${swatch(BOX_COLOURS.hit, "命中的检出", "finding that hits")}${swatch(BOX_COLOURS.falseAlarm, "误报", "false alarm")}</p>
<div class="worst">${shown.map(({ one, i, pair }) => figureOf(one, i, pair, folder))}</div>`;
}

function figureOf(one: WorstCase, i: number, pair: WorstPictures | undefined, folder: string): Html {
  const { file, patient, className, sizePx, sizeMm, reason, kind, score } = one;
  const size = sizeMm === undefined ? `${Math.round(sizePx)} px` : `${sizeMm.toFixed(1)} mm`;
  const words = (kind === "miss" ? MISS_REASONS : ALARM_REASONS)[reason];
  const sure = score === undefined ? "" : ` ${score.toFixed(2)}`;
  const caption = html`<b>${className}${kind === "miss" ? "" : sure}</b> · ${size} · ${both(words[0], words[1])}${
    kind === "miss" && sure ? html` (${sure.trim()})` : undefined
  }<br><span class="file">${patient === undefined ? undefined : html`${patient} · `}${file.slice(folder.length)}</span>`;
  if (pair === undefined)
    return html`<figure><div class="sketch">${sketch(one)}</div><figcaption>${caption}</figcaption></figure>`;
  const { thumb, large } = pair;
  return html`<figure id="at-${i}"><a href="#picture-${i}">${image(thumb, file)}</a><figcaption>${caption}</figcaption></figure>
<div class="light" id="picture-${i}"><a href="#at-${i}">${image(large, file)}<span>${caption}</span></a></div>`;
}

/** What all paths begin with, up to a slash. */
function commonFolder(files: readonly string[]): string {
  let common = files[0] ?? "";
  for (const file of files) while (!file.startsWith(common)) common = common.slice(0, -1);
  return common.slice(0, common.lastIndexOf("/") + 1);
}

function image({ jpeg, width, height }: PagePicture, alt: string): Html {
  return html`<img src="data:image/jpeg;base64,${jpeg}" width="${width}" height="${height}" alt="${alt}">`;
}

/** Where an image cannot be read: its boxes around the place of the mistake. */
function sketch({ box, truth, detections, width, height }: WorstCase): Html {
  const side = Math.max(64, 4 * Math.max(box.x2 - box.x1, box.y2 - box.y1));
  const [left, top] = [(box.x1 + box.x2 - side) / 2, (box.y1 + box.y2 - side) / 2];
  const scale = 300 / side;
  const rect = (at: typeof box, colour: string) => {
    const [x, y] = [(at.x1 - left) * scale, (at.y1 - top) * scale];
    const [w, h] = [(at.x2 - at.x1) * scale, (at.y2 - at.y1) * scale];
    return html`<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${Math.max(0, w).toFixed(1)}" height="${Math.max(0, h).toFixed(1)}" fill="none" stroke="${colour}" stroke-width="2"/>`;
  };
  const place =
    width && height
      ? `${Math.round((box.x1 + box.x2) / 2)}, ${Math.round((box.y1 + box.y2) / 2)} / ${width} x ${height}`
      : "";
  return html`<svg viewBox="0 0 300 300" role="img"><rect width="300" height="300" fill="#101418"/>${truth.map(({ box: at, right }) => rect(at, right ? BOX_COLOURS.truth : BOX_COLOURS.missed))}${detections.map(({ box: at, right }) => rect(at, right ? BOX_COLOURS.hit : BOX_COLOURS.falseAlarm))}<text x="8" y="290" font-size="12" fill="#c6d0d9">${place}</text></svg>`;
}
