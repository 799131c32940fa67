import { describe, expect, test } from "vitest";
import { Random } from "../../math/random";
import { image } from "../image";
import { augmentation } from "./augmentation";
import { companySize, drawCompany, partSources } from "./company";

const source = (mark: number) => ({
  image: image(1, 1, 1, Uint8Array.of(mark)),
  labels: { rows: new Float32Array(0) },
});

describe("drawCompany", () => {
  test("asks for as many images as its parts take", () => {
    const all = augmentation({ mosaic: 1, mixup: 1, cutmix: 1, copy_paste: 1 });
    const company = drawCompany(all, true, new Random(1));
    expect(company).toEqual({ base: 4, mixup: 4, cutmix: 4, donors: 1 });
    expect(companySize(company)).toBe(13);
    expect(drawCompany(all, false, new Random(1))).toEqual({ base: 1, mixup: 0, cutmix: 0, donors: 0 });
  });

  test("draws no number for what never happens", () => {
    const [a, b] = [new Random(5), new Random(5)];
    drawCompany(augmentation(), true, a);
    b.chance(1);
    expect(a.state).toEqual(b.state);
  });
});

describe("partSources", () => {
  test("parts them in order", () => {
    const sources = [0, 1, 2, 3, 4].map(source);
    const company = { base: 1, mixup: 1, cutmix: 1, donors: 1 };
    const { base, partners } = partSources(sources, company);
    expect([base, partners.mixup, partners.cutmix, [partners.donor]]).toEqual([
      [sources[0]],
      [sources[1]],
      [sources[2]],
      [sources[3]],
    ]);
    expect(partSources([sources[0]], { base: 1, mixup: 0, cutmix: 0, donors: 0 }).partners).toEqual({});
  });
});
