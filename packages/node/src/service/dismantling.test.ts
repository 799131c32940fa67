import { expect, test } from "vitest";
import { Dismantling } from "./dismantling";

const closing = (name: string, closed: string[], failure?: Error) => async () => {
  closed.push(name);
  if (failure !== undefined) throw failure;
};

test("what was put together is closed once, the last first, also where a part fails", async () => {
  const [parts, closed] = [new Dismantling(), [] as string[]];
  const failure = new Error("the second");
  expect(parts.add("a part", closing("first", closed))).toBe("a part");
  parts.add(2, closing("second", closed, failure));
  parts.add(3, closing("third", closed, new Error("the third")));
  const twice = [parts.close(), parts.close()];
  await expect(twice[0]).rejects.toThrow("the third");
  await expect(twice[1]).rejects.toThrow("the third");
  expect(closed).toEqual(["third", "second", "first"]);
});

test("why something did not start is told, though closing what had started fails too", async () => {
  const [parts, closed] = [new Dismantling(), [] as string[]];
  parts.add(1, closing("first", closed));
  parts.add(2, closing("second", closed, new Error("closing")));
  const reason = new Error("no such model");
  await expect(parts.abandon(reason)).rejects.toBe(reason);
  expect(closed).toEqual(["second", "first"]);
});
