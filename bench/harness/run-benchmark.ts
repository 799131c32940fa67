/**
 * @file The outermost call of a benchmark: what goes wrong is told in a line or two, without a stack.
 */

/** Runs `main`; its error, if any, is printed and makes the exit code 1. */
export async function runBenchmark(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    console.error(`bench: ${error instanceof Error ? error.message : error}`);
    // Children still waiting at a read would keep this process alive; they end with it.
    process.exit(1);
  }
}
