/**
 * @file One disagreement as SVG: what each reader marked, over the image's pixels or over an empty ground.
 *
 * Colours stand in attributes. The picture is a square; coordinates inside are pixels of the image.
 */
import type { Box } from "../finding";
import type { DisagreementPicture } from "./agreement-report";
import { type Html, html } from "./html-text";

/** CSS colours of the readers, in turn: told apart on black. */
const READER_COLOURS: readonly string[] = [
  ...["#4da3ff", "#ff9f40", "#5fd38d", "#e879f9", "#ffd84d", "#40d9d9", "#ff6b81", "#b8c0cc"],
];

const SIDE = 300;

export function readerColour(reader: number): string {
  return READER_COLOURS[reader % READER_COLOURS.length];
}

/** Boxes of the readers in full lines, their outlines thin, those of lesions beside it faint, the fused box dashed white. */
export function disagreementSvg({ disagreement, jpeg }: DisagreementPicture): Html {
  const { view, marks, fused, file } = disagreement;
  const [width, height] = [view.x2 - view.x1, view.y2 - view.y1];
  const scale = SIDE / Math.max(width, height);
  const x = (value: number) => ((value - view.x1) * scale).toFixed(1);
  const y = (value: number) => ((value - view.y1) * scale).toFixed(1);
  const rect = ({ x1, y1, x2, y2 }: Box) =>
    html`<rect x="${x(x1)}" y="${y(y1)}" width="${((x2 - x1) * scale).toFixed(1)}" height="${((y2 - y1) * scale).toFixed(1)}"`;
  const [w, h] = [(width * scale).toFixed(1), (height * scale).toFixed(1)];
  const ground = jpeg
    ? html`<image href="data:image/jpeg;base64,${jpeg}" width="${w}" height="${h}" preserveAspectRatio="none"/>`
    : html`<rect width="${w}" height="${h}" fill="#101418"/>${grid(view, scale)}`;
  return html`<svg viewBox="0 0 ${w} ${h}" width="${w}" height="${h}" role="img" aria-label="${file}">${ground}${marks.map(
    ({ reader, own, box, outlines }) =>
      html`${own ? outlines.map((points) => outline(points, x, y, readerColour(reader))) : undefined}${rect(box)} fill="none" stroke="${readerColour(reader)}" stroke-width="${own ? 2.4 : 1}" stroke-opacity="${own ? 1 : 0.5}"/>`,
  )}${rect(fused)} fill="none" stroke="#101418" stroke-width="2.6" stroke-opacity="0.55"/>${rect(fused)} fill="none" stroke="#fff" stroke-width="1.3" stroke-dasharray="4 4"/></svg>`;
}

type Place = (value: number) => string;

function outline(points: readonly number[], x: Place, y: Place, colour: string): Html {
  const pairs: string[] = [];
  for (let i = 0; i + 1 < points.length; i += 2) pairs.push(`${x(points[i])},${y(points[i + 1])}`);
  return html`<polygon points="${pairs.join(" ")}" fill="${colour}" fill-opacity="0.1" stroke="${colour}" stroke-opacity="0.7" stroke-width="1"/>`;
}

/** Faint lines every 10 pixels, so that a size can be seen where there is no image. */
function grid({ x1, y1, x2, y2 }: Box, scale: number): Html {
  const lines: Html[] = [];
  const step = x2 - x1 > 400 ? 100 : 10;
  const [w, h] = [((x2 - x1) * scale).toFixed(1), ((y2 - y1) * scale).toFixed(1)];
  for (let at = Math.ceil(x1 / step) * step; at < x2; at += step) {
    lines.push(html`<path d="M${((at - x1) * scale).toFixed(1)} 0V${h}" stroke="#262d35"/>`);
  }
  for (let at = Math.ceil(y1 / step) * step; at < y2; at += step) {
    lines.push(html`<path d="M0 ${((at - y1) * scale).toFixed(1)}H${w}" stroke="#262d35"/>`);
  }
  return html`${lines}`;
}
