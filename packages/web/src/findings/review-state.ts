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

/** A decision that was kept, and what stood before it. */
export interface KeptReview {
  readonly findingId: string;
  readonly before: ReviewState;
  readonly after: ReviewState;
}

export interface Reviews {
  /** What the service has, by finding. */
  readonly kept: ReadonlyMap<string, ReviewState>;
  readonly pending: ReadonlyMap<string, PendingReview>;
  /** The decision that could not be kept, until it is dismissed or the next one of that finding. */
  readonly failed: FailedReview | undefined;
  /** Decisions to undo, the newest last. */
  readonly undo: readonly KeptReview[];
}

export type ReviewEvent =
  /** What the service says of all findings of a study. What is known already stays: the answer may be older than a decision. */
  | { readonly kind: "loaded"; readonly reviews: ReadonlyMap<string, ReviewState> }
  | { readonly kind: "decided"; readonly findingId: string; readonly review: ReviewState; readonly ticket: number }
  | {
      readonly kind: "saved";
      readonly findingId: string;
      /** As the service answered. */
      readonly review: ReviewState;
      readonly ticket: number;
      /** An undoing is not itself to be undone. */
      readonly undoes: boolean;
    }
  | { readonly kind: "refused"; readonly findingId: string; readonly ticket: number; readonly error: unknown }
  | { readonly kind: "dismissed" };

export const NO_REVIEWS: Reviews = { kept: new Map(), pending: new Map(), failed: undefined, undo: [] };
const UNDO_DEPTH = 100;

export function reviewsAfter(reviews: Reviews, event: ReviewEvent): Reviews {
  switch (event.kind) {
    case "loaded":
      return { ...reviews, kept: new Map([...event.reviews, ...reviews.kept]) };
    case "decided": {
      const { findingId, review, ticket } = event;
      const failed = reviews.failed?.findingId === findingId ? undefined : reviews.failed;
      return { ...reviews, failed, pending: new Map(reviews.pending).set(findingId, { review, ticket }) };
    }
    case "saved":
      return saved(reviews, event);
    case "refused": {
      const { findingId, ticket, error } = event;
      return { ...reviews, pending: settled(reviews.pending, findingId, ticket), failed: { findingId, error } };
    }
    case "dismissed":
      return { ...reviews, failed: undefined };
  }
}

function saved(reviews: Reviews, { findingId, review, ticket, undoes }: ReviewEvent & { kind: "saved" }): Reviews {
  const before = reviews.kept.get(findingId) ?? "open";
  const undo = undoes
    ? withoutNewest(reviews.undo, findingId)
    : [...reviews.undo, { findingId, before, after: review }];
  return {
    ...reviews,
    kept: new Map(reviews.kept).set(findingId, review),
    pending: settled(reviews.pending, findingId, ticket),
    undo: undo.slice(-UNDO_DEPTH),
  };
}

function settled(pending: Reviews["pending"], findingId: string, ticket: number): Reviews["pending"] {
  if (pending.get(findingId)?.ticket !== ticket) return pending;
  const rest = new Map(pending);
  rest.delete(findingId);
  return rest;
}

function withoutNewest(undo: readonly KeptReview[], findingId: string): KeptReview[] {
  const newest = undo.findLastIndex((one) => one.findingId === findingId);
  return undo.filter((_, index) => index !== newest);
}

/** What a finding is shown as: what was decided last, or what the service has. */
export function reviewOf({ kept, pending }: Reviews, findingId: string): ReviewState {
  return pending.get(findingId)?.review ?? kept.get(findingId) ?? "open";
}
