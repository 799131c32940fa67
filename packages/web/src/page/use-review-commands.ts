/**
 * @file Accept, reject, undo; and what is said of it.
 */
import type { ReviewState } from "@fovea/core/contract/study";
import { useEffect } from "react";
import type { PlacedFinding } from "../findings/finding-order";
import { reviewOf } from "../findings/review-state";
import type { ReviewDesk } from "../findings/use-reviews";
import { percent } from "../language/clinical-text";
import { useSpeech } from "../language/language-context";
import { lesionName } from "../language/lesion-name";

export interface ReviewCommandsInput {
  readonly desk: ReviewDesk;
  readonly shown: readonly PlacedFinding[];
  readonly selected: string | undefined;
  readonly mayReview: boolean;
  readonly announce: (message: string) => void;
}

export interface ReviewCommands {
  readonly decide: (review: ReviewState) => void;
  readonly undo: () => void;
}

export function useReviewCommands({ desk, shown, selected, mayReview, announce }: ReviewCommandsInput): ReviewCommands {
  const { say, language } = useSpeech();
  const nameOf = (id: string) => {
    const found = shown.find(({ finding }) => finding.id === id);
    return found ? lesionName(found.finding.class, language) : "";
  };
  const sayKept = async (id: string, done: Promise<ReviewState | undefined>) => {
    const kept = await done;
    // What failed is said by the alert that shows it.
    if (kept) announce(say("say.saved", { class: nameOf(id), state: say(`review.${kept}`) }));
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: said once, when a finding is selected
  useEffect(() => {
    const index = shown.findIndex(({ finding }) => finding.id === selected);
    if (index < 0) return;
    const { finding } = shown[index];
    const state = say(`review.${reviewOf(desk.reviews, finding.id)}`);
    const parts = { index: index + 1, count: shown.length, class: nameOf(finding.id), state };
    announce(say("say.finding", { ...parts, percent: percent(finding.confidence) }));
  }, [selected]);

  return {
    decide: (review) => {
      if (!mayReview) announce(say("review.notAllowed"));
      else if (selected === undefined) announce(say("findings.select"));
      else sayKept(selected, desk.decide(selected, review));
    },
    undo: () => {
      const undone = mayReview ? desk.undo() : undefined;
      if (undone) sayKept(undone.findingId, undone.done);
      else announce(say(mayReview ? "say.nothingToUndo" : "review.notAllowed"));
    },
  };
}
