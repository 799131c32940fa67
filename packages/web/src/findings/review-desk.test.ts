import type { ReviewState } from "@fovea/core/contract/study";
import { describe, expect, test } from "vitest";
import { details } from "../../test/made-studies";
import { RequestError } from "../api/request-error";
import { ReviewDesk } from "./review-desk";
import { reviewOf } from "./review-state";

const [ct] = details;
const [finding, other] = ct.findings;

/** A service with one study. `answers` holds back each answer to a decision until it is called. */
class Service {
  readonly kept = new Map<string, ReviewState>();
  readonly asked: ReviewState[] = [];
  readonly answers: (() => void)[] = [];
  /** Thrown in place of an answer; the decision is taken all the same where `takes` is true. */
  fault: { readonly error: Error; readonly takes: boolean } | undefined;
  isAway = false;

  readonly review = async (id: string, review: ReviewState): Promise<ReviewState> => {
    this.asked.push(review);
    await new Promise<void>((done) => this.answers.push(done));
    if (!this.fault || this.fault.takes) this.kept.set(id, review);
    if (this.fault) throw this.fault.error;
    return review;
  };
  readonly study = async () => {
    if (this.isAway) throw new RequestError("unreachable");
    return { ...ct, findings: ct.findings.map((one) => ({ ...one, review: this.kept.get(one.id) ?? one.review })) };
  };
  async arrival(): Promise<void> {
    while (this.answers.length === 0) await new Promise((done) => setImmediate(done));
  }
  /** Answers the next decision, once it has arrived. */
  async answer(): Promise<void> {
    await this.arrival();
    this.answers.shift()?.();
  }
}

function atWork() {
  const service = new Service();
  const desk = new ReviewDesk(service);
  return { service, desk, shown: () => reviewOf(desk.reviews(), finding.id) };
}

describe("the desk", () => {
  test("is done with a decision when the service is, also one that is made twice", async () => {
    const { service, desk } = atWork();
    await desk.load("1");
    const first = desk.decide(finding, "accepted");
    expect(desk.decide(finding, "accepted")).toBe(first);
    expect(desk.reviews().pending.size).toBe(1);
    await service.answer();
    expect(await first).toBe("accepted");
    expect(service.asked).toEqual(["accepted"]);
  });

  test("sends what is shown as decided already: the service may have something else by now", async () => {
    const { service, desk } = atWork();
    service.kept.set(finding.id, "accepted");
    await desk.load("1");
    service.kept.set(finding.id, "rejected");
    const done = desk.decide(finding, "accepted");
    await service.answer();
    expect(await done).toBe("accepted");
    expect(service.kept.get(finding.id)).toBe("accepted");
  });

  test("sends decisions about a finding one after another", async () => {
    const { service, desk, shown } = atWork();
    desk.decide(finding, "accepted");
    const last = desk.decide(finding, "rejected");
    await service.answer();
    expect(service.answers).toHaveLength(0);
    await service.answer();
    expect(await last).toBe("rejected");
    expect([service.asked, shown()]).toEqual([["accepted", "rejected"], "rejected"]);
  });

  test("asks what the service has where the answer was lost", async () => {
    const { service, desk, shown } = atWork();
    await desk.load("1");
    service.fault = { error: new RequestError("unreachable"), takes: true };
    const done = desk.decide(finding, "accepted");
    await service.answer();
    expect(await done).toBe("accepted");
    expect(desk.reviews()).toMatchObject({ failed: [] });
    expect(shown()).toBe("accepted");
  });

  test("tells what the service has instead", async () => {
    const { service, desk, shown } = atWork();
    await desk.load("1");
    service.kept.set(finding.id, "rejected");
    service.fault = { error: new RequestError("busy"), takes: false };
    const done = desk.decide(finding, "accepted");
    await service.answer();
    expect(await done).toBeUndefined();
    expect(desk.reviews().failed).toMatchObject([{ finding, wanted: "accepted", isKnown: true }]);
    expect(shown()).toBe("rejected");
  });

  test("says that nobody knows where the service cannot be asked, until it can", async () => {
    const { service, desk, shown } = atWork();
    await desk.load("1");
    service.fault = { error: new RequestError("unreachable"), takes: true };
    service.isAway = true;
    const done = desk.decide(finding, "accepted");
    await service.answer();
    await done;
    expect(desk.reviews().failed).toMatchObject([{ isKnown: false }]);
    service.isAway = false;
    await desk.load("1");
    expect(desk.reviews().failed).toEqual([]);
    expect(shown()).toBe("accepted");
  });

  test("sends nothing under the name of the next reader, and says so", async () => {
    const { service, desk } = atWork();
    const first = desk.decide(finding, "accepted");
    const second = desk.decide(finding, "rejected");
    await service.arrival();
    desk.leave();
    await service.answer();
    expect(await first).toBe("accepted");
    expect(await second).toBeUndefined();
    expect(service.asked).toEqual(["accepted"]);
    expect(desk.reviews().failed).toMatchObject([{ wanted: "rejected", isKnown: true }]);
    expect(desk.undo(finding.study_uid)).toBeUndefined();
  });

  test("takes back the newest decision about the study that is read, and none of another", async () => {
    const { service, desk } = atWork();
    await desk.load("1");
    const elsewhere = { ...other, study_uid: "elsewhere" };
    for (const one of [finding, elsewhere]) {
      const done = desk.decide(one, "rejected");
      await service.answer();
      await done;
    }
    const undone = desk.undo(finding.study_uid);
    await service.answer();
    expect([undone?.finding.id, await undone?.done]).toEqual([finding.id, "open"]);
    expect(desk.undo(finding.study_uid)).toBeUndefined();
    expect(service.kept.get(other.id)).toBe("rejected");
  });
});
