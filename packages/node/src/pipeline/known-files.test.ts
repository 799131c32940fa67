import { describe, expect, test, vi } from "vitest";
import type { InstanceRecord, SeriesRecord } from "../store/studies";
import { KnownFiles } from "./known-files";

function recordWith(sopUids: string[]) {
  const study = { studyUid: "9" } as SeriesRecord;
  return {
    findSeries: vi.fn(async () => (sopUids.length > 0 ? study : undefined)),
    sopUids: vi.fn(async (_series: string, limit: number) => sopUids.slice(0, limit)),
    findInstance: vi.fn(async (sopUid: string) => ({ sopUid, sha256: "5a" }) as InstanceRecord),
  };
}

describe("what the record has already", () => {
  test("asks the database once for all new images of a series", async () => {
    const studies = recordWith(["1.1"]);
    const known = new KnownFiles({ studies });
    for (const sopUid of ["1.2", "1.3", "1.4"]) expect(await known.find(sopUid, "1")).toEqual({ studyUid: "9" });
    expect(studies.sopUids).toHaveBeenCalledTimes(1);
    expect(studies.findSeries).toHaveBeenCalledTimes(1);
    expect(studies.findInstance).not.toHaveBeenCalled();
  });

  test("asks anew for an image that is listed, which may have been deleted meanwhile", async () => {
    const kept = new KnownFiles({ studies: recordWith(["1.1"]) });
    expect(await kept.find("1.1", "1")).toEqual({ studyUid: "9", sha256: "5a" });
    const deleted = new KnownFiles({ studies: { ...recordWith(["1.1"]), findInstance: async () => undefined } });
    expect(await deleted.find("1.1", "1")).toEqual({ studyUid: "9" });
  });

  test("knows an image that was filed since it asked, and the study of its series", async () => {
    const known = new KnownFiles({ studies: recordWith([]) });
    expect(await known.find("1.1", "1")).toEqual({});
    await known.add("1.1", "1", "9");
    expect(await known.find("1.1", "1")).toEqual({ studyUid: "9", sha256: "5a" });
    expect(await known.find("1.2", "1")).toEqual({ studyUid: "9" });
  });

  test("does not believe its list for ever, nor keep a very long one", async () => {
    const studies = recordWith(["1.1", "1.2", "1.3"]);
    const brief = new KnownFiles({ studies, believedMs: 0 });
    await brief.find("1.9", "1");
    await brief.find("1.9", "1");
    expect(studies.sopUids).toHaveBeenCalledTimes(2);
    const small = new KnownFiles({ studies, maxImages: 2 });
    expect(await small.find("1.9", "1")).toEqual({ studyUid: "9", sha256: "5a" });
  });

  test("remembers so many series at most, the oldest goes", async () => {
    const studies = recordWith([]);
    const known = new KnownFiles({ studies, maxSeries: 2 });
    for (const series of ["1", "2", "3", "1"]) await known.find("9", series);
    expect(studies.sopUids).toHaveBeenCalledTimes(4);
  });

  test("asks again after the database was away", async () => {
    const studies = recordWith([]);
    studies.sopUids.mockRejectedValueOnce(new Error("away"));
    const known = new KnownFiles({ studies });
    await expect(known.find("1.1", "1")).rejects.toThrow("away");
    expect(await known.find("1.1", "1")).toEqual({});
  });

  test("lets nobody wait for a list that takes too long", async () => {
    const studies = { ...recordWith(["1.1"]), sopUids: () => new Promise<never>(() => undefined) };
    // Below zero: what is not here at once takes too long.
    const known = new KnownFiles({ studies, patienceMs: -1 });
    expect(await known.find("1.1", "1")).toEqual({});
  });
});
