/**
 * @file Beside the image: threshold, list, the selected finding, and what could not be saved.
 */
import type { ReviewState, StudyState } from "@fovea/core/contract/study";
import { reasonOf } from "../api/request-error";
import { FindingDetail } from "../findings/finding-detail";
import { FindingList } from "../findings/finding-list";
import type { PlacedFinding } from "../findings/finding-order";
import { reviewOf } from "../findings/review-state";
import { ThresholdSlider } from "../findings/threshold-slider";
import type { ReviewDesk } from "../findings/use-reviews";
import type { MessageKey } from "../language/language";
import { useSpeech } from "../language/language-context";
import type { Reading } from "./reading-state";

export interface FindingsPanelProps {
  readonly all: readonly PlacedFinding[];
  readonly shown: readonly PlacedFinding[];
  readonly reading: Reading;
  readonly desk: ReviewDesk;
  readonly mayReview: boolean;
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
  const { all, shown, reading, desk, mayReview, onThreshold, onSelect, onStep, onDecide, onUndo } = props;
  const { say } = useSpeech();
  const selected = shown.find(({ finding }) => finding.id === reading.selected)?.finding;
  return (
    <aside className="findings-panel" aria-label={say("findings.title")}>
      <div className="panel-head">
        <h2>{say("findings.title")}</h2>
        <span className="secondary">{say("findings.shown", { shown: shown.length, total: all.length })}</span>
      </div>
      <ThresholdSlider threshold={reading.threshold} onChange={onThreshold} />
      <FailedSaving desk={desk} />
      {shown.length === 0 ? (
        <p className="hint none">{say(emptyMessage(props))}</p>
      ) : (
        <FindingList
          findings={shown}
          selected={reading.selected}
          reviews={desk.reviews}
          onSelect={onSelect}
          onStep={onStep}
        />
      )}
      {all.length > 0 && (
        <FindingDetail
          finding={selected}
          reviews={desk.reviews}
          mayReview={mayReview}
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

function FailedSaving({ desk: { reviews, dismiss } }: { readonly desk: ReviewDesk }) {
  const { say } = useSpeech();
  const { failed } = reviews;
  if (!failed) return null;
  const state = say(`review.${reviewOf(reviews, failed.findingId)}`);
  return (
    <div className="problem failed-saving" role="alert">
      <p>{say("review.failed", { state, reason: reasonOf(failed.error, say) })}</p>
      <button type="button" onClick={dismiss}>
        {say("review.dismiss")}
      </button>
    </div>
  );
}
