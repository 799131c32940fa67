/**
 * @file What `fovea serve` does.
 */
import { dirname, join } from "node:path";
import { readConfig } from "../config/read-config";
import type { ServiceConfig } from "../config/service-config";
import { openService, type Service } from "../service/open-service";
import { workerEntry } from "../worker-entry";
import { listed } from "./describe-dataset";
import { Interruption } from "./interruption";
import { systemLanguage } from "./run-predict";
import type { ServeCommandOptions } from "./serve";

/** Serves until somebody wants an end. What people read goes to standard error, the log to standard output. */
export async function runService(options: ServeCommandOptions): Promise<void> {
  const { config: file, model, auth, log, lang, host, port, dimsePort, ae, rules, dataDir } = options;
  const config = await readConfig({
    ...(file !== undefined && { file }),
    environment: process.env,
    flags: { host, port, dimsePort, ae, rules, dataDir, models: model, noAuth: !auth },
  });
  await serveUntilAsked(config, {
    ...{ log, language: lang ?? systemLanguage() },
    ...(process.env.FOVEA_KEY !== undefined && { environmentKey: process.env.FOVEA_KEY }),
  });
}

export interface ServingOptions {
  readonly log: ServeCommandOptions["log"];
  /** Of DICOM reports. */
  readonly language: "zh" | "en";
  readonly environmentKey?: string;
  /** Once it serves and has said where; the signal tells that somebody wants an end. */
  readonly onReady?: (service: Service, signal: AbortSignal) => Promise<void>;
}

/** Starts the service, says where it is, and ends with Ctrl-C. @throws {FoveaError} what does not start */
export async function serveUntilAsked(
  config: ServiceConfig,
  { log, language, environmentKey, onReady }: ServingOptions,
): Promise<void> {
  const end = new AbortController();
  // Asked for while it starts, it ends once it has.
  const interruption = new Interruption(() => {
    say("Finishing what was accepted; a second Ctrl-C ends at once, and loses nothing that was acknowledged.");
    end.abort();
  });
  try {
    const service = await openService(config, {
      ...{ log: { level: log }, language, page: builtPage() },
      ...(environmentKey !== undefined && { environmentKey }),
    });
    try {
      announce(service, config);
      await onReady?.(service, end.signal);
      await asked(end.signal);
    } finally {
      await service.close();
    }
  } finally {
    interruption.stop();
  }
}

function asked(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function announce({ url, dimse, adminKey, models, notices }: Service, config: ServiceConfig): void {
  const none = "none; --model FILE, or models in fovea.yaml";
  say(`Models   ${models.length === 0 ? none : listed(models)}`);
  for (const notice of notices) say(`Note     ${notice}`);
  say(`Record   ${config.databaseUrl === undefined ? "" : "PostgreSQL, files in "}${config.dataDir}`);
  if (dimse !== undefined) say(`DICOM    ${dimse.aeTitle} on ${dimse.host}, port ${dimse.port}`);
  if (adminKey !== undefined) say(`Key      ${adminKey}  (administrator; shown this once)`);
  if (config.auth.mode === "none") say("Access   everybody on this machine may do everything (--no-auth)");
  say(`Address  ${url}`);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Beside the built command line. */
function builtPage(): string {
  return join(dirname(dirname(workerEntry("cli/main"))), "page");
}
