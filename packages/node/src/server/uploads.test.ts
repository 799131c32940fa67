import { expect, test } from "vitest";
import { UploadBudget } from "./upload-budget";
import { wholeFile } from "./uploads";

async function* pieces(...sizes: readonly number[]) {
  for (const size of sizes) yield Buffer.alloc(size, 1);
}

test("a file is put together from its pieces, and its memory is given back once", async () => {
  const budget = new UploadBudget(100);
  const upload = await wholeFile({ filename: "a", content: pieces(10, 20) }, budget);
  expect(upload.bytes).toEqual(Buffer.alloc(30, 1));
  expect(budget.used).toBe(30);
  upload.release();
  upload.release();
  expect(budget.used).toBe(0);
});

test("a file beyond what is left is refused, and nothing of it stays", async () => {
  const budget = new UploadBudget(100);
  const refused = wholeFile({ filename: "a", content: pieces(60, 60) }, budget);
  await expect(refused).rejects.toMatchObject({ code: "busy" });
  expect(budget.used).toBe(0);
});

test("a file that was cut off at the limit is too large", async () => {
  const budget = new UploadBudget(100);
  const content = Object.assign(pieces(10), { truncated: true });
  await expect(wholeFile({ filename: "a", content }, budget)).rejects.toMatchObject({ statusCode: 413 });
  expect(budget.used).toBe(0);
});
