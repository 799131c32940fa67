/**
 * @file What a reader decided about findings: shown at once, kept only when the service says so.
 */
import type { ReviewState } from "@fovea/core/contract/study";

/** A decision under way. */
export interface PendingReview {
  readonly review: ReviewState;
  /** Number of the decision: an answer to an older one does not settle a newer one. */
  readonly ticket: number;
}

export interface FailedReview {
  readonly findingId: string;
  readonly error: unknown;
}

/** A decision, kept or under way, and what the finding was shown as before it. */
export interface UndoableReview {
  readonly findingId: string;
  readonly before: ReviewState;
  readonly ticket: number;
}

export interface Reviews {
  /** What the service has, by finding. */
  readonly kept: ReadonlyMap<string, ReviewState>;
  readonly pending: ReadonlyMap<string, PendingReview>;
  /** The decision that could not be kept, until it is dismissed or the next one of that finding. */
  readonly failed: FailedReview | undefined;
  /** Decisions to undo, the newest last. */
  readonly undo: readonly UndoableReview[];
}

export type ReviewEvent =
  /** What the service says of all findings of a study. What is known already stays: the answer may be older than a decision. */
  | { readonly kind: "loaded"; readonly reviews: ReadonlyMap<string, ReviewState> }
  | {
      readonly kind: "decided";
      readonly findingId: string;
      readonly review: ReviewState;
      readonly ticket: number;
      /** The decision that this one takes back. An undoing is not itself to be undone. */
      readonly undoes?: UndoableReview;
    }
  /** With what the service answered that it keeps. */
  | { readonly kind: "saved"; readonly findingId: string; readonly review: ReviewState; readonly ticket: number }
  | {
      readonly kind: "refused";
      readonly findingId: string;
      readonly ticket: number;
      readonly error: unknown;
      readonly undoes?: UndoableReview;
    }
  | { readonly kind: "dismissed" };

export const NO_REVIEWS: Reviews = { kept: new Map(), pending: new Map(), failed: undefined, undo: [] };
const UNDO_DEPTH = 100;

export function reviewsAfter(reviews: Reviews, event: ReviewEvent): Reviews {
  switch (event.kind) {
    case "loaded":
      return { ...reviews, kept: new Map([...event.reviews, ...reviews.kept]) };
    case "decided":
      return decided(reviews, event);
    case "saved": {
      const { findingId, review, ticket } = event;
      const kept = new Map(reviews.kept).set(findingId, review);
      return { ...reviews, kept, pending: settled(reviews.pending, findingId, ticket) };
    }
    case "refused": {
      const { findingId, ticket, error, undoes } = event;
      // What was not kept cannot be undone; what could not be undone still can.
      const undo = reviews.undo.filter((one) => one.ticket !== ticket);
      return {
        ...reviews,
        pending: settled(reviews.pending, findingId, ticket),
        failed: { findingId, error },
        undo: undoes ? [...undo, undoes] : undo,
      };
    }
    case "dismissed":
      return { ...reviews, failed: undefined };
  }
}

function decided(reviews: Reviews, { findingId, review, ticket, undoes }: ReviewEvent & { kind: "decided" }): Reviews {
  const before = reviewOf(reviews, findingId);
  const undo = undoes
    ? reviews.undo.filter((one) => one.ticket !== undoes.ticket)
    : [...reviews.undo, { findingId, before, ticket }];
  return {
    ...reviews,
    failed: reviews.failed?.findingId === findingId ? undefined : reviews.failed,
    pending: new Map(reviews.pending).set(findingId, { review, ticket }),
    undo: undo.slice(-UNDO_DEPTH),
  };
}

function settled(pending: Reviews["pending"], findingId: string, ticket: number): Reviews["pending"] {
  if (pending.get(findingId)?.ticket !== ticket) return pending;
  const rest = new Map(pending);
  rest.delete(findingId);
  return rest;
}

/** What a finding is shown as: what was decided last, or what the service has. */
export function reviewOf({ kept, pending }: Reviews, findingId: string): ReviewState {
  return pending.get(findingId)?.review ?? kept.get(findingId) ?? "open";
}
