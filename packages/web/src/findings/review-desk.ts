/**
 * @file Decisions about findings, sent to the service one after another for each finding.
 *
 * One desk for the page, above its screens: a reader who leaves a study is told all the same what could not be saved.
 */
import type { ReviewState, StudyDetail } from "@fovea/core/contract/study";
import { useSyncExternalStore } from "react";
import type { Client } from "../api/client";
import { RequestError, type RequestFault } from "../api/request-error";
import {
  NO_REVIEWS,
  type ReviewEvent,
  type ReviewedFinding,
  type Reviews,
  reviewsAfter,
  type UndoableReview,
} from "./review-state";

/** After these a decision was not kept, for certain. After all others it may have been: the answer was lost, or a proxy gave it. */
const CERTAIN: readonly RequestFault[] = ["unauthorised", "forbidden"];

export class ReviewDesk {
  readonly #client: Pick<Client, "review" | "study">;
  readonly #listeners = new Set<() => void>();
  /** The last request of each finding, so that the next waits for it: the service must end with what the reader chose last. */
  readonly #queues = new Map<string, Promise<ReviewState | undefined>>();
  #reviews: Reviews = NO_REVIEWS;
  #ticket = 0;
  /** Number of readers who have left. */
  #left = 0;

  constructor(client: Pick<Client, "review" | "study">) {
    this.#client = client;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly reviews = (): Reviews => this.#reviews;

  /** A study from the service; what it says of reviews counts from then on. @throws {RequestError} */
  async load(studyUid: string, signal?: AbortSignal): Promise<StudyDetail> {
    const asked = this.#reviews.tick;
    const detail = await this.#client.study(studyUid, signal);
    this.#take({ kind: "loaded", reviews: new Map(detail.findings.map(({ id, review }) => [id, review])), asked });
    return detail;
  }

  /** Resolves to what the service keeps, or to undefined where it did not keep this, or nobody knows. */
  decide(finding: ReviewedFinding, review: ReviewState): Promise<ReviewState | undefined> {
    const pending = this.#reviews.pending.get(finding.id);
    const sent = pending?.review === review ? this.#queues.get(finding.id) : undefined;
    return sent ?? this.#send(finding, review);
  }

  /** Takes the newest decision about a study back, also one that is being saved. Undefined if there is none. */
  undo(
    studyUid: string,
  ): { readonly finding: ReviewedFinding; readonly done: Promise<ReviewState | undefined> } | undefined {
    const newest = this.#reviews.undo.findLast(({ finding }) => finding.study_uid === studyUid);
    return newest && { finding: newest.finding, done: this.#send(newest.finding, newest.before, newest) };
  }

  dismiss(): void {
    this.#take({ kind: "dismissed" });
  }

  /** The reader is signed out. Nothing more is sent for them: it would be under the name of the next. */
  leave(): void {
    this.#left++;
    this.#take({ kind: "left" });
  }

  #send(finding: ReviewedFinding, review: ReviewState, undoes?: UndoableReview): Promise<ReviewState | undefined> {
    const ticket = ++this.#ticket;
    const left = this.#left;
    this.#take({ kind: "decided", finding, review, ticket, undoes });
    const sent = (this.#queues.get(finding.id) ?? Promise.resolve()).then(async () => {
      try {
        if (left !== this.#left) throw new RequestError("unauthorised");
        const kept = await this.#client.review(finding.id, review);
        this.#take({ kind: "saved", findingId: finding.id, review: kept, ticket });
        return kept;
      } catch (error) {
        return this.#afterFailure({ finding, review, ticket, error, undoes });
      }
    });
    this.#queues.set(finding.id, sent);
    return sent;
  }

  async #afterFailure({ finding, review, ticket, error, undoes }: FailedRequest): Promise<ReviewState | undefined> {
    const isCertain = error instanceof RequestError && CERTAIN.includes(error.fault);
    const kept = isCertain ? undefined : await this.#keptOf(finding);
    if (kept === review) {
      this.#take({ kind: "saved", findingId: finding.id, review, ticket });
      return kept;
    }
    const failed = { finding, wanted: review, error, isKnown: isCertain || kept !== undefined };
    this.#take({ kind: "refused", failed, ticket, kept, undoes });
    return undefined;
  }

  /** What the service has now; undefined where it does not tell. */
  async #keptOf({ id, study_uid }: ReviewedFinding): Promise<ReviewState | undefined> {
    try {
      const { findings } = await this.#client.study(study_uid);
      return findings.find((one) => one.id === id)?.review;
    } catch {
      return undefined;
    }
  }

  #take(event: ReviewEvent): void {
    this.#reviews = reviewsAfter(this.#reviews, event);
    for (const listener of this.#listeners) listener();
  }
}

interface FailedRequest {
  readonly finding: ReviewedFinding;
  readonly review: ReviewState;
  readonly ticket: number;
  readonly error: unknown;
  readonly undoes?: UndoableReview;
}

export function useReviews(desk: ReviewDesk): Reviews {
  return useSyncExternalStore(desk.subscribe, desk.reviews);
}
