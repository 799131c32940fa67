import { describe, expect, test } from "vitest";
import { CHINESE } from "./chinese";
import { fileSize, localTime, measure, personName, studyDate, wholePercent } from "./clinical-text";
import { ENGLISH } from "./english";
import { fill, preferredLanguage } from "./language";

const partsOf = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([part]) => part).sort();

describe("the sentences", () => {
  test("are the same in both languages, and none is empty", () => {
    expect(Object.keys(CHINESE).sort()).toEqual(Object.keys(ENGLISH).sort());
    for (const text of [...Object.values(CHINESE), ...Object.values(ENGLISH)]) expect(text.trim()).not.toBe("");
  });

  test("have the same parts to fill in", () => {
    for (const [key, english] of Object.entries(ENGLISH)) {
      expect(partsOf(CHINESE[key as keyof typeof ENGLISH]), key).toEqual(partsOf(english));
    }
  });

  test("are Chinese in Chinese, but for signs and the name of the other language", () => {
    const without = Object.entries(CHINESE).filter(([, text]) => !/\p{Script=Han}/u.test(text));
    const signs = ["app.signedInAs", "app.switchLanguage", "error.detailed", "findings.size", "worklist.noFindingsYet"];
    expect(without.map(([key]) => key).sort()).toEqual(signs);
  });
});

describe("fileSize", () => {
  // Thousands, as disks and networks count: 525,612 bytes are 525.6 kB; from 999.5 kB on it rounds to a million.
  test.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1 kB"],
    [525_612, "526 kB"],
    [999_499, "999 kB"],
    [999_500, "1.0 MB"],
    [8_440_000, "8.4 MB"],
  ])("writes %i bytes as %s", (bytes, text) => {
    expect(fileSize(bytes)).toBe(text);
  });
});

describe("fill", () => {
  test("puts parts in, as often as they stand there, and leaves others", () => {
    expect(fill("{a} of {b}, {a}", { a: 1 })).toBe("1 of {b}, 1");
  });
});

describe("preferredLanguage", () => {
  test("is the first that the page speaks", () => {
    expect(preferredLanguage(["fr-FR", "zh-TW", "en"])).toBe("zh");
    expect(preferredLanguage(["en-GB", "zh"])).toBe("en");
    expect(preferredLanguage(["fr"])).toBe("en");
  });
});

describe("clinical text", () => {
  test("has the ideographic name for Chinese readers", () => {
    expect(personName("Wang^XiaoDong=王^小东", "zh")).toBe("王小东");
    expect(personName("Wang^XiaoDong=王^小东", "en")).toBe("Wang XiaoDong");
    expect(personName("Miller^Anna^^Dr", "zh")).toBe("Miller Anna Dr");
    expect(personName("=王^小东", "en")).toBe("王小东");
  });

  test("writes dates and times so that they sort", () => {
    expect(studyDate("20261126")).toBe("2026-11-26");
    expect(studyDate("unknown")).toBe("unknown");
    expect(localTime("2026-11-26T12:34:56Z")).toMatch(/^2026-11-2[67] \d\d:\d4$/);
  });

  test("does not round a confidence up to certainty", () => {
    expect([0.999, 1, 0.505, 0].map(wholePercent)).toEqual([99, 100, 51, 0]);
  });

  test("gives small sizes one decimal", () => {
    expect([measure(9.96), measure(99.96), measure(250)]).toEqual(["10.0", "100", "250"]);
  });
});
