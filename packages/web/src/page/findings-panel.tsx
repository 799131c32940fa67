/**
 * @file Beside the image: threshold, list, and the selected finding.
 */
import type { FindingRecord, ReviewState, StudyState } from "@fovea/core/contract/study";
import { FindingDetail } from "../findings/finding-detail";
import { FindingList } from "../findings/finding-list";
import type { PlacedFinding } from "../findings/finding-order";
import type { Reviews } from "../findings/review-state";
import { ThresholdSlider } from "../findings/threshold-slider";
import type { MessageKey } from "../language/language";
import { useSpeech } from "../language/language-context";
import type { Reading, StudyOrder } from "./reading-state";

export interface FindingsPanelProps {
  readonly all: readonly PlacedFinding[];
  readonly shown: readonly PlacedFinding[];
  readonly reading: Reading;
  readonly reviews: Reviews;
  /** The selected finding, where its image is on the screen. */
  readonly seen: FindingRecord | undefined;
  readonly mayReview: boolean;
  readonly canUndo: boolean;
  readonly studyState: StudyState;
  /** Whether each of its series was analysed, and all images of it. */
  readonly isWhole: boolean;
  readonly onThreshold: (threshold: number) => void;
  readonly onSelect: (findingId: string) => void;
  readonly onStep: (step: 1 | -1) => void;
  readonly onDecide: (review: ReviewState) => void;
  readonly onUndo: () => void;
}

export function FindingsPanel(props: FindingsPanelProps) {
  const { all, shown, reading, reviews, seen, mayReview, canUndo, onThreshold, onSelect, onStep, onDecide, onUndo } =
    props;
  const { say } = useSpeech();
  const selected = shown.find(({ finding }) => finding.id === reading.selected)?.finding;
  return (
    <aside className="findings-panel" aria-label={say("findings.title")}>
      <div className="panel-head">
        <h2>{say("findings.title")}</h2>
        <span className="secondary">{say("findings.shown", { shown: shown.length, total: all.length })}</span>
      </div>
      <ThresholdSlider threshold={reading.threshold} onChange={onThreshold} />
      {shown.length === 0 ? (
        <p className="hint none">{say(emptyMessage(props))}</p>
      ) : (
        <FindingList
          findings={shown}
          selected={reading.selected}
          reviews={reviews}
          onSelect={onSelect}
          onStep={onStep}
        />
      )}
      {all.length > 0 && (
        <FindingDetail
          finding={selected}
          reviews={reviews}
          isSeen={seen !== undefined}
          mayReview={mayReview}
          canUndo={canUndo}
          onDecide={onDecide}
          onUndo={onUndo}
        />
      )}
    </aside>
  );
}

/** Only what was analysed can be without a finding. */
const NONE: Readonly<Record<StudyState, MessageKey>> = {
  receiving: "findings.noneYet",
  queued: "findings.noneYet",
  analysed: "findings.none",
  failed: "findings.notAnalysed",
  not_attempted: "findings.notAnalysed",
};

export function emptyMessage({
  all,
  studyState,
  isWhole,
}: Pick<FindingsPanelProps, "all" | "studyState" | "isWhole">): MessageKey {
  if (all.length > 0) return "findings.noneShown";
  if (studyState === "analysed" && !isWhole) return "findings.noneInPart";
  return NONE[studyState];
}

/** Whether every series was analysed, and every image of it; one without images need not be, unless it failed. */
export function isWhole({ series, stacks }: Pick<StudyOrder, "series" | "stacks">): boolean {
  return series.every(
    ({ state, reason }, index) =>
      (state === "analysed" && reason === null) || (stacks[index].length === 0 && state === "not_attempted"),
  );
}
