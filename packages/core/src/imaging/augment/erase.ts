/**
 * @file A rectangle of a training image hidden.
 *
 * Zhong et al., "Random erasing data augmentation", AAAI 2020, arXiv:1708.04896.
 */
import type { Random } from "../../math/random";
import type { ByteImage } from "../image";
import { overlapArea, rectangle } from "./mix";
import type { PlacedLabel } from "./move-labels";

/** Share of the image, and width by height, of what is hidden; as in the paper. */
const AREA = [0.02, 0.33] as const;
const ASPECT = [0.3, 1 / 0.3] as const;

/** Of no lesion may more be hidden: nobody could find it. */
const MAX_HIDDEN = 0.5;

const ATTEMPTS = 10;

/** Fills a random rectangle with `fill`, in place. Where ten places each hide most of a lesion, nothing is hidden. */
export function erase(image: ByteImage, labels: readonly PlacedLabel[], fill: number, random: Random): ByteImage {
  const { data, width, height, channels } = image;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const area = random.uniform(...AREA) * width * height;
    const aspect = Math.exp(random.uniform(Math.log(ASPECT[0]), Math.log(ASPECT[1])));
    const place = rectangle(random, width, height, Math.sqrt(area * aspect), Math.sqrt(area / aspect));
    const hides = (label: PlacedLabel) =>
      overlapArea(label, place) > MAX_HIDDEN * (label.x2 - label.x1) * (label.y2 - label.y1);
    if (labels.some(hides)) continue;
    for (let y = place.y1; y < place.y2; y++) {
      data.fill(fill, (y * width + place.x1) * channels, (y * width + place.x2) * channels);
    }
    return image;
  }
  return image;
}
