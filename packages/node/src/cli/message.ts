/**
 * @file Lines for the user that are no results: they go to standard error, so that results can be redirected alone.
 */

export function warn(message: string): void {
  process.stderr.write(`warning: ${message}\n`);
}

/** Says so if images are far from those that the model was trained on: it finds much less in them. */
export function warnOfSize(trainedAt: number | undefined, imgsz: number): void {
  if (trainedAt === undefined || (imgsz < 2 * trainedAt && trainedAt < 2 * imgsz)) return;
  warn(`the model was trained on images of ${trainedAt} px and is used at ${imgsz}; consider --imgsz ${trainedAt}`);
}
