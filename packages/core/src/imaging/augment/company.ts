/**
 * @file Which other images a training image needs: for a mosaic, to mix with, to take lesions from.
 */
import type { Random } from "../../math/random";
import type { Augmentation } from "./augmentation";
import type { Source } from "./tile";

/** How many source images each part takes, in the order in which they follow one another. */
export interface Company {
  /** 4 for a mosaic, otherwise 1. */
  readonly base: number;
  /** To blend with: as many as the base, or 0. */
  readonly mixup: number;
  /** To cut a piece from: as many as the base, or 0. */
  readonly cutmix: number;
  /** To take lesions from: 1 or 0. */
  readonly donors: number;
}

/** Sources beside those of the training image itself. */
export interface Partners {
  readonly mixup?: readonly Source[];
  readonly cutmix?: readonly Source[];
  readonly donor?: Source;
}

/**
 * The company of one training image. What has the probability 0 draws no number, so that it leaves all others as they are.
 *
 * @param together false in the epochs at the end that show images alone: no mosaic, no mixing, no pasting
 */
export function drawCompany(
  { mosaic, mixup, cutmix, copy_paste }: Augmentation,
  together: boolean,
  random: Random,
): Company {
  const base = random.chance(mosaic) && together ? 4 : 1;
  const wanted = (p: number) => p > 0 && random.chance(p) && together;
  return {
    base,
    mixup: wanted(mixup) ? base : 0,
    cutmix: wanted(cutmix) ? base : 0,
    donors: wanted(copy_paste) ? 1 : 0,
  };
}

/** All images that `company` takes. */
export function companySize({ base, mixup, cutmix, donors }: Company): number {
  return base + mixup + cutmix + donors;
}

/** Sources in the order of the company, parted. */
export function partSources(
  sources: readonly Source[],
  { base, mixup, cutmix, donors }: Company,
): { readonly base: readonly Source[]; readonly partners: Partners } {
  const after = base + mixup;
  return {
    base: sources.slice(0, base),
    partners: {
      mixup: mixup > 0 ? sources.slice(base, after) : undefined,
      cutmix: cutmix > 0 ? sources.slice(after, after + cutmix) : undefined,
      donor: donors > 0 ? sources[after + cutmix] : undefined,
    },
  };
}
