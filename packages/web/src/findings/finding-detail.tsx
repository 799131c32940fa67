/**
 * @file The selected finding, and what a reader may do about it.
 */
import type { FindingRecord, ReviewState } from "@fovea/core/contract/study";
import { wholePercent } from "../language/clinical-text";
import { useSpeech } from "../language/language-context";
import { sizeText } from "./finding-text";
import { type Reviews, reviewOf } from "./review-state";

export interface FindingDetailProps {
  readonly finding: FindingRecord | undefined;
  readonly reviews: Reviews;
  /** Whether its image is on the screen: nothing is decided unseen. */
  readonly isSeen: boolean;
  readonly mayReview: boolean;
  readonly canUndo: boolean;
  readonly onDecide: (review: ReviewState) => void;
  readonly onUndo: () => void;
}

export function FindingDetail({ finding, reviews, isSeen, mayReview, canUndo, onDecide, onUndo }: FindingDetailProps) {
  const { say } = useSpeech();
  const review = finding && reviewOf(reviews, finding.id);
  return (
    <section className="finding-detail" aria-label={say("findings.title")}>
      {finding ? <Facts finding={finding} /> : <p className="hint">{say("findings.select")}</p>}
      <div className="decisions">
        <button
          type="button"
          className="decision accept"
          disabled={!mayReview || !isSeen}
          aria-pressed={review === "accepted"}
          aria-keyshortcuts="a"
          onClick={() => onDecide("accepted")}
        >
          {say("review.accept")} <kbd>A</kbd>
        </button>
        <button
          type="button"
          className="decision reject"
          disabled={!mayReview || !isSeen}
          aria-pressed={review === "rejected"}
          aria-keyshortcuts="r"
          onClick={() => onDecide("rejected")}
        >
          {say("review.reject")} <kbd>R</kbd>
        </button>
        <button
          type="button"
          className="decision"
          disabled={!mayReview || !canUndo}
          aria-keyshortcuts="u"
          onClick={onUndo}
        >
          {say("review.undo")} <kbd>U</kbd>
        </button>
      </div>
      {mayReview ? (
        <p className={finding && !isSeen ? "hint unseen" : "hint seen"}>{say("review.notSeen")}</p>
      ) : (
        <p className="hint">{say("review.notAllowed")}</p>
      )}
    </section>
  );
}

function Facts({ finding }: { readonly finding: FindingRecord }) {
  const { say } = useSpeech();
  const facts = [
    [say("findings.confidence"), `${wholePercent(finding.confidence)} %`],
    [say("findings.sizeLabel"), sizeText(finding, say)],
    [say("findings.category"), finding.category],
    [say("findings.suggestion"), finding.suggestion],
    [say("findings.model"), finding.model_version],
    [say("findings.rules"), finding.rules_version],
  ] as const;
  return (
    <>
      <h3>{finding.class_shown}</h3>
      <dl>
        {facts.map(([name, value]) =>
          value === null ? null : (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
        )}
      </dl>
    </>
  );
}
