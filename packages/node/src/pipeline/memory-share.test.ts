import { describe, expect, test } from "vitest";
import { MemoryShare } from "./memory-share";

/** Works that begin when they may, and end when they are told to. */
function works(share: MemoryShare) {
  const [begun, ends] = [[] as string[], new Map<string, (error?: Error) => void>()];
  const begin = (name: string, bytes: number) =>
    share.within(bytes, () => {
      begun.push(name);
      return new Promise<void>((resolve, reject) => {
        ends.set(name, (error) => (error ? reject(error) : resolve()));
      });
    });
  return { begun, begin, end: (name: string, error?: Error) => ends.get(name)?.(error) };
}

describe("shared memory", () => {
  test("is given while it lasts, then in the order of asking: a large share is not passed over", async () => {
    const { begun, begin, end } = works(new MemoryShare(100));
    const all = [begin("a", 60), begin("b", 40), begin("large", 90), begin("c", 10)];
    expect(begun).toEqual(["a", "b"]);
    end("b");
    await all[1];
    // 40 are free; 90 do not fit, and 10 wait behind them.
    expect(begun).toEqual(["a", "b"]);
    end("a");
    await all[0];
    await Promise.resolve();
    expect(begun).toEqual(["a", "b", "large", "c"]);
    for (const name of ["large", "c"]) end(name);
    await Promise.all(all);
  });

  test("is given whole to somebody who wants more than there is, alone", async () => {
    const { begun, begin, end } = works(new MemoryShare(100));
    const all = [begin("huge", 500), begin("small", 1)];
    expect(begun).toEqual(["huge"]);
    end("huge");
    await all[0];
    await Promise.resolve();
    expect(begun).toEqual(["huge", "small"]);
    end("small");
    await Promise.all(all);
  });

  test("comes back from work that fails", async () => {
    const { begun, begin, end } = works(new MemoryShare(100));
    const all = [begin("a", 100), begin("b", 100)];
    end("a", new Error("no"));
    await expect(all[0]).rejects.toThrow("no");
    await Promise.resolve();
    expect(begun).toEqual(["a", "b"]);
    end("b");
    await all[1];
  });
});
