/**
 * @file Accept, reject, undo; and what is said of it.
 */
import type { FindingRecord, ReviewState } from "@fovea/core/contract/study";
import { useEffect } from "react";
import type { PlacedFinding } from "../findings/finding-order";
import type { ReviewDesk } from "../findings/review-desk";
import { type ReviewedFinding, type Reviews, reviewOf } from "../findings/review-state";
import { wholePercent } from "../language/clinical-text";
import { useSpeech } from "../language/language-context";

export interface ReviewCommandsInput {
  readonly desk: ReviewDesk;
  readonly reviews: Reviews;
  readonly studyUid: string;
  readonly shown: readonly PlacedFinding[];
  readonly selected: string | undefined;
  /** The selected finding, where its image is on the screen: nothing is decided unseen. */
  readonly seen: FindingRecord | undefined;
  readonly mayReview: boolean;
  readonly announce: (message: string) => void;
}

export interface ReviewCommands {
  readonly decide: (review: ReviewState) => void;
  readonly undo: () => void;
}

export function useReviewCommands({
  desk,
  reviews,
  studyUid,
  shown,
  selected,
  seen,
  mayReview,
  announce,
}: ReviewCommandsInput): ReviewCommands {
  const { say } = useSpeech();
  const sayKept = async (finding: ReviewedFinding, done: Promise<ReviewState | undefined>) => {
    const kept = await done;
    // What failed is said by the alert that shows it.
    if (kept) announce(say("say.saved", { class: finding.class_shown, state: say(`review.${kept}`) }));
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: said once, when a finding is selected
  useEffect(() => {
    const index = shown.findIndex(({ finding }) => finding.id === selected);
    if (index < 0) return;
    const { finding } = shown[index];
    const state = say(`review.${reviewOf(reviews, finding.id)}`);
    const parts = { index: index + 1, count: shown.length, class: finding.class_shown, state };
    announce(say("say.finding", { ...parts, percent: wholePercent(finding.confidence) }));
  }, [selected]);

  return {
    decide: (review) => {
      if (!mayReview) announce(say("review.notAllowed"));
      else if (selected === undefined) announce(say("findings.select"));
      else if (seen === undefined) announce(say("review.notSeen"));
      else sayKept(seen, desk.decide(seen, review));
    },
    undo: () => {
      const undone = mayReview ? desk.undo(studyUid) : undefined;
      if (undone) sayKept(undone.finding, undone.done);
      else announce(say(mayReview ? "say.nothingToUndo" : "review.notAllowed"));
    },
  };
}
