/**
 * @file Lines for the user that are no results: they go to standard error, so that results can be redirected alone.
 */

export function warn(message: string): void {
  process.stderr.write(`warning: ${message}\n`);
}
