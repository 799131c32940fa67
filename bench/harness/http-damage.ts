/**
 * @file HTTP requests as bytes, and damage to them as ill will does it.
 */
import type { Random } from "@fovea/core/math/random";

export interface RequestMaterial {
  /** A good key. */
  readonly key: string;
  /** An image file. */
  readonly picture: Buffer;
}

function request(line: string, headers: Readonly<Record<string, string>>, body: Buffer = Buffer.alloc(0)): Buffer {
  const all = {
    Host: "127.0.0.1",
    Connection: "close",
    ...headers,
    ...(body.length > 0 && { "Content-Length": String(body.length) }),
  };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${line} HTTP/1.1\r\n${head.join("")}\r\n`), body]);
}

function formBody(field: string, file: Buffer, times: number): Buffer {
  const head = Buffer.from(
    `--form\r\nContent-Disposition: form-data; name="${field}"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n`,
  );
  const parts = Array.from({ length: times }, () => [head, file, Buffer.from("\r\n")]).flat();
  return Buffer.concat([...parts, Buffer.from("--form--\r\n")]);
}

/** A good request of each kind. */
export function seedRequests({ key, picture }: RequestMaterial): readonly Buffer[] {
  const auth = { Authorization: `Bearer ${key}` };
  const form = { ...auth, "Content-Type": "multipart/form-data; boundary=form" };
  const json = { ...auth, "Content-Type": "application/json" };
  const related = { ...auth, "Content-Type": 'multipart/related; type="application/dicom"; boundary=form' };
  const uuid = "00000000-0000-4000-8000-000000000000";
  const part = Buffer.concat([
    Buffer.from("--form\r\nContent-Type: application/dicom\r\n\r\n"),
    picture,
    Buffer.from("\r\n--form--"),
  ]);
  const gets = [
    "/health/live",
    "/health/ready",
    "/session",
    "/openapi.json",
    "/metrics",
    "/models",
    "/keys",
    "/studies?limit=10&modality=CT&state=analysed",
    "/studies/1.2.840.10008.1",
    "/studies/1.2.840.10008.1/report?format=html&lang=zh",
    "/instances/1.2.3",
    "/instances/1.2.3/frames/0",
    "/instances/1.2.3/frames/0/pixels",
    "/instances/1.2.3/annotated.png?frame=0",
    "/findings?study=1.2.3&min_confidence=0.5&after=WyJhIl0&limit=10",
    "/audit?before=100&limit=10",
    `/jobs/${uuid}`,
    `/jobs/${uuid}/events`,
    `/jobs/${uuid}/results?from=0&limit=10`,
    "/assets/index.js",
  ];
  return [
    ...gets.map((address) => request(`GET ${address}`, { ...auth, "Accept-Language": "en-GB,en;q=0.8,zh;q=0.5" })),
    request("POST /analyze/image?lang=en", form, formBody("file", picture, 1)),
    request("POST /analyze/batch", form, formBody("files", picture, 3)),
    request("POST /analyze/batch", form, formBody("files", picture, 20)),
    request("POST /detect", form, formBody("file", picture, 1)),
    request("POST /dicom-web/studies", related, part),
    request("POST /dicom-web/studies/1.2.3", related, part),
    request("POST /keys", json, Buffer.from('{"name":"fuzz","role":"viewer","days":1}')),
    request("DELETE /keys/000000000000", auth),
    request(`DELETE /jobs/${uuid}`, auth),
    request(`POST /findings/${uuid}/review`, json, Buffer.from('{"review":"accepted","comment":"x"}')),
    request("POST /models/load", json, Buffer.from('{"file":"none.onnx","modalities":["CT"]}')),
    request("POST /models/default", json, Buffer.from('{"version":"none@1","modalities":["*"]}')),
  ];
}

const HOSTILE_NUMBERS = ["-1", "0", "1e309", "NaN", "4294967296", "18446744073709551616", "0x10", "9".repeat(400), "٣"];
const HOSTILE_TEXTS = [
  ...[
    "../../../../etc/passwd",
    "..%2f..%2f",
    "%00",
    "\0",
    "%",
    "%ff%fe",
    "\u202e",
    "__proto__",
    "constructor",
    "{{7*7}}",
  ],
  ...[
    "' OR '1'='1",
    "<script>",
    "\r\nX-Injected: 1",
    "\n\n",
    "Transfer-Encoding: chunked\r\n",
    "Content-Encoding: gzip\r\n",
  ],
  ...[
    "Expect: 100-continue\r\n",
    "Upgrade: websocket\r\nConnection: Upgrade\r\n",
    "Range: bytes=0-\r\n",
    `X: ${"y".repeat(20_000)}\r\n`,
  ],
];
const METHODS = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "CONNECT", "get", "PROPFIND", ""];

type Damage = (bytes: Buffer, random: Random, seeds: readonly Buffer[]) => Buffer;

/** Lengths of headers follow nothing but chance: that is a part of the damage. */
const DAMAGES: Readonly<Record<string, Damage>> = {
  none: (bytes) => bytes,
  "bits flipped": (bytes, random) => {
    for (let k = random.integer(1, 33); k > 0; k--) bytes[random.integer(0, bytes.length)] ^= 1 << random.integer(0, 8);
    return bytes;
  },
  "head flipped": (bytes, random) => {
    const end = Math.min(bytes.length, 300);
    for (let k = random.integer(1, 6); k > 0; k--) bytes[random.integer(0, end)] ^= 1 << random.integer(0, 8);
    return bytes;
  },
  cut: (bytes, random) => bytes.subarray(0, random.integer(0, bytes.length)),
  "text put in": (bytes, random) => {
    const at = random.integer(0, Math.min(bytes.length, 600));
    const text = HOSTILE_TEXTS[random.integer(0, HOSTILE_TEXTS.length)];
    return Buffer.concat([bytes.subarray(0, at), Buffer.from(text), bytes.subarray(at)]);
  },
  "number forged": (bytes, random) => {
    const text = bytes.toString("latin1");
    const numbers = [...text.slice(0, 1000).matchAll(/\d+/g)];
    const chosen = numbers[random.integer(0, numbers.length)];
    const forged = HOSTILE_NUMBERS[random.integer(0, HOSTILE_NUMBERS.length)];
    return Buffer.concat([
      bytes.subarray(0, chosen.index),
      Buffer.from(forged),
      bytes.subarray(chosen.index + chosen[0].length),
    ]);
  },
  "line doubled or left out": (bytes, random) => {
    const lines = bytes.toString("latin1").split("\r\n");
    const at = random.integer(0, Math.min(lines.length, 12));
    if (random.chance(0.5)) lines.splice(at, 1);
    else lines.splice(at, 0, lines[at]);
    return Buffer.from(lines.join("\r\n"), "latin1");
  },
  "another method": (bytes, random) => {
    const rest = bytes.subarray(bytes.indexOf(" "));
    return Buffer.concat([Buffer.from(METHODS[random.integer(0, METHODS.length)]), rest]);
  },
  "two joined": (bytes, random, seeds) => {
    const other = seeds[random.integer(0, seeds.length)];
    return Buffer.concat([
      bytes.subarray(0, random.integer(0, bytes.length + 1)),
      other.subarray(random.integer(0, other.length)),
    ]);
  },
  noise: (_, random) => Buffer.from(Uint8Array.from({ length: random.integer(1, 2000) }, () => random.integer(0, 256))),
};

const NAMES = Object.keys(DAMAGES);

/** A damaged copy of one of the requests, by the generator alone. */
export function damagedRequest(
  seeds: readonly Buffer[],
  random: Random,
): { readonly bytes: Buffer; readonly what: string } {
  const what = NAMES[random.integer(0, NAMES.length)];
  const source = seeds[random.integer(0, seeds.length)];
  return { bytes: DAMAGES[what](Buffer.from(source), random, seeds), what };
}
