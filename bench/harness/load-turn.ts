/**
 * @file One turn of load: clients in a process of their own, the service's memory watched meanwhile.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";

/** What the clients are told. */
export interface LoadOrder {
  readonly url: string;
  readonly clients: number;
  /** 0: every file once. */
  readonly seconds: number;
  readonly files: readonly string[];
}

/** What came of a turn. */
export interface LoadAnswer {
  readonly ms: number;
  /** Of each request, ms. */
  readonly times: readonly number[];
  /** Detections by file, where every file was sent once. */
  readonly counts: Readonly<Record<string, number>>;
  /** The first few. */
  readonly errors: readonly string[];
  readonly failed: number;
}

export class LoadClients {
  readonly pid: number;
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(script: string) {
    this.#process = spawn(process.execPath, [script], { stdio: ["pipe", "pipe", "inherit"] });
    this.pid = this.#process.pid ?? 0;
    if (!this.#process.stdout) throw new Error("unreachable: the streams are pipes");
    this.#lines = createInterface(this.#process.stdout)[Symbol.asyncIterator]();
  }

  static async start(script: string): Promise<LoadClients> {
    const clients = new LoadClients(script);
    await clients.#lines.next();
    return clients;
  }

  async turn(order: LoadOrder): Promise<LoadAnswer> {
    this.#process.stdin?.write(`${JSON.stringify(order)}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("the clients' process has ended");
    return JSON.parse(value);
  }

  stop(): void {
    this.#process.kill();
  }
}

/** Resident memory of a process and all that it started, MiB; pages that they share count in each. */
function residentMib(pid: number): number {
  try {
    const own = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
    const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean).map(Number),
    );
    return children.reduce((sum, child) => sum + residentMib(child), own);
  } catch {
    return 0; // It has just ended.
  }
}

/** Runs `work` and looks at a process's memory every second meanwhile. */
export async function withMemory<T>(pid: number, work: () => Promise<T>): Promise<{ result: T; rssMib: number[] }> {
  const rssMib: number[] = [];
  const look = setInterval(() => rssMib.push(Math.round(residentMib(pid))), 1000);
  try {
    const result = await work();
    return { result, rssMib };
  } finally {
    clearInterval(look);
  }
}
