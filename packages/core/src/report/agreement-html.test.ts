import { describe, expect, test } from "vitest";
import { handReadings } from "../../test/readings";
import { agreementOf } from "../consensus/agreement";
import { consensusOf } from "../consensus/consensus";
import { worstDisagreements } from "../consensus/disagreements";
import { agreementHtml } from "./agreement-html";
import { type AgreementReport, agreementJson } from "./agreement-report";
import { lesionsCsv } from "./lesions-csv";

const readings = handReadings([
  { "a.png": [[0, 0, 10, 10]], "=b.png": [] },
  { "a.png": [[2, 0, 12, 10, 1]], "=b.png": [[50, 50, 70, 70]] },
]);
const consensus = consensusOf(readings);

const report: AgreementReport = {
  ...{ date: "2026-01-01", version: "0", categories: ["nodule", "mass"] },
  agreement: { ...agreementOf(readings, consensus, { resamples: 5 }), readers: ["<b>", "r2"] },
  settings: {
    ...{ method: "dbscan", iou: 0.4, minPoints: 2, sameReader: "split", perClass: false, minReaders: "majority" },
    ...{ minority: "ignore", volume: false, resamples: 5, seed: 0 },
  },
  pictures: worstDisagreements(readings, consensus).map((disagreement) => ({ disagreement })),
};

describe("agreementHtml", () => {
  test("is one page that escapes what readers wrote and fetches nothing", () => {
    const page = agreementHtml(report);
    expect(page).toContain("&lt;b&gt;");
    expect(page).not.toContain("<b>r");
    expect(page).not.toContain("NaN");
    expect(page).not.toMatch(/(src|href)="https?:/);
  });
});

describe("agreementJson", () => {
  test("has null for what is not a number, and names who missed a lesion", () => {
    const figures = JSON.parse(agreementJson(report));
    expect(figures.disagreements.map(({ file }: { file: string }) => file)).toEqual(["=b.png", "a.png"]);
    expect(figures.disagreements[0].missedBy).toEqual(["<b>"]);
    expect(agreementJson(report)).not.toContain("NaN");
  });
});

describe("lesionsCsv", () => {
  test("has a row for each box, and no formula", () => {
    const [head, first, second] = lesionsCsv(readings, consensus).split("\r\n");
    expect(head).toContain("lesion,file,patient,class,x1");
    // Mean of 0 and 2, weights equal.
    expect(first).toContain("0,a.png,a.png,nodule,1.00,0.00,11.00,10.00,2,2,1.0000");
    expect(second).toContain("'=b.png");
  });
});
