/**
 * @file Boxes, outlines and labels over the image.
 */
import type { FindingRecord, ReviewState } from "@fovea/core/contract/study";
import { wholePercent } from "../language/clinical-text";
import type { Mapping, Size } from "../viewer/image-view";
import { labelPlace, legibleLabels, type ScreenBox, screenBox, screenPolygon } from "./box-layout";
import type { PlacedFinding } from "./finding-order";
import { type Reviews, reviewOf } from "./review-state";

const LABEL_HEIGHT = 18;
const LABEL_PADDING = 6;
const MARKS = { open: "", accepted: "✓ ", rejected: "✗ " } as const;

export interface BoxOverlayProps {
  /** Of the image that is shown. */
  readonly findings: readonly PlacedFinding[];
  readonly selected: string | undefined;
  readonly reviews: Reviews;
  readonly mapping: Mapping;
  readonly canvas: Size;
  readonly onSelect: (findingId: string) => void;
}

/** The selected finding comes first where there is room for one label only, and is drawn last, over the others. */
export function BoxOverlay({ findings, selected, reviews, mapping, canvas, onSelect }: BoxOverlayProps) {
  const drawings = [...findings]
    .sort((a, b) => Number(b.finding.id === selected) - Number(a.finding.id === selected))
    .map(({ finding }) => drawingOf(finding, finding.id === selected, reviewOf(reviews, finding.id)));
  const boxes = drawings.map(({ finding }) => screenBox(finding.bbox, mapping));
  const labels = drawings.map(({ text }, index) => {
    const size = { width: textWidth(text) + 2 * LABEL_PADDING, height: LABEL_HEIGHT };
    return { ...size, ...labelPlace(boxes[index], size, canvas) };
  });
  const legible = legibleLabels(labels);
  return (
    <svg className="boxes" width={canvas.width} height={canvas.height} aria-hidden="true" data-testid="boxes">
      {drawings
        .map((drawing, index) => (
          <FindingBox
            key={drawing.finding.id}
            drawing={drawing}
            box={boxes[index]}
            label={legible[index] ? labels[index] : undefined}
            mapping={mapping}
            onSelect={onSelect}
          />
        ))
        .reverse()}
    </svg>
  );
}

interface Drawing {
  readonly finding: FindingRecord;
  readonly className: string;
  readonly text: string;
}

function drawingOf(finding: FindingRecord, isSelected: boolean, review: ReviewState): Drawing {
  const name = `${MARKS[review]}${finding.class_shown} ${wholePercent(finding.confidence)}%`;
  return {
    finding,
    className: `box ${review}${isSelected ? " selected" : ""}`,
    text: isSelected && finding.category !== null ? `${name} · ${finding.category}` : name,
  };
}

interface FindingBoxProps extends Pick<BoxOverlayProps, "mapping" | "onSelect"> {
  readonly drawing: Drawing;
  readonly box: ScreenBox;
  readonly label: ScreenBox | undefined;
}

function FindingBox({ drawing: { finding, className, text }, box, label, mapping, onSelect }: FindingBoxProps) {
  return (
    <g
      className={className}
      data-finding={finding.id}
      onPointerDown={(event) => {
        if (event.button === 0 && !event.shiftKey && !event.ctrlKey) onSelect(finding.id);
      }}
    >
      <rect className="halo" {...box} />
      <rect className="line" {...box} />
      {finding.polygon && <polygon className="line" points={screenPolygon(finding.polygon, mapping)} />}
      {label && (
        <>
          <rect className="label" {...label} rx="3" />
          <text x={label.x + LABEL_PADDING} y={label.y + 13}>
            {text}
          </text>
        </>
      )}
    </g>
  );
}

let ruler: CanvasRenderingContext2D | null | undefined;

/** Width of a label's text in the page's font, CSS pixels. */
function textWidth(text: string): number {
  ruler ??= document.createElement("canvas").getContext("2d");
  if (!ruler) return 8 * text.length;
  ruler.font = `600 12px ${getComputedStyle(document.documentElement).fontFamily}`;
  return Math.ceil(ruler.measureText(text).width);
}
