/**
 * @file Boxes, outlines and labels over the image.
 */
import { percent } from "../language/clinical-text";
import { useSpeech } from "../language/language-context";
import { lesionName } from "../language/lesion-name";
import type { Mapping, Size } from "../viewer/image-view";
import { labelPlace, labelWidth, screenBox, screenPolygon } from "./box-layout";
import type { PlacedFinding } from "./finding-order";
import { type Reviews, reviewOf } from "./review-state";

const LABEL_HEIGHT = 18;
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

/** The selected finding is drawn last, over the others. */
export function BoxOverlay({ findings, selected, ...rest }: BoxOverlayProps) {
  const ordered = [...findings].sort((a, b) => Number(a.finding.id === selected) - Number(b.finding.id === selected));
  const { width, height } = rest.canvas;
  return (
    <svg className="boxes" width={width} height={height} aria-hidden="true" data-testid="boxes">
      {ordered.map((placed) => (
        <FindingBox key={placed.finding.id} {...rest} placed={placed} isSelected={placed.finding.id === selected} />
      ))}
    </svg>
  );
}

interface FindingBoxProps extends Omit<BoxOverlayProps, "findings" | "selected"> {
  readonly placed: PlacedFinding;
  readonly isSelected: boolean;
}

function FindingBox({ placed: { finding }, isSelected, reviews, mapping, canvas, onSelect }: FindingBoxProps) {
  const { language } = useSpeech();
  const review = reviewOf(reviews, finding.id);
  const box = screenBox(finding.bbox, mapping);
  const name = `${MARKS[review]}${lesionName(finding.class, language)} ${percent(finding.confidence)}%`;
  const text = isSelected && finding.category !== null ? `${name} · ${finding.category}` : name;
  const size = { width: labelWidth(text), height: LABEL_HEIGHT };
  const place = labelPlace(box, size, canvas);
  return (
    <g
      className={`box ${review}${isSelected ? " selected" : ""}`}
      data-finding={finding.id}
      onPointerDown={(event) => {
        if (event.button !== 0 || event.shiftKey || event.ctrlKey) return;
        event.stopPropagation();
        onSelect(finding.id);
      }}
    >
      <rect className="halo" {...box} />
      <rect className="line" {...box} />
      {finding.polygon && <polygon className="line" points={screenPolygon(finding.polygon, mapping)} />}
      <rect className="label" x={place.x} y={place.y} {...size} rx="3" />
      <text x={place.x + 6} y={place.y + 13}>
        {text}
      </text>
    </g>
  );
}
