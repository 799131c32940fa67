/**
 * @file The end of the HTTP service.
 */
import type { App } from "./app-parts";

/**
 * Takes no more requests, and finishes those under way. After `graceMs` their lines are cut: else one who sends a byte a minute
 * would keep the service from ending. A cut request leaves nothing, and its client was told nothing.
 */
export async function closeApp(app: App, graceMs = 10_000): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), graceMs);
  await app.close().finally(() => clearTimeout(timer));
}
