import { FoveaError } from "@fovea/core/errors";
import { describe, expect, test } from "vitest";
import type { PacsPeer } from "../pacs/peer";
import type { Wanted } from "../pacs/query-client";
import { type Brought, fetchLeft, seriesLeft } from "./lacking-images";

const STUDY = "1.2";
const signal = new AbortController().signal;

type Answers = Partial<Record<"STUDY" | "SERIES" | "IMAGE", readonly Record<string, string>[]>>;

/** A PACS that has two images in series 1.2.1 and one in 1.2.2, unless `said` answers otherwise. */
function pacs(said: Answers = {}): Pick<PacsPeer, "find"> {
  const images = ["1.2.1.1", "1.2.1.2", "1.2.2.1"];
  const answers = {
    STUDY: [{ StudyInstanceUID: STUDY, NumberOfStudyRelatedInstances: "3" }],
    SERIES: [
      { SeriesInstanceUID: "1.2.1", NumberOfSeriesRelatedInstances: "2" },
      { SeriesInstanceUID: "1.2.2", NumberOfSeriesRelatedInstances: "1" },
    ],
    ...said,
  };
  return {
    async *find(level, query) {
      const ofSeries = images.filter((uid) => uid.startsWith(`${query.SeriesInstanceUID}.`));
      const found =
        level === "IMAGE" ? (said.IMAGE ?? ofSeries.map((uid) => ({ SOPInstanceUID: uid }))) : answers[level];
      yield* found;
    },
  };
}

const filed =
  (...here: string[]) =>
  async (_: string, listed: readonly string[]) =>
    new Set(listed.filter((uid) => here.includes(uid)));

describe("what is left of a study", () => {
  test("is what was not filed; a series of which nothing was comes as a whole", async () => {
    expect(await seriesLeft(pacs(), { studyUid: STUDY }, filed("1.2.1.2"), signal)).toEqual([
      { studyUid: STUDY, seriesUid: "1.2.1", here: 1, lacking: ["1.2.1.1"] },
      { studyUid: STUDY, seriesUid: "1.2.2", here: 0, lacking: "all" },
    ]);
    expect(await seriesLeft(pacs(), { studyUid: STUDY, seriesUid: "1.2.2" }, filed("1.2.2.1"), signal)).toEqual([
      { studyUid: STUDY, seriesUid: "1.2.2", here: 1, lacking: [] },
    ]);
  });

  test("is the series as a whole where the list has fewer images than the PACS counts", async () => {
    const cut = pacs({ IMAGE: [{ SOPInstanceUID: "1.2.1.1" }] });
    expect(await seriesLeft(cut, { studyUid: STUDY }, filed("1.2.1.1"), signal)).toMatchObject([
      { seriesUid: "1.2.1", here: 0, lacking: "all" },
      { seriesUid: "1.2.2", here: 1, lacking: [] },
    ]);
  });

  test.each<[string, Answers]>([
    ["knows no such study", { SERIES: [] }],
    ["tells no number of a series", { SERIES: [{ SeriesInstanceUID: "1.2.1" }] }],
    ["tells no number of the study", { STUDY: [{ StudyInstanceUID: STUDY }] }],
    [
      "counts more in the study than in its series",
      { STUDY: [{ StudyInstanceUID: STUDY, NumberOfStudyRelatedInstances: "4" }] },
    ],
    ["gives no UID", { SERIES: [{ SeriesInstanceUID: "", NumberOfSeriesRelatedInstances: "3" }] }],
  ])("is not known where the PACS %s", async (_, said) => {
    expect(await seriesLeft(pacs(said), { studyUid: STUDY }, filed("1.2.1.1"), signal)).toBeUndefined();
  });

  test("is not known of a PACS that answers no queries; one that is away is tried again", async () => {
    const failing = (code: "peer_refused" | "peer_unreachable"): Pick<PacsPeer, "find"> => ({
      // biome-ignore lint/correctness/useYield: it fails before its first answer
      async *find() {
        throw new FoveaError(code, "no");
      },
    });
    expect(await seriesLeft(failing("peer_refused"), { studyUid: STUDY }, filed(), signal)).toBeUndefined();
    const away = seriesLeft(failing("peer_unreachable"), { studyUid: STUDY }, filed(), signal);
    await expect(away).rejects.toMatchObject({ code: "peer_unreachable" });
  });
});

describe("fetching what is left", () => {
  const uids = (n: number) => Array.from({ length: n }, (_, i) => `1.2.1.${i + 1}`);
  const refusal = new FoveaError("peer_refused", "no");

  async function fetching(lacking: readonly string[] | "all", answer: (wanted: Wanted) => Brought) {
    const asked: Wanted[] = [];
    const brought = await fetchLeft([{ studyUid: STUDY, seriesUid: "1.2.1", here: 7, lacking }], async (wanted) => {
      asked.push(wanted);
      return answer(wanted);
    });
    return { brought, asked: asked.map(({ sopUids }) => sopUids?.length) };
  }
  const all = ({ sopUids }: Wanted): Brought => ({ stored: sopUids?.length ?? 3, refused: 0 });

  test("asks for many together, and counts what is here", async () => {
    expect(await fetching(uids(120), all)).toEqual({ brought: { stored: 127, refused: 0 }, asked: [50, 50, 20] });
    expect(await fetching("all", all)).toEqual({ brought: { stored: 10, refused: 0 }, asked: [undefined] });
    expect(await fetching([], all)).toEqual({ brought: { stored: 7, refused: 0 }, asked: [] });
  });

  test.each<[string, Brought]>([
    ["refuses lists of UIDs", { stored: 0, refused: 0, failure: refusal }],
    ["finds nothing by them", { stored: 0, refused: 0 }],
    ["takes the first of them alone", { stored: 1, refused: 0 }],
  ])("asks for each by itself where the PACS %s", async (_, said) => {
    const single = (wanted: Wanted) => (wanted.sopUids?.length === 1 ? all(wanted) : said);
    expect(await fetching(uids(3), single)).toEqual({ brought: { stored: 10, refused: 0 }, asked: [3, 1, 1, 1] });
  });

  test("goes on after one that does not come, and tells of it", async () => {
    const without = (wanted: Wanted) =>
      wanted.sopUids?.includes("1.2.1.2")
        ? { ...all(wanted), stored: wanted.sopUids.length - 1, failure: refusal }
        : all(wanted);
    expect(await fetching(uids(60), without)).toEqual({
      ...{ brought: { stored: 66, refused: 0, failure: refusal }, asked: [50, 10] },
    });
    const { brought } = await fetching(uids(1), () => ({ stored: 0, refused: 0 }));
    expect(brought).toMatchObject({ stored: 7, failure: { code: "peer_refused" } });
  });

  test("stops where not one of many comes", async () => {
    const none = () => ({ stored: 0, refused: 0, failure: refusal });
    expect(await fetching(uids(120), none)).toEqual({
      ...{ brought: { stored: 7, refused: 0, failure: refusal }, asked: [50, ...Array(50).fill(1)] },
    });
  });
});
