import { describe, expect, test } from "vitest";
import { subgroupColumns } from "./subgroup-values";

const casesOf = (name: string, values: readonly (string | number)[]) =>
  values.map((value) => ({ attributes: { [name]: value } }));
const orders = (name: string, values: readonly (string | number)[], only?: string[]) =>
  subgroupColumns(casesOf(name, values), only).map(({ order }) => order);

describe("subgroupColumns", () => {
  test("puts ages in bands, however few and however DICOM writes them", () => {
    expect(orders("age", [12, 45, 90])).toEqual([["< 18", "40 to < 60", "≥ 80"]]);
    expect(orders("PatientAge", ["006M", "045Y", "090Y"])).toEqual([["< 18", "40 to < 60", "≥ 80"]]);
    expect(orders("patient_age", ["012W", "020Y"])).toEqual([["< 18", "18 to < 40"]]);
  });

  test("takes a stage for no age", () => {
    expect(orders("stage", [1, 2, 3, 4])).toEqual([["1", "2", "3", "4"]]);
  });

  test("leaves out what names a case, but not what is known of the patient", () => {
    expect(orders("patient", ["P1", "P2"])).toEqual([]);
    expect(orders("patient_id", ["P1", "P2"])).toEqual([]);
    expect(orders("patient_sex", ["F", "M"])).toEqual([["F", "M"]]);
  });

  test("says which columns there are, where one that is asked for is not or has too many values", () => {
    expect(() => orders("site", ["a", "b"], ["stie"])).toThrow("no image has stie; known are site");
    const many = Array.from({ length: 13 }, (_, i) => `s${i}`);
    expect(() => orders("site", many, ["site"])).toThrow("site has 13 values, at most 12");
    expect(orders("site", many)).toEqual([]);
    expect(orders("site", ["a", "a"], ["site"])).toEqual([["a"]]);
  });

  test("knows no columns but those of the cases, whatever objects have", () => {
    expect(() => orders("site", ["a", "b"], ["constructor"])).toThrow("no image has constructor");
  });
});
