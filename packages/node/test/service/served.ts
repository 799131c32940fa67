/**
 * @file The built `fovea serve` as a child that is stopped, killed and started again on the same data.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const PACKAGE = resolve(import.meta.dirname, "../..");
/** A loaded machine takes long to start. */
const PATIENCE_MS = 120_000;

export interface ServedOptions {
  /** Added to those of this process. */
  readonly environment?: Readonly<Record<string, string>>;
  /** What starts it; the command follows. @default nothing */
  readonly within?: readonly string[];
  /** Root of the package `node`, where this module is bundled elsewhere. */
  readonly packageFolder?: string;
  /** Of what it says, the last so many lines are kept. @default 200 */
  readonly lines?: number;
  /** Hears every line of both outputs. */
  readonly hear?: (line: string) => void;
}

export class Served {
  readonly #command: readonly string[];
  readonly #environment: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;
  readonly #said: string[] = [];
  readonly #lines: number;
  readonly #listener: ((line: string) => void) | undefined;
  /** `http://127.0.0.1:8042`, once it is ready. */
  url = "";
  /** Where it receives DICOM, if it does. */
  dimsePort = 0;

  /** @param options of `fovea serve` */
  constructor(
    options: readonly string[],
    { environment = {}, within = [], packageFolder = PACKAGE, lines = 200, hear }: ServedOptions = {},
  ) {
    if (!existsSync(join(packageFolder, "dist/cli/main.js"))) throw new Error("nothing is built: node build.mjs");
    this.#command = [...within, process.execPath, join(packageFolder, "bin/fovea.js"), "serve", ...options];
    this.#environment = environment;
    this.#lines = lines;
    this.#listener = hear;
  }

  /** What the first line that matches says in its first group. */
  said(pattern: RegExp): string | undefined {
    return this.#said.map((line) => pattern.exec(line)?.[1]).find((word) => word !== undefined);
  }

  /** All lines that are kept. */
  get transcript(): string {
    return this.#said.join("\n");
  }

  /** What it said last. */
  get complaint(): string {
    return this.#said.slice(-20).join("\n");
  }

  /** Starts it. @returns when it says its address, or has ended */
  async start(): Promise<void> {
    const [program, ...options] = this.#command;
    const env = { ...process.env, LC_ALL: "C.UTF-8", ...this.#environment };
    const child = spawn(program, options, { stdio: ["ignore", "pipe", "pipe"], env });
    this.#child = child;
    const ready = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`not ready in time:\n${this.complaint}`)), PATIENCE_MS);
      createInterface(child.stderr).on("line", (line) => {
        this.#hear(line);
        const [, dimsePort] = /^DICOM .* port (\d+)$/.exec(line) ?? [];
        if (dimsePort !== undefined) this.dimsePort = Number(dimsePort);
        const [, url] = /^Address\s+(\S+)/.exec(line) ?? [];
        if (url === undefined) return;
        this.url = url;
        clearTimeout(timer);
        resolve();
      });
      createInterface(child.stdout).on("line", (line) => this.#hear(line));
      child.once("exit", () => {
        clearTimeout(timer);
        resolve();
      });
    });
    await ready;
  }

  /** Of the process. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get isRunning(): boolean {
    return this.#child?.exitCode === null && this.#child.signalCode === null;
  }

  /** As if the power had gone. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** As an administrator would. @returns its exit code */
  async stop(): Promise<number | null> {
    await this.#end("SIGTERM");
    return this.#child?.exitCode ?? null;
  }

  #hear(line: string): void {
    this.#listener?.(line);
    this.#said.push(line);
    if (this.#said.length > this.#lines) this.#said.shift();
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.isRunning) return;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  }
}
