/**
 * @file The findings beside the image: a list box, in step with what is selected.
 */
import { useEffect, useRef } from "react";
import { wholePercent } from "../language/clinical-text";
import { useSpeech } from "../language/language-context";
import type { PlacedFinding } from "./finding-order";
import { sizeText } from "./finding-text";
import { type Reviews, reviewOf } from "./review-state";

export interface FindingListProps {
  readonly findings: readonly PlacedFinding[];
  readonly selected: string | undefined;
  readonly reviews: Reviews;
  readonly onSelect: (findingId: string) => void;
  /** Arrow keys in the list. */
  readonly onStep: (step: 1 | -1) => void;
}

export function FindingList({ findings, selected, reviews, onSelect, onStep }: FindingListProps) {
  const { say } = useSpeech();
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (selected === undefined) return;
    list.current?.querySelector(`[id="${CSS.escape(optionId(selected))}"]`)?.scrollIntoView({ block: "nearest" });
  }, [selected]);
  return (
    <div
      ref={list}
      className="finding-list"
      role="listbox"
      tabIndex={0}
      aria-label={say("findings.title")}
      aria-activedescendant={selected === undefined ? undefined : optionId(selected)}
      onKeyDown={(event) => {
        if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
        event.preventDefault();
        event.stopPropagation();
        onStep(event.key === "ArrowDown" ? 1 : -1);
      }}
    >
      {findings.map((placed) => (
        <FindingOption
          key={placed.finding.id}
          placed={placed}
          isSelected={placed.finding.id === selected}
          reviews={reviews}
          onSelect={onSelect}
        />
      ))}
    </div>
  );
}

function optionId(findingId: string): string {
  return `finding-${findingId}`;
}

interface FindingOptionProps {
  readonly placed: PlacedFinding;
  readonly isSelected: boolean;
  readonly reviews: Reviews;
  readonly onSelect: (findingId: string) => void;
}

function FindingOption({ placed: { finding, place, seriesName }, isSelected, reviews, onSelect }: FindingOptionProps) {
  const { say } = useSpeech();
  const review = reviewOf(reviews, finding.id);
  const saving = reviews.pending.has(finding.id);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list box takes the keys
    // biome-ignore lint/a11y/useFocusableInteractive: the list box has the focus, and tells which option is active
    <div
      id={optionId(finding.id)}
      role="option"
      aria-selected={isSelected}
      className={`finding ${review}`}
      onClick={() => onSelect(finding.id)}
    >
      <span className="finding-class">{finding.class_shown}</span>
      <span className="finding-confidence">{wholePercent(finding.confidence)} %</span>
      <span className="finding-place">
        {seriesName === undefined
          ? say("findings.image", { index: place.image + 1 })
          : say("findings.seriesImage", { series: seriesName, index: place.image + 1 })}{" "}
        · {sizeText(finding, say)}
      </span>
      <span className={`review-mark ${review}`}>{say(saving ? "review.saving" : `review.${review}`)}</span>
    </div>
  );
}
