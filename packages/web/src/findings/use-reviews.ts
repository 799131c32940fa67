/**
 * @file Decisions about findings, sent to the service one after another for each finding.
 */
import type { FindingRecord, ReviewState } from "@fovea/core/contract/study";
import { useCallback, useEffect, useReducer, useRef } from "react";
import type { Client } from "../api/client";
import { NO_REVIEWS, type Reviews, reviewOf, reviewsAfter, type UndoableReview } from "./review-state";

export interface ReviewDesk {
  readonly reviews: Reviews;
  /** Resolves to what the service keeps, or to undefined where it did not. */
  readonly decide: (findingId: string, review: ReviewState) => Promise<ReviewState | undefined>;
  /** Takes the newest decision back, also one that is being saved. Undefined if there is none. */
  readonly undo: () => { readonly findingId: string; readonly done: Promise<ReviewState | undefined> } | undefined;
  readonly dismiss: () => void;
}

export function useReviews(client: Client, findings: readonly FindingRecord[]): ReviewDesk {
  const [reviews, dispatch] = useReducer(reviewsAfter, NO_REVIEWS);
  const ticket = useRef(0);
  /** The last request of each finding, so that the next waits for it: the service must end with what the reader chose last. */
  const queues = useRef(new Map<string, Promise<unknown>>());
  useEffect(() => {
    dispatch({ kind: "loaded", reviews: new Map(findings.map(({ id, review }) => [id, review])) });
  }, [findings]);

  const send = useCallback(
    (findingId: string, review: ReviewState, undoes?: UndoableReview) => {
      const number = ++ticket.current;
      dispatch({ kind: "decided", findingId, review, ticket: number, undoes });
      const before = queues.current.get(findingId) ?? Promise.resolve();
      const sent = before.then(async () => {
        try {
          const kept = await client.review(findingId, review);
          dispatch({ kind: "saved", findingId, review: kept, ticket: number });
          return kept;
        } catch (error) {
          dispatch({ kind: "refused", findingId, ticket: number, error, undoes });
          return undefined;
        }
      });
      queues.current.set(findingId, sent);
      return sent;
    },
    [client],
  );

  const decide = useCallback(
    async (findingId: string, review: ReviewState) =>
      reviewOf(reviews, findingId) === review ? review : send(findingId, review),
    [reviews, send],
  );
  const undo = useCallback(() => {
    const newest = reviews.undo.at(-1);
    return newest && { findingId: newest.findingId, done: send(newest.findingId, newest.before, newest) };
  }, [reviews, send]);
  const dismiss = useCallback(() => dispatch({ kind: "dismissed" }), []);
  return { reviews, decide, undo, dismiss };
}
