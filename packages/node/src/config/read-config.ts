/**
 * @file The settings of the service, from `fovea.yaml`, the environment and the flags: later ones win, in this order.
 *
 * What is read is checked once, here; past it nobody checks again. Nothing of the file is executed.
 */
import { resolve } from "node:path";
import { parseDocument } from "yaml";
import { readText } from "../read-file";
import { dimseDefaults, serviceSettings } from "./config-sections";
import { aeTitle, databaseAddress, integer, invalid, type Spot } from "./config-value";
import { isLoopback } from "./loopback";
import type { ModelConfig, ServiceConfig } from "./service-config";

/** What `fovea serve` was told on its command line. */
export interface ServiceFlags {
  readonly host?: string;
  readonly port?: number;
  readonly dimsePort?: number;
  readonly ae?: string;
  /** Files, in place of the models of the file. */
  readonly models?: readonly string[];
  readonly rules?: string;
  readonly dataDir?: string;
  readonly noAuth?: boolean;
}

export interface ReadConfigOptions {
  /** Path of `fovea.yaml`. @default none: defaults, environment and flags alone */
  readonly file?: string;
  readonly flags?: ServiceFlags;
  /** `DATABASE_URL`, `FOVEA_DATA_DIR`, `FOVEA_HOST`, `FOVEA_PORT`. @default {} */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/**
 * All settings, checked and frozen.
 *
 * @throws {FoveaError} `file_not_found`, `file_unreadable`; `invalid_config`, with file and key
 */
export async function readConfig(options: ReadConfigOptions = {}): Promise<ServiceConfig> {
  const { file, flags = {}, environment = {} } = options;
  const read =
    file === undefined
      ? serviceSettings({}, { file: resolve("fovea.yaml"), at: "" })
      : parseConfig(await readText(file, "configuration"), resolve(file));
  const config = withFlags(withEnvironment(read, environment), flags);
  const source = file === undefined ? "settings" : file;
  checkReferences(config, source);
  checkExposure(config, source);
  return frozen(config);
}

/**
 * The text of a `fovea.yaml`, which lies at `file`: relative paths start there.
 *
 * @throws {FoveaError} `invalid_config`
 */
export function parseConfig(text: string, file: string): ServiceConfig {
  const document = parseDocument(text, { uniqueKeys: true, version: "1.2", schema: "core" });
  const problem = document.errors.at(0);
  if (problem !== undefined) {
    const line = problem.linePos?.[0].line;
    throw invalid({ file, at: line === undefined ? "" : `line ${line}` }, problem.message.split(/ at line \d+/, 1)[0]);
  }
  let content: unknown;
  try {
    content = document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw invalid({ file, at: "" }, cause instanceof Error ? cause.message : "cannot be expanded");
  }
  // An empty file.
  return serviceSettings(content ?? {}, { file, at: "" });
}

function withEnvironment(config: ServiceConfig, environment: NonNullable<ReadConfigOptions["environment"]>) {
  const { DATABASE_URL, FOVEA_DATA_DIR, FOVEA_HOST, FOVEA_PORT } = environment;
  const spot = (name: string): Spot => ({ file: name, at: "" });
  const port = FOVEA_PORT
    ? integer(0, 65535)(/^\d+$/.test(FOVEA_PORT) ? Number(FOVEA_PORT) : FOVEA_PORT, spot("FOVEA_PORT"))
    : config.http.port;
  return {
    ...config,
    ...(DATABASE_URL && { databaseUrl: databaseAddress(DATABASE_URL, spot("DATABASE_URL")) }),
    dataDir: resolve(FOVEA_DATA_DIR || config.dataDir),
    http: { ...config.http, port, host: FOVEA_HOST || config.http.host },
  };
}

function withFlags(config: ServiceConfig, flags: ServiceFlags): ServiceConfig {
  const { host, port, dimsePort, ae, models, rules, dataDir, noAuth } = flags;
  const asked = dimsePort !== undefined || ae !== undefined;
  return {
    ...config,
    dataDir: dataDir === undefined ? config.dataDir : resolve(dataDir),
    http: {
      ...config.http,
      ...(host !== undefined && { host }),
      ...(port !== undefined && { port: integer(0, 65535)(port, { file: "--port", at: "" }) }),
    },
    auth: noAuth ? { mode: "none" } : config.auth,
    ...(rules !== undefined && { rules: resolve(rules) }),
    ...(models !== undefined && models.length > 0 && { models: models.map((file) => ({ file: resolve(file) })) }),
    ...(asked && {
      dimse: {
        ...(config.dimse ?? dimseDefaults),
        ...(dimsePort !== undefined && { port: integer(0, 65535)(dimsePort, { file: "--dimse-port", at: "" }) }),
        ...(ae !== undefined && { aeTitle: aeTitle(ae, { file: "--ae", at: "" }) }),
      },
    }),
  };
}

/** Names that lead nowhere, and destinations that have no address or two. */
function checkReferences(config: ServiceConfig, file: string): void {
  const { destinations, routing, completeness, dimse } = config;
  const names = destinations.map(({ name }) => name);
  destinations.forEach(({ name, dimse, dicomWeb, retrieveBy }, i) => {
    const spot = { file, at: `destinations[${i}]` };
    if (names.indexOf(name) !== i) throw invalid(spot, `${name} is there twice; give each its own name`);
    if ((dimse === undefined) === (dicomWeb === undefined)) throw invalid(spot, "expected one of dimse and dicom_web");
    if (retrieveBy === "move" && (dimse === undefined || config.dimse === undefined)) {
      throw invalid(
        spot,
        "retrieve: move has a dimse PACS send to us; give dimse there and for the service, or retrieve: get",
      );
    }
  });
  const models = config.models.map(modelName);
  models.forEach((name, i) => {
    if (models.indexOf(name) === i) return;
    const message = `two models are called ${name}; give each a name of its own: routing, requests and reports go by it`;
    throw invalid({ file, at: `models[${i}].name` }, message);
  });
  checkDefaults(config.models, file);
  const known = (name: string, at: string) => {
    if (!names.includes(name)) throw invalid({ file, at }, `no destination ${name}; there ${listed(names)}`);
  };
  routing.forEach(({ sendTo = [], model }, i) => {
    for (const name of sendTo) known(name, `routing[${i}].send_to`);
    if (model !== null && !models.includes(model)) {
      throw invalid({ file, at: `routing[${i}].model` }, `no model ${model}; there ${listed(models)}`);
    }
  });
  if (completeness.countFrom !== undefined) known(completeness.countFrom, "completeness.count_from");
  if (dimse !== undefined && dimse.port !== 0 && dimse.port === config.http.port) {
    throw invalid({ file, at: "dimse.port" }, `${dimse.port} is http.port too; give another`);
  }
}

/** A modality has one default: of two, the later would take the place of the other without a word. */
function checkDefaults(models: readonly ModelConfig[], file: string): void {
  models.forEach(({ modalities = [] }, i) => {
    for (const modality of modalities) {
      const first = models.findIndex((model) => model.modalities?.includes(modality));
      if (first === i) continue;
      const message = `${modality} is of models[${first}] too; leave it to one of them, and give the other work by routing`;
      throw invalid({ file, at: `models[${i}].modalities` }, message);
    }
  });
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? "is none" : `are: ${names.join(", ")}`;
}

/** A model's name: as given, else its file's without ending. */
export function modelName({ name, file }: Pick<ModelConfig, "name" | "file">): string {
  if (name !== undefined) return name;
  const base = file.split(/[\\/]/).at(-1) ?? file;
  return base.replace(/(?<=.)\.[^.]*$/, "");
}

/** Whoever can be reached from elsewhere asks who is there, and does not send patients in the clear. */
function checkExposure({ http, auth, dimse }: ServiceConfig, file: string): void {
  checkDimseExposure(dimse, file);
  if (isLoopback(http.host)) return;
  if (auth.mode === "none") {
    const message = `no authentication is for loopback only, and http.host is ${http.host}; use keys, or host 127.0.0.1`;
    throw invalid({ file, at: "auth.mode" }, message);
  }
  if (http.tls === undefined && !http.allowPlainHttp) {
    const message = `is missing, and http.host ${http.host} is not loopback; give cert and key, or allow_plain_http: true if a proxy in front encrypts`;
    throw invalid({ file, at: "http.tls" }, message);
  }
}

/** DIMSE has no keys: who may call is said by AE titles, or by certificates of an authority (`dimse.tls.ca`). */
function checkDimseExposure(dimse: ServiceConfig["dimse"], file: string): void {
  if (dimse === undefined || isLoopback(dimse.host)) return;
  if (dimse.allowedAeTitles.length > 0 || dimse.tls?.ca !== undefined) return;
  const message = `is empty, and dimse.host ${dimse.host} is not loopback; name who may send, or give dimse.tls.ca`;
  throw invalid({ file, at: "dimse.allowed_ae_titles" }, message);
}

function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null) for (const one of Object.values(value)) frozen(one);
  return Object.freeze(value);
}
