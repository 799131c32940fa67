/**
 * @file What readers decided about findings: shown at once, kept only when the service says so.
 */
import type { FindingRecord, ReviewState } from "@fovea/core/contract/study";

/** What of a finding matters to a decision about it, also when its study is no longer on the screen. */
export type ReviewedFinding = Pick<FindingRecord, "id" | "study_uid" | "class_shown">;

/** A decision under way. */
export interface PendingReview {
  readonly review: ReviewState;
  /** Number of the decision: an answer to an older one does not settle a newer one. */
  readonly ticket: number;
}

export interface FailedReview {
  readonly finding: ReviewedFinding;
  readonly wanted: ReviewState;
  readonly error: unknown;
  /** False while nobody knows whether the service kept it: the answer was lost, and the service cannot be asked. */
  readonly isKnown: boolean;
}

/** A decision, kept or under way, and what the finding was shown as before it. */
export interface UndoableReview {
  readonly finding: ReviewedFinding;
  readonly review: ReviewState;
  readonly before: ReviewState;
  readonly ticket: number;
}

export interface Reviews {
  /** Number of events so far: the clock by which answers are told to be older or newer than decisions. */
  readonly tick: number;
  /** What the service has, by finding. */
  readonly kept: ReadonlyMap<string, ReviewState>;
  readonly pending: ReadonlyMap<string, PendingReview>;
  /** Tick at which a decision about the finding was last settled. */
  readonly settledAt: ReadonlyMap<string, number>;
  /** Decisions that could not be kept, each until it is dismissed or its finding is decided anew. */
  readonly failed: readonly FailedReview[];
  /** Decisions to undo, the newest last. */
  readonly undo: readonly UndoableReview[];
}

export type ReviewEvent =
  /**
   * What the service says of all findings of a study, asked at the tick `asked`. It holds where no decision is under way and none was
   * settled since: else the answer may be older than the decision.
   */
  | { readonly kind: "loaded"; readonly reviews: ReadonlyMap<string, ReviewState>; readonly asked: number }
  | {
      readonly kind: "decided";
      readonly finding: ReviewedFinding;
      readonly review: ReviewState;
      readonly ticket: number;
      /** The decision that this one takes back. An undoing is not itself to be undone. */
      readonly undoes?: UndoableReview;
    }
  /** With what the service answered that it keeps. */
  | { readonly kind: "saved"; readonly findingId: string; readonly review: ReviewState; readonly ticket: number }
  | {
      readonly kind: "refused";
      readonly failed: FailedReview;
      readonly ticket: number;
      /** What the service has instead, where it told. */
      readonly kept?: ReviewState;
      readonly undoes?: UndoableReview;
    }
  | { readonly kind: "dismissed" }
  /** Another reader's decisions are not for the next one to undo. */
  | { readonly kind: "left" };

export const NO_REVIEWS: Reviews = {
  tick: 0,
  kept: new Map(),
  pending: new Map(),
  settledAt: new Map(),
  failed: [],
  undo: [],
};
const UNDO_DEPTH = 100;

export function reviewsAfter(before: Reviews, event: ReviewEvent): Reviews {
  const reviews = { ...before, tick: before.tick + 1 };
  switch (event.kind) {
    case "loaded":
      return loaded(reviews, event);
    case "decided":
      return decided(reviews, event);
    case "saved": {
      const { findingId, review, ticket } = event;
      // What an older decision failed of is of no matter once the newest is kept.
      const isNewest = reviews.pending.get(findingId)?.ticket === ticket;
      return {
        ...settled(reviews, findingId, ticket),
        kept: new Map(reviews.kept).set(findingId, review),
        failed: isNewest ? reviews.failed.filter((one) => one.finding.id !== findingId) : reviews.failed,
      };
    }
    case "refused":
      return refused(reviews, event);
    case "dismissed":
      return { ...reviews, failed: [] };
    case "left":
      return { ...reviews, undo: [] };
  }
}

function loaded(reviews: Reviews, { reviews: told, asked }: ReviewEvent & { kind: "loaded" }): Reviews {
  const holding = new Map(
    [...told].filter(([id]) => !reviews.pending.has(id) && (reviews.settledAt.get(id) ?? 0) <= asked),
  );
  const isOther = ({ finding }: UndoableReview) => {
    const newest = reviews.undo.findLast((one) => one.finding.id === finding.id);
    const now = holding.get(finding.id);
    return now !== undefined && now !== newest?.review;
  };
  return {
    ...reviews,
    kept: new Map([...reviews.kept, ...holding]),
    // What somebody else has decided since is not to be undone from here.
    undo: reviews.undo.filter((one) => !isOther(one)),
    failed: reviews.failed.flatMap((one) => {
      const now = holding.get(one.finding.id);
      if (one.isKnown || now === undefined) return [one];
      return now === one.wanted ? [] : [{ ...one, isKnown: true }];
    }),
  };
}

function decided(reviews: Reviews, { finding, review, ticket, undoes }: ReviewEvent & { kind: "decided" }): Reviews {
  const before = reviewOf(reviews, finding.id);
  return {
    ...reviews,
    failed: reviews.failed.filter((one) => one.finding.id !== finding.id),
    pending: new Map(reviews.pending).set(finding.id, { review, ticket }),
    undo: undoes
      ? reviews.undo.filter((one) => one.ticket !== undoes.ticket)
      : before === review
        ? reviews.undo
        : [...reviews.undo, { finding, review, before, ticket }].slice(-UNDO_DEPTH),
  };
}

function refused(reviews: Reviews, { failed, ticket, kept, undoes }: ReviewEvent & { kind: "refused" }): Reviews {
  const { id } = failed.finding;
  // What was not kept cannot be undone; what could not be undone still can.
  const undo = reviews.undo.filter((one) => one.ticket !== ticket);
  return {
    ...settled(reviews, id, ticket),
    kept: kept === undefined ? reviews.kept : new Map(reviews.kept).set(id, kept),
    failed: [...reviews.failed.filter((one) => one.finding.id !== id), failed],
    undo: undoes ? [...undo, undoes] : undo,
  };
}

function settled(reviews: Reviews, findingId: string, ticket: number): Reviews {
  const settledAt = new Map(reviews.settledAt).set(findingId, reviews.tick);
  if (reviews.pending.get(findingId)?.ticket !== ticket) return { ...reviews, settledAt };
  const pending = new Map(reviews.pending);
  pending.delete(findingId);
  return { ...reviews, settledAt, pending };
}

/** What a finding is shown as: what was decided last, or what the service has. */
export function reviewOf({ kept, pending }: Pick<Reviews, "kept" | "pending">, findingId: string): ReviewState {
  return pending.get(findingId)?.review ?? kept.get(findingId) ?? "open";
}
