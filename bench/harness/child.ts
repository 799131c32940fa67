/**
 * @file A child process that does one step when asked, and sits at a read otherwise.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

import { type Answer, parseLine } from "./protocol";

/** How to start a child. */
export interface Command {
  /** What tables call it, e.g. `"PyTorch channels_last"`. */
  readonly label: string;
  readonly executable: string;
  readonly arguments: readonly string[];
  /** Added to the environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

const QUIET_LINES = 20;

export class Child {
  readonly label: string;
  readonly pid: number;
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #complaints: string[] = [];

  private constructor(command: Command) {
    this.label = command.label;
    this.#process = spawn(command.executable, command.arguments, {
      env: { ...process.env, ...command.environment },
      stdio: ["pipe", "pipe", "pipe"],
    });
    const { stdout, stderr } = this.#process;
    if (!stdout || !stderr) throw new Error("unreachable: the streams are pipes");
    // A child that cannot start, or has died, is told of by the missing line.
    this.#process.on("error", (error) => this.#complaints.push(error.message));
    this.#process.stdin?.on("error", () => {});
    createInterface(stderr).on("line", (line) => {
      this.#complaints.push(line);
      if (this.#complaints.length > QUIET_LINES) this.#complaints.shift();
    });
    this.#lines = createInterface(stdout)[Symbol.asyncIterator]();
    this.pid = this.#process.pid ?? 0;
  }

  /** Starts `command` and waits until it is ready. */
  static async start(command: Command): Promise<Child> {
    const child = new Child(command);
    if ((await child.#read()) !== "ready") throw new Error(`${child.label}: answered before it was asked`);
    return child;
  }

  async #read(): Promise<"ready" | Answer> {
    const { value, done } = await this.#lines.next();
    if (done) {
      // Whatever it wrote last arrives after its output has closed.
      await new Promise((resolve) => setTimeout(resolve, 200));
      throw new Error(`${this.label} ended:\n  ${this.#complaints.join("\n  ")}`);
    }
    return parseLine(value);
  }

  /** Has the child do one step. */
  async step(argument = ""): Promise<Answer> {
    this.#process.stdin?.write(`step ${argument}\n`);
    const answer = await this.#read();
    if (answer === "ready") throw new Error(`${this.label}: said ready twice`);
    return answer;
  }

  stop(): void {
    this.#process.stdin?.end();
    this.#process.kill();
  }
}
