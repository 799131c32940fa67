import { PassThrough } from "node:stream";
import { finished } from "node:stream/promises";
import { expect, test } from "vitest";
import { UnsentAnswers } from "./unsent-answers";

test("UnsentAnswers has no room while answers lie there, and has it again when they are taken or their readers are gone", async () => {
  const unsent = new UnsentAnswers(100);
  const [slow, gone] = [new PassThrough(), new PassThrough()];
  unsent.hold(slow, 60);
  expect(() => unsent.checkRoom()).not.toThrow();
  unsent.hold(gone, 40);
  expect(() => unsent.checkRoom()).toThrow(expect.objectContaining({ code: "busy" }));
  expect(() => unsent.hold(new PassThrough(), 1)).toThrow(expect.objectContaining({ code: "busy" }));
  gone.destroy();
  await finished(gone).catch(() => undefined);
  expect(() => unsent.checkRoom()).not.toThrow();
  unsent.hold(new PassThrough(), 40);
  expect(() => unsent.checkRoom()).toThrow(expect.objectContaining({ code: "busy" }));
  slow.end();
  slow.resume();
  await finished(slow);
  expect(() => unsent.checkRoom()).not.toThrow();
});
