import type { ReviewState } from "@fovea/core/contract/study";
import { describe, expect, test } from "vitest";
import { NO_REVIEWS, type ReviewEvent, reviewOf, reviewsAfter } from "./review-state";

const finding = { id: "a", study_uid: "1", class_shown: "nodule" };
const after = (...events: ReviewEvent[]) => events.reduce(reviewsAfter, NO_REVIEWS);
/** By default asked after everything that happened before. */
const told = (review: ReviewState, asked = Number.POSITIVE_INFINITY): ReviewEvent => ({
  kind: "loaded",
  reviews: new Map([["a", review]]),
  asked,
});
const loaded = told("open");
const decided = (ticket: number, review: ReviewState): ReviewEvent => ({ kind: "decided", finding, review, ticket });
const saved = (ticket: number, review: ReviewState): ReviewEvent => ({ kind: "saved", findingId: "a", review, ticket });
const failure = { finding, wanted: "accepted", error: "away", isKnown: true } as const;
const refused = (ticket: number, kept?: ReviewState): ReviewEvent => ({
  kind: "refused",
  ticket,
  failed: failure,
  kept,
});

describe("reviews", () => {
  test("show a decision at once, as not yet saved", () => {
    const reviews = after(loaded, decided(1, "accepted"));
    expect(reviewOf(reviews, "a")).toBe("accepted");
    expect(reviews.pending.has("a")).toBe(true);
    expect(reviews.kept.get("a")).toBe("open");
  });

  test("go back to what the service has when it refuses, and say so", () => {
    const reviews = after(loaded, decided(1, "accepted"), refused(1));
    expect(reviewOf(reviews, "a")).toBe("open");
    expect(reviews.failed).toEqual([failure]);
    expect(reviews.undo).toEqual([]);
    expect(reviewOf(after(loaded, decided(1, "accepted"), refused(1, "rejected")), "a")).toBe("rejected");
  });

  test("keep what the service answered, even where that is something else", () => {
    expect(reviewOf(after(loaded, decided(1, "accepted"), saved(1, "rejected")), "a")).toBe("rejected");
  });

  test("are not settled by the answer to an older decision", () => {
    const reviews = after(loaded, decided(1, "accepted"), decided(2, "rejected"), saved(1, "accepted"));
    expect(reviewOf(reviews, "a")).toBe("rejected");
    expect(reviews.pending.has("a")).toBe(true);
    const later = reviewsAfter(reviews, refused(2));
    expect(reviewOf(later, "a")).toBe("accepted");
  });

  test("tell of each failure until it is dismissed or the finding is decided anew", () => {
    const failed = after(loaded, decided(1, "accepted"), refused(1));
    expect(reviewsAfter(failed, { kind: "dismissed" }).failed).toEqual([]);
    expect(reviewsAfter(failed, decided(2, "accepted")).failed).toEqual([]);
    const other = { ...failure, finding: { ...finding, id: "b" } };
    const both = reviewsAfter(failed, { kind: "refused", ticket: 2, failed: other });
    expect(both.failed).toEqual([failure, other]);
  });

  test("tell of no failure of a decision after which a newer one was kept, but of one of the newest", () => {
    const older = after(loaded, decided(1, "accepted"), decided(2, "rejected"), refused(1));
    expect(older.failed).toEqual([failure]);
    expect(reviewsAfter(older, saved(2, "rejected")).failed).toEqual([]);
    const newest = after(loaded, decided(1, "rejected"), decided(2, "accepted"), refused(2), saved(1, "rejected"));
    expect(newest.failed).toEqual([failure]);
  });

  test("remember what to undo, newest last, while it is being saved already, and not the undoing", () => {
    const reviews = after(loaded, decided(1, "accepted"), saved(1, "accepted"), decided(2, "rejected"));
    expect(reviews.undo.map(({ before }) => before)).toEqual(["open", "accepted"]);
    const [, undoes] = reviews.undo;
    const undoing = reviewsAfter(reviews, { kind: "decided", finding, review: "accepted", ticket: 3, undoes });
    expect(undoing.undo.map(({ before }) => before)).toEqual(["open"]);
    const undone = [saved(2, "rejected"), saved(3, "accepted")].reduce(reviewsAfter, undoing);
    expect(reviewOf(undone, "a")).toBe("accepted");
    expect(undone.pending.size).toBe(0);
  });

  test("remember nothing to undo of a decision that changes nothing, nor for the next reader", () => {
    expect(after(told("accepted"), decided(1, "accepted")).undo).toEqual([]);
    expect(after(loaded, decided(1, "accepted"), { kind: "left" }).undo).toEqual([]);
  });

  test("can undo again what could not be undone", () => {
    const reviews = after(loaded, decided(1, "accepted"), saved(1, "accepted"));
    const [undoes] = reviews.undo;
    const undoing = reviewsAfter(reviews, { kind: "decided", finding, review: "open", ticket: 2, undoes });
    const failed = reviewsAfter(undoing, { kind: "refused", ticket: 2, failed: failure, undoes });
    expect(failed.undo).toEqual([undoes]);
    expect(reviewOf(failed, "a")).toBe("accepted");
  });

  test("are not overwritten by an answer that may be older than a decision", () => {
    const asked = after(loaded);
    const pending = reviewsAfter(asked, decided(1, "accepted"));
    expect(reviewOf(reviewsAfter(pending, told("open")), "a")).toBe("accepted");
    const settled = reviewsAfter(pending, saved(1, "accepted"));
    expect(reviewOf(reviewsAfter(settled, told("open", asked.tick)), "a")).toBe("accepted");
    expect(reviewOf(reviewsAfter(settled, told("open", pending.tick)), "a")).toBe("accepted");
  });

  test("are what the service says when it was asked after the last decision was settled", () => {
    const settled = after(loaded, decided(1, "accepted"), saved(1, "accepted"));
    const others = reviewsAfter(settled, told("rejected", settled.tick));
    expect(reviewOf(others, "a")).toBe("rejected");
    // What another reader has decided since is not to be undone from here.
    expect(others.undo).toEqual([]);
    expect(reviewsAfter(settled, told("accepted", settled.tick)).undo).toHaveLength(1);
  });

  test("that nobody knew the fate of are told as soon as the service does", () => {
    const unknown = after(loaded, decided(1, "accepted"), {
      kind: "refused",
      ticket: 1,
      failed: { ...failure, isKnown: false },
    });
    expect(reviewsAfter(unknown, told("accepted", unknown.tick)).failed).toEqual([]);
    expect(reviewsAfter(unknown, told("open", unknown.tick)).failed).toEqual([failure]);
    expect(reviewsAfter(unknown, told("accepted", 0)).failed).toEqual(unknown.failed);
  });
});
