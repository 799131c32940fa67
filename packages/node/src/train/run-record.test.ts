import { expect, test } from "vitest";
import { parseRunRequest } from "./run-record";

const record = { data: "a.yaml", model: "yolov8n", names: ["nodule"], arguments: {} };

test.each(["skip", "refuse", undefined])("keeps what becomes of broken images: %s", (onProblem) => {
  const read = parseRunRequest(JSON.stringify({ ...record, onProblem }), "args.json");
  expect(read.onProblem).toBe(onProblem);
});

test("refuses another word for it", () => {
  expect(() => parseRunRequest(JSON.stringify({ ...record, onProblem: "ask" }), "args.json")).toThrow(
    'args.json: onProblem: "ask", expected skip or refuse',
  );
});
