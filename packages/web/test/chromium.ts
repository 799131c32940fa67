/**
 * @file Chromium, worked over its debugging pipe: null-terminated JSON on file descriptors 3 and 4.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Path of a Chromium, or undefined where there is none. `CHROMIUM` names another. */
export const chromiumPath = [process.env.CHROMIUM ?? "", ...PLACES].find((path) => path !== "" && existsSync(path));

interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** The browser and one tab of it. */
export class Chromium {
  /** Errors of the console, exceptions that nobody caught, violations of the content security policy. */
  readonly complaints: string[] = [];
  readonly #process: ChildProcess;
  readonly #profile: string;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #session: string | undefined;
  #number = 0;

  private constructor(path: string, flags: readonly string[]) {
    this.#profile = mkdtempSync(join(tmpdir(), "fovea-chromium-"));
    const always = ["--headless=new", "--no-sandbox", "--no-first-run", "--hide-scrollbars", "--mute-audio"];
    const quiet = [
      "--disable-extensions",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ];
    this.#process = spawn(
      path,
      [...always, ...quiet, ...flags, `--user-data-dir=${this.#profile}`, "--remote-debugging-pipe", "about:blank"],
      { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] },
    );
    let rest = Buffer.alloc(0);
    (this.#process.stdio[4] as Readable).on("data", (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      for (let end = rest.indexOf(0); end >= 0; end = rest.indexOf(0)) {
        this.#receive(JSON.parse(rest.subarray(0, end).toString()) as Answer);
        rest = rest.subarray(end + 1);
      }
    });
  }

  static async open(path: string, flags: readonly string[] = []): Promise<Chromium> {
    const browser = new Chromium(path, flags);
    const { targetInfos } = await browser.send("Target.getTargets");
    const page = (targetInfos as { type: string; targetId: string }[]).find(({ type }) => type === "page");
    const { sessionId } = await browser.send("Target.attachToTarget", { targetId: page?.targetId, flatten: true });
    browser.#session = sessionId as string;
    for (const domain of ["Page", "Runtime", "Log"]) await browser.send(`${domain}.enable`);
    return browser;
  }

  send(method: string, params: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const id = ++this.#number;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ result = {}, error }) =>
        error ? reject(new Error(`${method}: ${error.message}`)) : resolve(result),
      );
      const message = { id, method, params, ...(this.#session && { sessionId: this.#session }) };
      (this.#process.stdio[3] as Writable).write(`${JSON.stringify(message)}\0`);
    });
  }

  /** What an expression of the page comes to; promises are waited for. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(`${expression}: ${JSON.stringify(exceptionDetails)}`);
    return (result as { value: T }).value;
  }

  /** Waits until an expression is true in the page. */
  async until(expression: string, limitMs = 10_000): Promise<void> {
    const end = Date.now() + limitMs;
    while (!(await this.evaluate<boolean>(`Boolean(${expression})`))) {
      if (Date.now() > end) {
        const text = await this.evaluate<string>("document.body.innerText");
        throw new Error(`never came true: ${expression}\n${this.complaints.join("\n")}\nthe page says: ${text}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  /** One key, as its `KeyboardEvent.key`. */
  async press(key: string, { shift = false }: { readonly shift?: boolean } = {}): Promise<void> {
    const text = key === "Enter" ? "\r" : key.length === 1 ? key : undefined;
    const code = { Tab: 9, Enter: 13, Escape: 27, End: 35, Home: 36, ArrowUp: 38, ArrowDown: 40 }[key];
    const event = { key, modifiers: shift ? 8 : 0, windowsVirtualKeyCode: code ?? key.toUpperCase().charCodeAt(0) };
    await this.send("Input.dispatchKeyEvent", { ...event, type: "keyDown", ...(text && { text }) });
    await this.send("Input.dispatchKeyEvent", { ...event, type: "keyUp" });
  }

  async type(text: string): Promise<void> {
    await this.send("Input.insertText", { text });
  }

  /** Window of that many CSS pixels. */
  async resize(width: number, height: number, deviceScaleFactor = 1): Promise<void> {
    await this.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor, mobile: false });
  }

  async screenshot(): Promise<Buffer> {
    const { data } = await this.send("Page.captureScreenshot", { format: "png" });
    return Buffer.from(data as string, "base64");
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#session = undefined;
    await this.send("Browser.close").catch(() => undefined);
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 3000))]);
    this.#process.kill("SIGKILL");
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  #receive({ id, method, params = {}, ...answer }: Answer): void {
    if (id !== undefined) {
      this.#waiting.get(id)?.(answer);
      this.#waiting.delete(id);
    }
    if (method === "Runtime.exceptionThrown") this.complaints.push(JSON.stringify(params.exceptionDetails));
    if (method === "Runtime.consoleAPICalled" && (params.type === "error" || params.type === "warning")) {
      this.complaints.push(`console.${params.type}: ${JSON.stringify(params.args)}`);
    }
    if (method === "Log.entryAdded") {
      const entry = params.entry as { level: string; text: string; source: string; url?: string };
      if (entry.level === "error") this.complaints.push(`${entry.source}: ${entry.text} ${entry.url ?? ""}`);
    }
  }
}
