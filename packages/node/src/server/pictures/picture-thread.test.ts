import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { dicomBytes, greyElements } from "../../../../core/test/dicom-bytes";
import { type PictureFile, PictureThread } from "./picture-thread";

const NAMES = { studyUid: "1.2", seriesUid: "1.2.3", sopUid: "1.2.3.4" };
/** Of the service: 64 may wait. */
const ROOM = 64;

const thread = new PictureThread();
afterAll(() => thread.close());

let reads: string[] = [];
let atOnce = 0;
let mostAtOnce = 0;
beforeEach(() => {
  reads = [];
  mostAtOnce = 0;
});

/** Two frames of one row, whose values are `first` and the ones after it. */
function file(key: string, first = 0): PictureFile {
  const pixels = new Uint8Array(Uint16Array.from([first, first + 1, first + 2, first + 3]).buffer);
  const bytes = dicomBytes(greyElements(1, 2, pixels, [[0x00280008, "IS", "2"]]));
  return {
    key,
    read: async () => {
      reads.push(key);
      mostAtOnce = Math.max(mostAtOnce, ++atOnce);
      await new Promise(setImmediate);
      atOnce--;
      return bytes.slice();
    },
  };
}

const values = async (of: PictureFile, frame: number) => [
  ...new Uint16Array((await thread.values(of, frame)).slice().buffer),
];

describe("PictureThread", () => {
  test("reads a file once for all that is asked of it in a row, and again after another", async () => {
    const [a, b] = [file("a"), file("b", 10)];
    expect((await thread.describe(a, NAMES)).frames).toBe(2);
    expect(await Promise.all([values(a, 0), values(a, 1), values(a, 0)])).toEqual([
      [0, 1],
      [2, 3],
      [0, 1],
    ]);
    expect(await values(b, 1)).toEqual([12, 13]);
    expect(await values(a, 1)).toEqual([2, 3]);
    expect(reads).toEqual(["a", "b", "a"]);
  });

  test("holds no file of those that wait: one is read at a time, and none of one too many", async () => {
    const asked = Array.from({ length: ROOM + 1 }, (_, i) => thread.describe(file(`many ${i}`), NAMES));
    const outcomes = await Promise.allSettled(asked);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(ROOM);
    expect(outcomes[ROOM]).toMatchObject({ status: "rejected", reason: { code: "busy" } });
    expect(mostAtOnce).toBe(1);
    expect(reads).toHaveLength(ROOM);
  });

  test("lets the picture that is being made be finished when it is closed, and refuses those that wait", async () => {
    const closed = new PictureThread();
    const first = file("first");
    let read: PictureFile["read"] = first.read;
    const begun = new Promise<void>((resolve) => {
      read = () => {
        resolve();
        return first.read();
      };
    });
    const asked = [
      closed.describe({ ...first, read }, NAMES),
      closed.describe(file("second"), NAMES),
      closed.values(file("third"), 0),
    ];
    const settled = Promise.allSettled(asked);
    await begun;
    await closed.close();
    const outcomes = await settled;
    expect(outcomes[0]).toMatchObject({ status: "fulfilled", value: { frames: 2 } });
    for (const outcome of outcomes.slice(1)) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "interrupted" } });
    }
    expect(reads).toEqual(["first"]);
  });

  test("goes on after a file that cannot be read or opened, and does not take it for the one before", async () => {
    const good = file("good");
    const gone = {
      key: "gone",
      read: async () => {
        throw new Error("gone");
      },
    };
    await values(good, 0);
    await expect(thread.values(gone, 0)).rejects.toThrow("gone");
    const broken = { key: "broken", read: async () => Buffer.from("{}") };
    await expect(thread.values(broken, 0)).rejects.toMatchObject({ code: "invalid_dicom" });
    await expect(thread.values(broken, 0)).rejects.toMatchObject({ code: "invalid_dicom" });
    await expect(thread.values(good, 9)).rejects.toMatchObject({ code: "not_found" });
    expect(await values(good, 1)).toEqual([2, 3]);
  });
});
