/**
 * @file An archive behind DICOMweb, in memory: counts what is stored in it, and answers whether it has something.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { boundaryOf, parts } from "@fovea/node/pacs/multipart";
import { readFileHeader } from "@fovea/node/pacs/part10";
import { readInstanceHead } from "@fovea/node/pipeline/instance-head";

export interface WebArchive {
  readonly url: string;
  /** How often each object was stored, by SOP instance UID. */
  readonly stored: ReadonlyMap<string, number>;
  /** Requests to store that are not answered. */
  readonly busy: number;
  /** While set, it answers nothing. */
  away: boolean;
  close(): Promise<void>;
}

/** @param slowMs how long an answer may take, so that a kill may fall between an object's arrival and its answer */
export async function openWebArchive(slowMs: () => number): Promise<WebArchive> {
  const stored = new Map<string, number>();
  /** `study/series/instance`. */
  const places = new Set<string>();
  let busy = 0;

  async function store(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const references: object[] = [];
    busy++;
    request.once("close", () => busy--);
    for await (const { body } of parts(request, boundaryOf(request.headers["content-type"] ?? ""))) {
      const pieces: Uint8Array[] = [];
      for await (const piece of body) pieces.push(Uint8Array.from(piece));
      const file = Buffer.concat(pieces);
      const header = readFileHeader(file, true);
      if (header === undefined) throw new Error("a part without a header");
      const { studyUid, seriesUid, sopUid } = readInstanceHead(file.subarray(header.dataSetStart), header).instance;
      stored.set(sopUid, (stored.get(sopUid) ?? 0) + 1);
      places.add(`${studyUid}/${seriesUid}/${sopUid}`);
      references.push({ "00081150": uid(header.sopClassUid), "00081155": uid(sopUid) });
    }
    await sleep(slowMs());
    answer(response, { "00081199": { vr: "SQ", Value: references } });
  }

  function find(url: URL, response: ServerResponse): void {
    const [, study, series] = /^\/studies\/([0-9.]+)\/series\/([0-9.]+)\/instances$/.exec(url.pathname) ?? [];
    const sop = url.searchParams.get("SOPInstanceUID") ?? "";
    const isFirst = (url.searchParams.get("offset") ?? "0") === "0";
    answer(response, isFirst && places.has(`${study}/${series}/${sop}`) ? [{ "00080018": uid(sop) }] : []);
  }

  const server = createServer((request, response) => {
    if (archive.away) {
      request.socket.destroy();
      return;
    }
    const work =
      request.method === "POST" ? store(request, response) : find(new URL(request.url ?? "", "http://x"), response);
    // The sender was killed in the middle.
    Promise.resolve(work).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const archive: WebArchive = {
    url: `http://127.0.0.1:${port}`,
    stored,
    get busy() {
      return busy;
    },
    away: false,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return archive;
}

function uid(value: string): object {
  return { vr: "UI", Value: [value] };
}

function answer(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { "Content-Type": "application/dicom+json" }).end(JSON.stringify(body));
}
