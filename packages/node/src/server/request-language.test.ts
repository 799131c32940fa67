import { expect, test } from "vitest";
import { requestLanguage } from "./request-language";

test.each([
  ["en", "zh-CN", "en"],
  ["zh", "en", "zh"],
  [undefined, undefined, "zh"],
  [undefined, "", "zh"],
  [undefined, "zh-CN,zh;q=0.9,en;q=0.8", "zh"],
  [undefined, "en-US,en;q=0.9", "en"],
  // RFC 9110 12.4.2: weights order, whatever the order of the list; 0 means not at all.
  [undefined, "en;q=0.3, zh;q=0.7", "zh"],
  [undefined, "zh;q=0, en", "en"],
  [undefined, "*", "zh"],
  [undefined, "fr,de;q=0.5", "en"],
  [undefined, "fr, en;q=0.1", "en"],
  [undefined, ";;;=,q=", "en"],
] as const)("?lang=%s and Accept-Language %s give %s", (lang, header, expected) => {
  expect(requestLanguage(lang, header)).toBe(expected);
});
