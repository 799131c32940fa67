import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseDocument } from "yaml";
import { serviceSettings } from "./config-sections";
import { keysOf } from "./config-value";
import { isLoopback } from "./loopback";
import { parseConfig, type ReadConfigOptions, readConfig } from "./read-config";

const FILE = resolve("/etc/fovea/fovea.yaml");
const parse = (text: string) => parseConfig(text, FILE);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fovea-config-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read(text: string, options: Omit<ReadConfigOptions, "file"> = {}) {
  const file = join(folder, "fovea.yaml");
  writeFileSync(file, text);
  return readConfig({ file, ...options });
}

describe("parseConfig", () => {
  test("fills in what the interface documents as defaults", () => {
    expect(parse("")).toMatchObject({
      http: {
        host: "127.0.0.1",
        port: 8042,
        // 512 MiB
        maxFileBytes: 536_870_912,
        maxFiles: 2000,
        batchJobAbove: 16,
        requestsPerMinute: 1200,
        keepUploads: "detect",
        allowPlainHttp: false,
      },
      auth: { mode: "keys" },
      models: [],
      inference: { device: "cpu", queue: 256, batch: 4, batchWindowMs: 2, timeoutMs: 60_000 },
      classNames: {},
      classCodes: {},
      reportAbove: 0.5,
      completeness: { quietMs: 15_000 },
      deidentifyOnArrival: false,
    });
    expect(parse("").dimse).toBeUndefined();
    expect(parse("dimse: {}").dimse).toEqual({
      host: "127.0.0.1",
      port: 11112,
      aeTitle: "FOVEA",
      allowedAeTitles: [],
      maxAssociations: 32,
      // 2 GiB
      maxInstanceBytes: 2_147_483_648,
    });
  });

  test("takes codes of classes, and the character set of images that declare none", () => {
    const nodule = '{value: "27925004", scheme: SCT, meaning: Nodule}';
    expect(parse(`class_codes: {nodule: ${nodule}}\ndefault_character_set: GB18030`)).toMatchObject({
      classCodes: { nodule: { value: "27925004", scheme: "SCT", meaning: "Nodule" } },
      defaultCharacterSet: "GB18030",
    });
    const long = '{value: "12345678901234567", scheme: SCT, meaning: Nodule}';
    expect(() => parse(`class_codes: {nodule: ${long}}`)).toThrow("class_codes.nodule.value: expected at most 16");
    expect(() => parse("default_character_set: GB2312")).toThrow("default_character_set");
  });

  test.each([
    ["512MB", 512 * 2 ** 20],
    ["2 GiB", 2 ** 31],
    ["1.5kb", 1536],
    [4096, 4096],
  ])("reads the size %s", (given, bytes) => {
    expect(parse(`http: {max_file: ${given}}`).http.maxFileBytes).toBe(bytes);
  });

  test.each([
    ["15s", 15_000],
    ["2min", 120_000],
    ["500ms", 500],
    ["1.5h", 5_400_000],
    ["0s", 0],
    ["24d", 2_073_600_000],
  ])("reads the time %s", (given, ms) => {
    expect(parse(`completeness: {quiet: ${given}}`).completeness.quietMs).toBe(ms);
  });

  test("takes paths from where the file lies", () => {
    expect(parse("rules: rules/chest.yaml\nkey_file: /keys/fovea").rules).toBe(resolve("/etc/fovea/rules/chest.yaml"));
    expect(parse("key_file: /keys/fovea").keyFile).toBe(resolve("/keys/fovea"));
  });

  test("knows a route that leads to no model from one without a model", () => {
    expect(parse("routing: [{when: {modality: SR}, model: null}]").routing).toEqual([
      { when: { modality: "SR" }, model: null },
    ]);
    expect(() => parse("routing: [{when: {modality: SR}}]")).toThrow(/routing\[0\]\.model: is missing/);
  });

  test.each([
    ["htp: {}", /fovea\.yaml: htp: unknown key; did you mean http\?/],
    ["http: {prot: 8042}", /http\.prot: unknown key; did you mean port\?/],
    ["http: {port: 70000}", /http\.port: 70000, expected a whole number from 0 to 65535/],
    ["http: {port: '8042'}", /http\.port: "8042", expected a whole number/],
    ["http: {max_file: 12 parsecs}", /http\.max_file: .*expected a size as 512MB/],
    ["http: {max_file: 0}", /http\.max_file/],
    ["completeness: {quiet: 15}", /completeness\.quiet: 15, expected a time with its unit/],
    ["auth: {mode: key}", /auth\.mode: "key", expected keys, none; did you mean keys\?/],
    ["models: [{name: a}]", /models\[0\]\.file: is missing/],
    ["models: {file: a}", /models: .*expected a list/],
    ["report_above: 1.5", /report_above: 1\.5, expected a number from 0 to 1/],
    ["dimse: {ae_title: 'SEVENTEEN LETTERS'}", /dimse\.ae_title/],
    ["class_names: {fr: {nodule: nodule}}", /class_names\.fr: unknown key/],
    ["http: {cors_origins: ['https://user:secret@host']}", /cors_origins\[0\]: an address with a password/],
    ["http: [1", /fovea\.yaml: line 1: /],
    ["- 1", /expected keys: data_dir/],
    ["http: {port: 1}\nhttp: {port: 2}", /line 2: Map keys must be unique/],
    // Whoever wrote the key wanted something of it: CTs of one body part only, TLS, no identifiers.
    ["routing: [{when: {modality: CT, body_part: }, model: x}]", /routing\[0\]\.when\.body_part: has no value/],
    ["routing: [{when: , model: x}]", /routing\[0\]\.when: has no value/],
    ["dimse: {tls: }", /dimse\.tls: has no value; give one, or leave the key out/],
    ["deidentify_on_arrival:", /deidentify_on_arrival: has no value/],
    ["routing: [~]", /routing\[0\]: null, expected keys: when, model, send_to/],
    // setTimeout of Node.js: a delay larger than 2147483647 is set to 1. 24 d are 2073600000 ms, 25 d 2160000000.
    ["inference: {timeout: 25d}", /inference\.timeout: "25d", expected 1ms to 24d/],
    ["inference: {run_timeout: 0s}", /inference\.run_timeout: "0s", expected 1ms to 24d/],
    ["inference: {timeout: 0s}", /inference\.timeout: "0s", expected 1ms to 24d/],
    ["completeness: {quiet: 30d}", /completeness\.quiet: "30d", expected 0ms to 24d/],
  ])("refuses %s, with file and key", (text, message) => {
    expect(() => parse(text)).toThrow(message);
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: "invalid_config" }));
  });

  test("runs nothing and expands nothing without end", () => {
    const bomb = ["a: &a [x,x,x,x,x,x,x,x,x]", ..."bcdefgh"].map((name, i, all) => {
      const before = i === 0 ? "" : all[i - 1][0];
      return i === 0 ? name : `${name}: &${name} [${Array(9).fill(`*${before}`).join(",")}]`;
    });
    expect(() => parse(bomb.join("\n"))).toThrow(/fovea\.yaml: Excessive alias count/);
    expect(() => parse("http: !!js/function 'function(){}'")).toThrow(/http/);
  });
});

describe("readConfig", () => {
  test("lets flags win over the environment, and the environment over the file", async () => {
    const environment = { FOVEA_PORT: "9001", FOVEA_DATA_DIR: "/env/data", DATABASE_URL: "postgres://db/fovea" };
    const text = "data_dir: /file/data\nhttp: {port: 9000}\nmodels: [{file: a.onnx}]";
    expect(await read(text)).toMatchObject({ http: { port: 9000 }, dataDir: resolve("/file/data") });
    expect(await read(text, { environment })).toMatchObject({
      http: { port: 9001 },
      dataDir: resolve("/env/data"),
      databaseUrl: "postgres://db/fovea",
    });
    const flags = { port: 9002, dataDir: "/flag/data", models: ["/m/b.onnx"], dimsePort: 104, ae: "LUNG" };
    expect(await read(text, { environment, flags })).toMatchObject({
      http: { port: 9002 },
      dataDir: resolve("/flag/data"),
      models: [{ file: resolve("/m/b.onnx") }],
      dimse: { port: 104, aeTitle: "LUNG", host: "127.0.0.1" },
    });
  });

  test("shows what the environment holds where it is wrong, and no password", async () => {
    await expect(read("", { environment: { FOVEA_PORT: "80a" } })).rejects.toThrow(
      /^FOVEA_PORT: "80a", expected a whole/,
    );
    await expect(read("", { environment: { FOVEA_PORT: " " } })).rejects.toThrow(/^FOVEA_PORT: " ", expected a whole/);
    await expect(read("", { environment: { DATABASE_URL: "mysql://user:geheim@db/fovea" } })).rejects.toThrow(
      /^DATABASE_URL: expected postgres:\/\/user@host\/database, or file:PATH$/,
    );
  });

  test("says once where text is no YAML", async () => {
    await expect(read("models: []\nhttp: {port: ")).rejects.toThrow(/: line 2: (?!.* at line)/);
  });

  test("gives what nobody can change", async () => {
    const config = await read("models: [{file: a.onnx}]");
    expect(Object.isFrozen(config) && Object.isFrozen(config.http) && Object.isFrozen(config.models[0])).toBe(true);
  });

  test("reads secrets from files, and never shows them", async () => {
    writeFileSync(join(folder, "secret"), "Basic c2VjcmV0\n");
    const pacs = (authorization: string) =>
      `destinations: [{name: pacs, dicom_web: {url: "https://pacs/dicom-web", authorization: "${authorization}"}}]`;
    const config = await read(pacs("file:secret"));
    expect(config.destinations[0].dicomWeb?.authorization).toBe("Basic c2VjcmV0");
    await expect(read(pacs("file:absent"))).rejects.toThrow(
      /destinations\[0\]\.dicom_web\.authorization: the file .*ENOENT/,
    );
    await expect(read("database_url: [postgres://user:geheim@db]")).rejects.not.toThrow(/geheim/);
    await expect(read("database_url: mysql://user:geheim@db/fovea")).rejects.not.toThrow(/geheim/);
  });

  test.each([
    ["routing: [{model: lungs}]\nmodels: [{file: lung.onnx}]", /routing\[0\]\.model: no model lungs; there are: lung/],
    [
      "destinations: [{name: a, dimse: {host: h, port: 104, ae_title: A}}]\nrouting: [{model: null, send_to: [b]}]",
      /routing\[0\]\.send_to: no destination b/,
    ],
    [
      "models: [{file: chest/best.onnx}, {file: lung/best.onnx}]",
      /models\[1\]\.name: two models are called best; give each a name of its own/,
    ],
    ["models: [{file: a.onnx}, {file: b.onnx, name: a}]", /models\[1\]\.name: two models are called a/],
    ["completeness: {count_from: pacs}", /completeness\.count_from: no destination pacs; there is none$/],
    [
      'models: [{file: a.onnx, modalities: [CT, "*"]}, {file: b.onnx}, {file: c.onnx, modalities: [DX, CT]}]',
      /models\[2\]\.modalities: CT is of models\[0\] too; leave it to one of them/,
    ],
    ["destinations: [{name: a}]", /destinations\[0\]: expected one of dimse and dicom_web/],
    [
      "destinations: [{name: a, dimse: {host: h, port: 104, ae_title: A}, retrieve: move}]",
      /destinations\[0\]: retrieve: move has a dimse PACS send to us/,
    ],
    ["dimse: {port: 8042}", /dimse\.port: 8042 is http\.port too/],
  ])("refuses names that lead nowhere: %s", async (text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });

  test("receives DICOM beyond loopback only from those who are named, or have a certificate", async () => {
    await expect(read("dimse: {host: 0.0.0.0}")).rejects.toThrow(/dimse\.allowed_ae_titles: is empty/);
    await expect(read('dimse: {host: "::"}')).rejects.toThrow(/not loopback/);
    await expect(read("dimse: {host: 0.0.0.0, tls: {cert: a, key: b}}")).rejects.toThrow(/dimse\.tls\.ca/);
    await expect(read("dimse: {host: 0.0.0.0, allowed_ae_titles: [CT1]}")).resolves.toBeDefined();
    await expect(read("dimse: {host: 0.0.0.0, tls: {cert: a, key: b, ca: c}}")).resolves.toBeDefined();
  });

  test("goes beyond loopback only with keys, and with TLS or somebody in front who has it", async () => {
    await expect(read("http: {host: 0.0.0.0}")).rejects.toThrow(/http\.tls: is missing/);
    await expect(read("http: {host: 0.0.0.0, allow_plain_http: true}")).resolves.toBeDefined();
    await expect(read("http: {host: 0.0.0.0, tls: {cert: a, key: b}}")).resolves.toBeDefined();
    const none = "http: {host: 0.0.0.0, allow_plain_http: true}\nauth: {mode: none}";
    await expect(read(none)).rejects.toThrow(/auth\.mode: no authentication is for loopback only/);
    await expect(read("http: {host: 10.0.0.1, tls: {cert: a, key: b}}", { flags: { noAuth: true } })).rejects.toThrow();
    await expect(read("", { flags: { noAuth: true } })).resolves.toMatchObject({ auth: { mode: "none" } });
  });

  test("says so if the file is not there", async () => {
    await expect(readConfig({ file: join(folder, "absent.yaml") })).rejects.toThrow(
      expect.objectContaining({ code: "file_not_found" }),
    );
  });

  test("reads the example of the documentation, which has every key", async () => {
    const page = await readFile(resolve(import.meta.dirname, "../../../../docs/configuration.md"), "utf8");
    const example = /```yaml\n(# fovea\.yaml[\s\S]*?)```/.exec(page)?.[1] ?? "";
    writeFileSync(join(folder, "pacs-authorization"), "Basic abc");
    const config = await read(example);
    expect(config.models).toHaveLength(2);
    expect(config.destinations.map(({ name }) => name)).toEqual(["pacs", "archive"]);
    expect(config.routing.at(-1)).toMatchObject({ model: null });
    // Some keys stand there as comments.
    const whole = example.replace(/^( *)# (?=\w+: )/gm, "$1");
    await expect(read(whole)).resolves.toBeDefined();
    const shown = new Set(pathsOf(parseDocument(whole).toJS()));
    expect(keysOf(serviceSettings).filter((key) => !shown.has(key))).toEqual([]);
    expect(keysOf(serviceSettings)).toEqual(expect.arrayContaining(["http.tls.cert", "destinations.dimse.tls.ca"]));
  });
});

/** `a`, `a.b` for each key of a document; those of a list's entries stand together. */
function pathsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(pathsOf);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...pathsOf(inner).map((path) => `${key}.${path}`)]);
}

test.each([
  ["127.0.0.1", true],
  ["127.8.9.1", true],
  ["localhost", true],
  ["::1", true],
  ["0.0.0.0", false],
  ["127.0.0.1.example.org", false],
  ["10.0.0.1", false],
])("isLoopback(%s) is %s", (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});
