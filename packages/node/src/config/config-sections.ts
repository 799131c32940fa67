/**
 * @file The sections of `fovea.yaml`: a line for each key, with how it is read and what counts where it is not given.
 */
import type { Code } from "@fovea/core/dicom/objects/code";
import { CHARACTER_SETS } from "../deidentify/character-set";
import {
  aeTitle,
  choice,
  databaseAddress,
  duration,
  flag,
  integer,
  invalid,
  list,
  map,
  number,
  orNull,
  path,
  type Read,
  secret,
  section,
  size,
  text,
  webAddress,
} from "./config-value";
import type {
  AuthConfig,
  CompletenessConfig,
  DestinationConfig,
  DimseConfig,
  HttpConfig,
  InferenceConfig,
  ModelConfig,
  ResultKind,
  RetentionConfig,
  RoutingRule,
  ServiceConfig,
} from "./service-config";

const port = integer(0, 65535);
const GIB = 2 ** 30;

const tls = section<NonNullable<HttpConfig["tls"]>>({
  cert: { key: "cert", read: path, required: true },
  key: { key: "key", read: path, required: true },
});

const http = section<HttpConfig>({
  host: { key: "host", read: text, otherwise: "127.0.0.1" },
  port: { key: "port", read: port, otherwise: 8042 },
  tls: { key: "tls", read: tls, optional: true },
  corsOrigins: { key: "cors_origins", read: list(webAddress, 100), otherwise: [] },
  maxFileBytes: { key: "max_file", read: size, otherwise: GIB / 2 },
  maxFiles: { key: "max_files", read: integer(1, 100_000), otherwise: 2000 },
  batchJobAbove: { key: "batch_job_above", read: integer(1, 1000), otherwise: 16 },
  requestsPerMinute: { key: "requests_per_minute", read: integer(1, 10_000_000), otherwise: 1200 },
  keepUploads: { key: "keep_uploads", read: choice("none", "detect", "all"), otherwise: "detect" },
  allowPlainHttp: { key: "allow_plain_http", read: flag, otherwise: false },
});

const oidc = section<NonNullable<AuthConfig["oidc"]>>({
  issuer: { key: "issuer", read: webAddress, required: true },
  audience: { key: "audience", read: text, required: true },
  jwksUri: { key: "jwks_uri", read: webAddress, optional: true },
  roleClaim: { key: "role_claim", read: text, otherwise: "roles" },
  roles: {
    key: "roles",
    read: map(choice("viewer", "reader", "admin", "system")),
    otherwise: { viewer: "viewer", reader: "reader", admin: "admin", system: "system" },
  },
});

const auth = section<AuthConfig>({
  mode: { key: "mode", read: choice("keys", "none"), otherwise: "keys" },
  oidc: { key: "oidc", read: oidc, optional: true },
});

const dimse = section<DimseConfig>({
  host: { key: "host", read: text, otherwise: "127.0.0.1" },
  port: { key: "port", read: port, otherwise: 11112 },
  aeTitle: { key: "ae_title", read: aeTitle, otherwise: "FOVEA" },
  allowedAeTitles: { key: "allowed_ae_titles", read: list(aeTitle), otherwise: [] },
  maxAssociations: { key: "max_associations", read: integer(1, 1000), otherwise: 32 },
  maxInstanceBytes: { key: "max_instance", read: size, otherwise: 2 * GIB },
  tls: {
    key: "tls",
    read: section<NonNullable<DimseConfig["tls"]>>({
      cert: { key: "cert", read: path, required: true },
      key: { key: "key", read: path, required: true },
      ca: { key: "ca", read: path, optional: true },
    }),
    optional: true,
  },
});

const share = number(0, 1);

const model = section<ModelConfig>({
  file: { key: "file", read: path, required: true },
  name: { key: "name", read: text, optional: true },
  modalities: { key: "modalities", read: list(text, 100), optional: true },
  conf: { key: "conf", read: share, optional: true },
  iou: { key: "iou", read: share, optional: true },
  imgsz: { key: "imgsz", read: integer(32, 8192), optional: true },
});

const inference = section<InferenceConfig>({
  device: { key: "device", read: text, otherwise: "cpu" },
  threads: { key: "threads", read: integer(1, 1024), optional: true },
  concurrency: { key: "concurrency", read: integer(1, 4096), optional: true },
  queue: { key: "queue", read: integer(1, 100_000), otherwise: 256 },
  batch: { key: "batch", read: integer(1, 256), otherwise: 4 },
  batchWindowMs: { key: "batch_window", read: duration(0), otherwise: 2 },
  timeoutMs: { key: "timeout", read: duration(1), otherwise: 60_000 },
  runTimeoutMs: { key: "run_timeout", read: duration(1), optional: true },
});

const routing = section<RoutingRule>({
  when: {
    key: "when",
    read: section<RoutingRule["when"]>({
      modality: { key: "modality", read: text, optional: true },
      bodyPart: { key: "body_part", read: text, optional: true },
      station: { key: "station", read: text, optional: true },
      callingAe: { key: "calling_ae", read: text, optional: true },
      description: { key: "description", read: text, optional: true },
    }),
    otherwise: {},
  },
  model: { key: "model", read: orNull(text), required: true },
  sendTo: { key: "send_to", read: list(text, 100), optional: true },
});

const kinds: Read<readonly ResultKind[]> = list(choice("sr", "sc", "gsps", "seg"), 4);

const destination = section<DestinationConfig>({
  name: { key: "name", read: text, required: true },
  send: { key: "send", read: kinds, otherwise: ["sr"] },
  retrieveBy: { key: "retrieve", read: choice("get", "move"), optional: true },
  dimse: {
    key: "dimse",
    read: section<NonNullable<DestinationConfig["dimse"]>>({
      host: { key: "host", read: text, required: true },
      port: { key: "port", read: integer(1, 65535), required: true },
      aeTitle: { key: "ae_title", read: aeTitle, required: true },
      callingAe: { key: "calling_ae", read: aeTitle, otherwise: "FOVEA" },
      tls: {
        key: "tls",
        read: section<NonNullable<NonNullable<DestinationConfig["dimse"]>["tls"]>>({
          ca: { key: "ca", read: path, optional: true },
          cert: { key: "cert", read: path, optional: true },
          key: { key: "key", read: path, optional: true },
        }),
        optional: true,
      },
    }),
    optional: true,
  },
  dicomWeb: {
    key: "dicom_web",
    read: section<NonNullable<DestinationConfig["dicomWeb"]>>({
      url: { key: "url", read: webAddress, required: true },
      authorization: { key: "authorization", read: secret, optional: true },
    }),
    optional: true,
  },
});

/** At most so many characters, as CodeValue, CodingSchemeDesignator and CodeMeaning hold them (PS3.5 6.2). */
const codePart =
  (most: number): Read<string> =>
  (value, spot) => {
    const given = text(value, spot);
    if ([...given].length <= most && !/[\p{Cc}\\]/u.test(given)) return given;
    throw invalid(spot, `expected at most ${most} characters, without line breaks and backslashes`);
  };

const code = section<Code>({
  value: { key: "value", read: codePart(16), required: true },
  scheme: { key: "scheme", read: codePart(16), required: true },
  meaning: { key: "meaning", read: codePart(64), required: true },
});

const days = integer(1, 36_500);
const EMPTY = { file: "", at: "" };

/** The whole of `fovea.yaml`. */
export const serviceSettings = section<ServiceConfig>({
  dataDir: { key: "data_dir", read: path, otherwise: "fovea-data" },
  databaseUrl: { key: "database_url", read: databaseAddress, optional: true },
  http: { key: "http", read: http, otherwise: http({}, EMPTY) },
  auth: { key: "auth", read: auth, otherwise: auth({}, EMPTY) },
  dimse: { key: "dimse", read: dimse, optional: true },
  models: { key: "models", read: list(model, 100), otherwise: [] },
  inference: { key: "inference", read: inference, otherwise: inference({}, EMPTY) },
  rules: { key: "rules", read: path, optional: true },
  classNames: { key: "class_names", read: map(map(text), ["zh", "en"]), otherwise: {} },
  classCodes: { key: "class_codes", read: map(code), otherwise: {} },
  defaultCharacterSet: { key: "default_character_set", read: choice(...CHARACTER_SETS), optional: true },
  reportAbove: { key: "report_above", read: share, otherwise: 0.5 },
  routing: { key: "routing", read: list(routing), otherwise: [] },
  completeness: {
    key: "completeness",
    read: section<CompletenessConfig>({
      quietMs: { key: "quiet", read: duration(0), otherwise: 15_000 },
      countFrom: { key: "count_from", read: text, optional: true },
    }),
    otherwise: { quietMs: 15_000 },
  },
  destinations: { key: "destinations", read: list(destination, 100), otherwise: [] },
  retention: {
    key: "retention",
    read: section<RetentionConfig>({
      imagesDays: { key: "images_days", read: days, optional: true },
      recordsDays: { key: "records_days", read: days, optional: true },
    }),
    otherwise: {},
  },
  deidentifyOnArrival: { key: "deidentify_on_arrival", read: flag, otherwise: false },
  keyFile: { key: "key_file", read: path, optional: true },
});

/** DIMSE as flags ask for it where the file has no such section. */
export const dimseDefaults: DimseConfig = dimse({}, EMPTY);
