/**
 * @file `fovea serve` as a child that is killed and started again on the same data.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";

const PATIENCE_MS = 120_000;

const MAIN = resolve(import.meta.dirname, "../../bin/fovea.js");

export interface ServedSettings {
  /** Beside this process's own. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Hears every line of both outputs. */
  readonly hear?: (line: string) => void;
}

export class Served {
  readonly #arguments: readonly string[];
  #child: ChildProcess | undefined;
  readonly #said: string[] = [];
  readonly #settings: ServedSettings;
  /** `http://127.0.0.1:8042`, once it is ready. */
  url = "";

  /**
   * @param options of `fovea serve`
   * @param main path of the command line
   */
  constructor(options: readonly string[], main: string = MAIN, settings: ServedSettings = {}) {
    this.#arguments = [main, "serve", ...options];
    this.#settings = settings;
  }

  /** What the first line that matches says in its first group. */
  said(pattern: RegExp): string | undefined {
    return this.#said.map((line) => pattern.exec(line)?.[1]).find((word) => word !== undefined);
  }

  /** What it said last. */
  get complaint(): string {
    return this.#said.slice(-20).join("\n");
  }

  /** Starts it. @returns when it says its address, or has ended */
  async start(): Promise<void> {
    const env = { ...process.env, ...this.#settings.environment };
    const child = spawn(process.execPath, this.#arguments, { stdio: ["ignore", "pipe", "pipe"], env });
    this.#child = child;
    const ready = new Promise<void>((ready, reject) => {
      const timer = setTimeout(() => reject(new Error(`not ready in time:\n${this.complaint}`)), PATIENCE_MS);
      const hear = (line: string) => {
        this.#settings.hear?.(line);
        this.#said.push(line);
        if (this.#said.length > 200) this.#said.shift();
        const [, url] = /^Address\s+(\S+)/.exec(line) ?? [];
        if (url === undefined) return;
        this.url = url;
        clearTimeout(timer);
        ready();
      };
      createInterface(child.stderr).on("line", hear);
      createInterface(child.stdout).on("line", hear);
      child.once("exit", () => {
        clearTimeout(timer);
        ready();
      });
    });
    await ready;
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

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.isRunning) return;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  }
}
