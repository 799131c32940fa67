/**
 * @file Everything that a day brings to a running service, good and bad, with patients' identifiers wherever they may stand.
 */
import { connect } from "node:net";
import { dimsePeer } from "@fovea/node/pacs/dimse-peer";
import sharp from "sharp";
import { APOLONIA, imageOf, outgoing, XIAODONG, XIAODONG_AS_GB } from "./identifiers";
import { until } from "./waiting";

export interface RunningService {
  readonly url: string;
  readonly dimsePort: number;
  readonly adminKey: string;
}

const NAME = "Grzegorzewska^Apolonia";

/** How requests were answered, and what a reader was shown. */
export class FullRun {
  readonly #service: RunningService;
  /** By what was asked. */
  readonly statuses: Record<string, number> = {};
  /** Bodies of answers to those who may see patients. */
  readonly shown: string[] = [];

  constructor(service: RunningService) {
    this.#service = service;
  }

  async ask(what: string, path: string, init: RequestInit = {}, key = this.#service.adminKey): Promise<Response> {
    const headers = { Authorization: `Bearer ${key}`, ...(init.headers as Record<string, string>) };
    const answer = await fetch(`${this.#service.url}${path}`, { ...init, headers });
    this.statuses[what] = answer.status;
    return answer;
  }

  /** By C-STORE: good images, damaged ones, strangers. */
  async store(): Promise<void> {
    const send = (callingAe: string, aeTitle: string, ...objects: ReturnType<typeof outgoing>[]) => {
      const dimse = { host: "127.0.0.1", port: this.#service.dimsePort, aeTitle, callingAe };
      return dimsePeer({ name: "service", send: [], dimse }).send(objects);
    };
    const good = [APOLONIA, XIAODONG, XIAODONG_AS_GB].flatMap((patient) => [1, 2].map((n) => outgoing(patient, n)));
    const stored = await send("CT1", "FOVEA", ...good, ...good.slice(0, 1));
    this.statuses.stored = stored.filter(({ state }) => state === "stored").length;
    // A name where a number is wanted: the analysis fails of it.
    await send("CT1", "FOVEA", outgoing(APOLONIA, 3, [[0x00280030, "DS", `${NAME}\\Polcia`]]));
    await send(
      "CT1",
      "FOVEA",
      outgoing(APOLONIA, 4, [
        [0x00281052, "DS", NAME],
        [0x00281053, "DS", "PID-771-ALPHA"],
      ]),
    );
    await send("CT1", "FOVEA", outgoing(APOLONIA, 5, [[0x00280004, "CS", "GRZEGORZEWSKA"]]));
    await send("CT1", "FOVEA", outgoing(APOLONIA, 10, [[0x00280008, "IS", NAME]]));
    await send(
      "CT1",
      "FOVEA",
      outgoing(APOLONIA, 11, [
        [0x00281050, "DS", NAME],
        [0x00281051, "DS", "17 Marmalade Lane"],
      ]),
    );
    await send("CT1", "FOVEA", outgoing(APOLONIA, 12, [[0x00281056, "CS", "GRZEGORZEWSKA"]]));
    // The data set is another object than its file says.
    const other = outgoing(APOLONIA, 6, [[0x00080018, "UI", "2.25.4711"]]);
    const cut = outgoing(XIAODONG, 7);
    const bad = await send("CT1", "FOVEA", other, { ...cut, bytes: cut.bytes.subarray(0, cut.bytes.length - 500) });
    this.statuses.mismatched = bad[0].state === "stored" ? 1 : 0;
    const strangers = [await send("STRANGER", "FOVEA", good[0]), await send("CT1", "SOMEBODY", good[0])];
    this.statuses.strangers = strangers.flat().filter(({ state }) => state === "stored").length;
  }

  async stow(): Promise<void> {
    const part = (bytes: Uint8Array) => [Buffer.from("--b\r\nContent-Type: application/dicom\r\n\r\n"), bytes, "\r\n"];
    const body = (...files: Uint8Array[]) =>
      Buffer.concat([...files.flatMap(part), "--b--\r\n"].map((one) => Buffer.from(one as string)));
    const headers = { "Content-Type": 'multipart/related; type="application/dicom"; boundary=b' };
    const post = (what: string, path: string, content: Buffer) =>
      this.ask(what, path, { method: "POST", headers, body: Uint8Array.from(content) });
    await post("STOW", "/dicom-web/studies", body(imageOf(XIAODONG, 8), imageOf(APOLONIA, 8)));
    await post("STOW of no DICOM", "/dicom-web/studies", body(Buffer.from(`${NAME} is no DICOM`)));
    await post("STOW that ends too early", "/dicom-web/studies", body(imageOf(APOLONIA, 9)).subarray(0, 700));
  }

  async upload(): Promise<void> {
    const send = async (what: string, path: string, field: string, ...files: [name: string, bytes: Uint8Array][]) => {
      const form = new FormData();
      for (const [name, bytes] of files) form.append(field, new Blob([Uint8Array.from(bytes)]), name);
      return this.ask(what, path, { method: "POST", body: form });
    };
    const picture = await sharp({ create: { width: 64, height: 64, channels: 3, background: "#cccccc" } })
      .png()
      .toBuffer();
    const dicom = imageOf(APOLONIA, 20);
    const misplaced = imageOf(APOLONIA, 21, [[0x00281052, "DS", NAME]]);
    await send("picture", "/analyze/image", "file", [`${NAME} 19530714.png`, picture]);
    await send("DICOM", "/analyze/image", "file", ["张^小东.dcm", dicom]);
    await send("report", "/detect", "file", ["PID-771-ALPHA.dcm", imageOf(XIAODONG, 22)]);
    await send("cut picture", "/analyze/image", "file", [`${NAME}.png`, picture.subarray(0, 60)]);
    await send("cut DICOM", "/detect", "file", [`${NAME}.dcm`, dicom.subarray(0, 600)]);
    await send("misplaced name", "/detect", "file", [`${NAME}.dcm`, misplaced]);
    await send("another field", "/detect", NAME, [`${NAME}.dcm`, dicom]);
    await send("small batch", "/analyze/batch", "files", [`${NAME}.png`, picture], ["小东.dcm", Buffer.from("none")]);
    const many = Array.from({ length: 5 }, (_, i): [string, Uint8Array] => [
      `${NAME} ${i}.png`,
      i < 4 ? picture : misplaced,
    ]);
    const job = (await (await send("job", "/analyze/batch", "files", ...many)).json()) as { status_url: string };
    await until(
      async () => ((await (await this.ask("job state", job.status_url)).json()) as { state: string }).state === "done",
      60,
    );
    this.shown.push(await (await this.ask("job results", `${job.status_url}/results`)).text());
    await (await this.ask("job events", `${job.status_url}/events`)).text();
    // Half of a form, and then nothing.
    const headers = { "Content-Type": "multipart/form-data; boundary=f" };
    const half = (field: string) =>
      `--f\r\nContent-Disposition: form-data; name="${field}"; filename="${NAME}.dcm"\r\n\r\n`.repeat(1) + NAME;
    await this.ask("half a form", "/detect", { method: "POST", headers, body: half("file") });
  }

  /** Studies as readers have them: lists, details, pictures, reports, decisions. */
  async read(): Promise<void> {
    type Listed = { studies: { study_uid: string; state: string; instances: number; findings: number }[] };
    const list = async () => {
      const body = await (await this.ask("studies", "/studies?limit=200")).text();
      this.shown.push(body);
      return (JSON.parse(body) as Listed).studies;
    };
    const settled = async () => {
      const studies = await list();
      return studies.length >= 3 && studies.every(({ state }) => !["receiving", "queued"].includes(state));
    };
    await until(settled, 120);
    const studies = await list();
    for (const { study_uid } of studies) {
      this.shown.push(await (await this.ask("study", `/studies/${study_uid}`)).text());
    }
    const uid = studies.find(({ findings, instances }) => findings > 0 && instances >= 2)?.study_uid;
    await (await this.ask("findings", "/findings?limit=100")).text();
    for (const format of ["json", "csv", "html", "png", "sr"]) {
      await (await this.ask(`report ${format}`, `/studies/${uid}/report?format=${format}`)).arrayBuffer();
    }
    const detail = (await (await this.ask("study", `/studies/${uid}`)).json()) as {
      findings: { id: string; sop_uid: string }[];
    };
    const [{ id, sop_uid }] = detail.findings;
    for (const path of ["", "/frames/0", "/frames/0/pixels", "/annotated.png"]) {
      await (await this.ask(`instance${path}`, `/instances/${sop_uid}${path}`)).arrayBuffer();
    }
    const review = (what: string, body: string) =>
      this.ask(what, `/findings/${id}/review`, {
        method: "POST",
        body,
        headers: { "Content-Type": "application/json" },
      });
    await review(
      "decision",
      JSON.stringify({ review: "accepted", comment: "Told 张^小东 (病历-0042-甲乙) in person" }),
    );
    await review("decision that is none", JSON.stringify({ review: NAME, [NAME]: "PID-771-ALPHA" }));
    await review("no JSON", `{"review": ${NAME}`);
  }

  /** Addresses, headers and keys that name patients; requests that are none. */
  async err(): Promise<void> {
    const escaped = encodeURIComponent(NAME);
    await this.ask("address", `/studies/${escaped}`);
    await this.ask("address of nothing", `/patients/${escaped}?id=PID-771-ALPHA`);
    await this.ask("query", `/findings?study=${escaped}&class=${escaped}`);
    await this.ask("cursor", `/studies?after=${Buffer.from(NAME).toString("base64url")}`);
    await this.ask("header", "/session", { headers: { "X-Patient": NAME, "Accept-Language": "Apolonia" } });
    await this.ask("bad key", "/session", {}, "PID-771-ALPHA");
    await this.ask("bad API key", "/session", {}, `fovea_${"Apolonia".padEnd(43, "x")}`);
    await this.ask("basic", "/session", { headers: { Authorization: `Basic ${btoa("Apolonia:PID-771-ALPHA")}` } });
    await this.ask("other origin", "/session", { headers: { Origin: "https://grzegorzewska.example" } });
    for (const line of [`GET /${NAME} HTTP/9.9`, `${NAME} / HTTP/1.1`, `GET / HTTP/1.1\r\n${NAME}`, "\0".repeat(300)]) {
      await new Promise<void>((resolve) => {
        const socket = connect(Number(new URL(this.#service.url).port), "127.0.0.1");
        socket.on("error", () => undefined).on("close", () => resolve());
        socket.resume().end(`${line}\r\n\r\n`);
      });
    }
    await new Promise<void>((resolve) => {
      const socket = connect(this.#service.dimsePort, "127.0.0.1");
      socket.on("error", () => undefined).on("close", () => resolve());
      socket.resume().end(`${NAME} does not speak DICOM at all, and goes on for longer than a header`);
    });
  }
}
