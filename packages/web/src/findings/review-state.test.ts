import { describe, expect, test } from "vitest";
import { NO_REVIEWS, type ReviewEvent, reviewOf, reviewsAfter } from "./review-state";

const after = (...events: ReviewEvent[]) => events.reduce(reviewsAfter, NO_REVIEWS);
const loaded: ReviewEvent = { kind: "loaded", reviews: new Map([["a", "open"]]) };
const decided = (ticket: number, review: "open" | "accepted" | "rejected"): ReviewEvent => ({
  kind: "decided",
  findingId: "a",
  review,
  ticket,
});
const saved = (ticket: number, review: "open" | "accepted" | "rejected"): ReviewEvent => ({
  kind: "saved",
  findingId: "a",
  review,
  ticket,
});
const refused = (ticket: number): ReviewEvent => ({ kind: "refused", findingId: "a", ticket, error: "away" });

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
    expect(reviews.failed).toEqual({ findingId: "a", error: "away" });
    expect(reviews.undo).toEqual([]);
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

  test("tell of a failure until it is dismissed or the finding is decided anew", () => {
    const failed = after(loaded, decided(1, "accepted"), refused(1));
    expect(reviewsAfter(failed, { kind: "dismissed" }).failed).toBeUndefined();
    expect(reviewsAfter(failed, decided(2, "accepted")).failed).toBeUndefined();
  });

  test("remember what to undo, newest last, while it is being saved already, and not the undoing", () => {
    const reviews = after(loaded, decided(1, "accepted"), saved(1, "accepted"), decided(2, "rejected"));
    expect(reviews.undo.map(({ before }) => before)).toEqual(["open", "accepted"]);
    const [, undoes] = reviews.undo;
    const undoing = reviewsAfter(reviews, { kind: "decided", findingId: "a", review: "accepted", ticket: 3, undoes });
    expect(undoing.undo.map(({ before }) => before)).toEqual(["open"]);
    const undone = [saved(2, "rejected"), saved(3, "accepted")].reduce(reviewsAfter, undoing);
    expect(reviewOf(undone, "a")).toBe("accepted");
    expect(undone.pending.size).toBe(0);
  });

  test("can undo again what could not be undone", () => {
    const reviews = after(loaded, decided(1, "accepted"), saved(1, "accepted"));
    const [undoes] = reviews.undo;
    const undoing = reviewsAfter(reviews, { kind: "decided", findingId: "a", review: "open", ticket: 2, undoes });
    const failed = reviewsAfter(undoing, { kind: "refused", findingId: "a", ticket: 2, error: "away", undoes });
    expect(failed.undo).toEqual([undoes]);
    expect(reviewOf(failed, "a")).toBe("accepted");
  });

  test("are not overwritten by an answer that may be older than a decision", () => {
    const reviews = after(loaded, decided(1, "accepted"), saved(1, "accepted"), {
      kind: "loaded",
      reviews: new Map([
        ["a", "open"],
        ["b", "rejected"],
      ]),
    });
    expect([reviewOf(reviews, "a"), reviewOf(reviews, "b")]).toEqual(["accepted", "rejected"]);
  });
});
