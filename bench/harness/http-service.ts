/**
 * @file A service under load: started, waited for, ended.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import type { Command } from "./child";

const START_MS = 60_000;

export interface HttpService {
  readonly label: string;
  readonly pid: number;
  readonly url: string;
  stop(): Promise<void>;
}

/** A port of loopback that nobody uses. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (address !== null && typeof address === "object" ? resolve(address.port) : reject(address)));
    });
  });
}

/**
 * Starts a service and waits until it answers at all on `port`.
 *
 * @throws {Error} with the last lines that it wrote, if it ends or never answers
 */
export async function startService(command: Command, port: number): Promise<HttpService> {
  const child = spawn(command.executable, command.arguments, {
    env: { ...process.env, ...command.environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  const listen = (text: Buffer) => {
    said = (said + text.toString()).slice(-4000);
  };
  child.stdout.on("data", listen);
  child.stderr.on("data", listen);
  child.on("error", (error) => listen(Buffer.from(error.message)));
  const url = `http://127.0.0.1:${port}`;
  const until = performance.now() + START_MS;
  while (!(await answers(url))) {
    if (child.exitCode !== null || performance.now() > until) {
      child.kill("SIGKILL");
      throw new Error(`${command.label} does not answer:\n${said}`);
    }
    await sleep(200);
  }
  return { label: command.label, pid: child.pid ?? 0, url, stop: () => stop(child) };
}

async function answers(url: string): Promise<boolean> {
  try {
    await (await fetch(url)).text();
    return true;
  } catch {
    return false;
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), 10_000);
  await ended;
  clearTimeout(late);
}
