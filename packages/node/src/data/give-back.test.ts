import { createCipheriv } from "node:crypto";
import { describe, expect, test } from "vitest";
import { giveBack } from "./give-back";

describe("memory that is given back", () => {
  test("is gone at once, under all views on it", () => {
    const whole = new Uint8Array(65_536);
    const [first, last] = [whole.subarray(0, 1000), whole.subarray(1000)];
    giveBack(first);
    expect(whole).toHaveLength(65_536);
    giveBack(last);
    expect([whole.length, first.length, last.length]).toEqual([0, 0, 0]);
  });

  test("is that of what a cipher gave, too", () => {
    const sealed = createCipheriv("aes-256-gcm", new Uint8Array(32), new Uint8Array(12)).update(new Uint8Array(65_536));
    giveBack(sealed);
    expect(sealed).toHaveLength(0);
  });

  test("is not what many small buffers share", () => {
    const [one, other] = [Buffer.from("one"), Buffer.from("other")];
    giveBack(one);
    expect([one.toString(), other.toString()]).toEqual(["one", "other"]);
  });

  test("does not grow the process, a gigabyte of it", () => {
    for (let i = 0; i < 1000; i++) giveBack(new Uint8Array(2 ** 20));
    expect(process.memoryUsage().arrayBuffers).toBeLessThan(300 * 2 ** 20);
  });
});
