import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { RecordLookup } from "./record-lookup";

test("the record says what it has", async () => {
  const lookup = new RecordLookup(async (uid) => (uid === "1.2" ? "abc" : undefined));
  expect(await lookup.sha256Of("1.2")).toBe("abc");
  expect(await lookup.sha256Of("1.3")).toBeUndefined();
});

test("a record that fails, or does not answer in time, says nothing", async () => {
  const failing = new RecordLookup(() => Promise.reject(new Error("away")));
  expect(await failing.sha256Of("1.2")).toBeUndefined();
  const silent = new RecordLookup(() => new Promise(() => undefined), 10);
  expect(await silent.sha256Of("1.2")).toBeUndefined();
});

test("while a question goes unanswered no other one is put; once it is answered they are again", async () => {
  const asked: string[] = [];
  let answer: (sha256: string) => void = () => undefined;
  const lookup = new RecordLookup((uid) => {
    asked.push(uid);
    return asked.length > 1
      ? Promise.resolve("def")
      : new Promise((resolve) => {
          answer = resolve;
        });
  }, 10);
  await lookup.sha256Of("1.1");
  expect(await lookup.sha256Of("1.2")).toBeUndefined();
  expect(asked).toEqual(["1.1"]);
  answer("abc");
  await setImmediate();
  expect(await lookup.sha256Of("1.3")).toBe("def");
});
