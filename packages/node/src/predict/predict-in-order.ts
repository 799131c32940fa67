/**
 * @file Files to a crew, and what it finds back in the files' order.
 */
import type { PredictCrew } from "./crew";
import type { PredictJob } from "./file-predictor";
import type { PredictedImage } from "./predicted-image";

export interface InOrderOptions<J> {
  /** Asked before each file: true ends the run after those at hand. @default never */
  readonly shouldStop?: () => boolean;
  /** Files under way at once. @default as many as keep the crew busy */
  readonly atOnce?: number;
  /** Awaited before a file goes to the crew. @default nothing */
  readonly before?: (job: J) => Promise<void>;
}

/**
 * Hands jobs to the crew and their findings to `take`, one file after another. As many are under way as keep the crew
 * busy, and no more.
 *
 * @param take is told how many files are done, this one included
 * @returns files that were done
 * @throws what the crew, `before` or `take` throws, once nothing is under way
 */
export async function predictInOrder<J extends PredictJob>(
  crew: PredictCrew,
  jobs: readonly J[],
  take: (images: readonly PredictedImage[], done: number, job: J) => Promise<void>,
  { shouldStop = () => false, atOnce = crew.capacity, before }: InOrderOptions<J> = {},
): Promise<number> {
  const pending: { readonly job: J; readonly images: Promise<readonly PredictedImage[]> }[] = [];
  let next = 0;
  let done = 0;
  try {
    while (next < jobs.length || pending.length > 0) {
      if (shouldStop()) next = jobs.length;
      while (next < jobs.length && pending.length < atOnce) {
        const job = jobs[next++];
        await before?.(job);
        const images = crew.predict({ file: job.file, pictureName: job.pictureName });
        // Whoever awaits it below hears of a failure; until then it must not end the process.
        images.catch(() => undefined);
        pending.push({ job, images });
      }
      const first = pending.shift();
      if (first === undefined) break;
      await take(await first.images, ++done, first.job);
    }
  } finally {
    await Promise.allSettled(pending.map(({ images }) => images));
  }
  return done;
}
