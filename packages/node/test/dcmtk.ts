/**
 * @file DCMTK's programs as peers of tests, on free ports of loopback and in folders of their own.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";

function installed(program: string): boolean {
  try {
    execFileSync("which", [program], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Whether Debian's `dcmtk` is installed. */
export const dcmtkAvailable = ["storescp", "storescu", "echoscu", "dcmqrscp", "dcmdump"].every(installed);

/** A port of loopback that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}

/** Whether something accepts connections there. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

export async function untilAccepts(port: number, program: string): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (await accepts(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${program} does not listen on port ${port}`);
}

/** A program that runs until it is stopped. */
export interface Running {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

export async function started(
  program: string,
  options: readonly string[],
  port: number,
  cwd?: string,
): Promise<Running> {
  const child = spawn(program, options, { stdio: "ignore", cwd });
  await untilAccepts(port, program);
  return { port, pid: child.pid ?? 0, stop: () => stopped(child) };
}

function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
    setTimeout(() => child.kill("SIGKILL"), 2000).unref();
  });
}

/** DCMTK's receiver; it writes one file for each object into `folder`. */
export async function startStorescp(folder: string, options: readonly string[] = ["+B", "+xa"]): Promise<Running> {
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  return started("storescp", [...options, "-aet", "STORESCP", "-od", folder, `${port}`], port);
}

/** DCMTK's small archive, which sends to `destinations` by AE title. */
export async function startArchive(
  folder: string,
  destinations: Readonly<Record<string, number>> = {},
): Promise<Running> {
  const store = join(folder, "ARCHIVE");
  mkdirSync(store, { recursive: true });
  const port = await freePort();
  const hosts = Object.entries(destinations).map(([ae, at], i) => `peer${i} = (${ae}, localhost, ${at})`);
  const config = join(folder, "dcmqrscp.cfg");
  writeFileSync(
    config,
    `NetworkTCPPort = ${port}
MaxPDUSize = 16384
MaxAssociations = 16
HostTable BEGIN
${hosts.join("\n")}
HostTable END
VendorTable BEGIN
VendorTable END
AETable BEGIN
ARCHIVE ${store} RW (500, 1024mb) ANY
AETable END
`,
  );
  return started("dcmqrscp", ["-c", config], port, folder);
}

/** Runs a program of DCMTK to its end. */
export function dcmtk(program: string, options: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, options, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (text) => (output += text));
    child.stderr.on("data", (text) => (output += text));
    child.once("error", reject).once("close", (code) => resolve({ code: code ?? -1, output }));
  });
}
