/**
 * @file ONNX Runtime as it is published for Linux and Windows reports its sessions to its maker, under a number that it keeps for the
 * machine, and leaves files in the temporary folder (`.ses`, `mat-debug-*.log`). Nothing of this software tells anybody anything.
 */

/**
 * To be called before the runtime's first session, and in the main thread before any worker begins: a thread has a copy of the
 * environment, which the runtime does not read.
 */
export function forbidTelemetry(): void {
  process.env.ORT_DISABLE_TELEMETRY = "1";
}
