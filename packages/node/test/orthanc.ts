/**
 * @file Orthanc with its DICOMweb plugin as a peer of tests.
 *
 * Debian's version listens on every address whatever its configuration says. So it runs in a network namespace of its own, where
 * loopback is all there is, and connections are carried in and out by `orthanc-relay.mjs`.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { freePort } from "./dcmtk";

const PROGRAM = "/usr/sbin/Orthanc";
const PLUGIN = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so";

/** How to enter a new network namespace: as root, or as a user who becomes one inside; undefined if neither is allowed. */
function namespaceCommand(): string[] | undefined {
  for (const options of [["--net"], ["--user", "--map-root-user", "--net"]]) {
    try {
      execFileSync("unshare", [...options, "ip", "link", "set", "lo", "up"], { stdio: "ignore" });
      return ["unshare", ...options];
    } catch {
      // The other way, or none.
    }
  }
  return undefined;
}

const installed = existsSync(PROGRAM) && existsSync(PLUGIN);
const namespace = installed ? namespaceCommand() : undefined;

/** Why Orthanc cannot be a peer here; empty if it can. */
export const orthancMissing = !installed
  ? "Debian's orthanc and orthanc-dicomweb are not installed"
  : namespace === undefined
    ? "network namespaces are not allowed"
    : "";

export interface Orthanc {
  /** Of its HTTP server, on our loopback. */
  readonly httpPort: number;
  /** Of its DICOM server, whose AE title is ORTHANC. */
  readonly dimsePort: number;
  readonly dicomWebUrl: string;
  /** Files as it keeps them. */
  files(): Promise<Buffer[]>;
  /** Deletes all that it has. */
  empty(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts an empty one.
 *
 * @param ourPort where it reaches the AE title FOVEA; none if it need not
 */
export async function startOrthanc(folder: string, ourPort = 0): Promise<Orthanc> {
  mkdirSync(join(folder, "storage"), { recursive: true });
  const config = join(folder, "orthanc.json");
  writeFileSync(
    config,
    JSON.stringify({
      Name: "test",
      StorageDirectory: join(folder, "storage"),
      IndexDirectory: join(folder, "storage"),
      HttpPort: 8042,
      DicomPort: 4242,
      DicomAet: "ORTHANC",
      RemoteAccessAllowed: true,
      AuthenticationEnabled: false,
      UnknownSopClassAccepted: true,
      Plugins: [PLUGIN],
      DicomWeb: { Enable: true, Root: "/dicom-web/" },
      DicomModalities: { fovea: ["FOVEA", "127.0.0.1", 11112] },
    }),
  );
  const [http, dimse, back] = ["http", "dimse", "back"].map((name) => join(folder, `${name}.sock`));
  const relay = `'${process.execPath}' '${join(import.meta.dirname, "orthanc-relay.mjs")}' '${http}=8042' '${dimse}=4242' '11112=${back}'`;
  const script = `ip link set lo up; ${relay} & exec '${PROGRAM}' '${config}'`;
  const [command, ...options] = [...(namespace ?? []), "sh", "-c", script];
  // A group of its own: the relay ends with it.
  const child = spawn(command, options, { stdio: "ignore", detached: true });
  const servers = [
    await listening(await freePort(), () => connect({ path: http })),
    await listening(await freePort(), () => connect({ path: dimse })),
    ...(ourPort === 0 ? [] : [await listening(back, () => connect({ host: "127.0.0.1", port: ourPort }))]),
  ];
  const [httpPort, dimsePort] = servers.map(portOf);
  const stop = () => ended(child, servers);
  try {
    await untilAnswers(`http://127.0.0.1:${httpPort}/system`);
  } catch (error) {
    await stop();
    throw error;
  }
  const root = `http://127.0.0.1:${httpPort}`;
  return {
    httpPort,
    dimsePort,
    dicomWebUrl: `${root}/dicom-web`,
    empty: () => emptied(root),
    files: () => filesOf(root),
    stop,
  };
}

async function filesOf(root: string): Promise<Buffer[]> {
  const instances = (await (await fetch(`${root}/instances`)).json()) as string[];
  return Promise.all(
    instances.map(async (one) => Buffer.from(await (await fetch(`${root}/instances/${one}/file`)).arrayBuffer())),
  );
}

async function emptied(root: string): Promise<void> {
  const patients = (await (await fetch(`${root}/patients`)).json()) as string[];
  for (const patient of patients) {
    const { ok, status } = await fetch(`${root}/patients/${patient}`, { method: "DELETE" });
    if (!ok) throw new Error(`Orthanc does not delete: HTTP status ${status}`);
  }
}

function listening(at: number | string, onward: () => Socket): Promise<Server> {
  const server = createServer((near) => {
    const far = onward();
    near.pipe(far).pipe(near);
    // What is under way is still written.
    near.on("error", () => far.destroy()).on("close", () => far.destroySoon());
    far.on("error", () => near.destroy()).on("close", () => near.destroySoon());
  });
  const where = typeof at === "number" ? { host: "127.0.0.1", port: at } : { path: at };
  return new Promise((resolve, reject) => server.once("error", reject).listen(where, () => resolve(server)));
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address ? address.port : 0;
}

async function untilAnswers(url: string): Promise<void> {
  for (let i = 0; i < 200; i++) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(1000) }).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("Orthanc does not answer");
}

async function ended(child: ChildProcess, servers: readonly Server[]): Promise<void> {
  for (const server of servers) server.close();
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const over = new Promise((resolve) => child.once("exit", resolve));
  process.kill(-child.pid, "SIGTERM");
  const timer = setTimeout(() => child.pid && process.kill(-child.pid, "SIGKILL"), 5000);
  await over;
  clearTimeout(timer);
}
