/**
 * @file Decisions that could not be saved: on every screen, until the reader has seen them.
 */
import { reasonOf } from "../api/request-error";
import { type ReviewDesk, useReviews } from "../findings/review-desk";
import { type FailedReview, reviewOf } from "../findings/review-state";
import { useSpeech } from "../language/language-context";

export interface FailedDecisionsProps {
  readonly desk: ReviewDesk;
  /** On the screen now: findings of other studies are given with a way to them. */
  readonly studyUid?: string;
}

export function FailedDecisions({ desk, studyUid }: FailedDecisionsProps) {
  const { say } = useSpeech();
  const reviews = useReviews(desk);
  if (reviews.failed.length === 0) return null;
  const sentence = ({ finding, wanted, error, isKnown }: FailedReview) =>
    say(isKnown ? "review.failed" : "review.unknown", {
      class: finding.class_shown,
      state: say(`review.${reviewOf(reviews, finding.id)}`),
      wanted: say(`review.${wanted}`),
      reason: reasonOf(error, say),
    });
  return (
    <div className="problem failed-decisions" role="alert">
      <ul>
        {reviews.failed.map((failed) => (
          <li key={failed.finding.id}>
            {sentence(failed)}{" "}
            {failed.finding.study_uid !== studyUid && (
              <a href={`#/studies/${encodeURIComponent(failed.finding.study_uid)}`}>{say("review.show")}</a>
            )}
          </li>
        ))}
      </ul>
      <button type="button" onClick={() => desk.dismiss()}>
        {say("review.dismiss")}
      </button>
    </div>
  );
}
