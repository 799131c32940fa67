/**
 * @file The requestor's side of opening an association (PS3.8 7.1), and the time limits of a client.
 */
import { readFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { FoveaError } from "@fovea/core/errors";
import { tell } from "@fovea/core/reasons/tell";
import { IMPLEMENTATION_CLASS, IMPLEMENTATION_VERSION } from "../dicom/implementation";
import { CONTEXT_RESULT, decodeAccept, encodeRequest, type ProposedContext, type Role } from "./associate-pdu";
import { Association } from "./association";
import { Connection } from "./connection";
import { MAX_PDU, PDU, PDU_HEADER, readPduHeader } from "./pdu";
import { ProtocolFault } from "./protocol-fault";

/** Whom to call, and as whom. */
export interface Callee {
  readonly host: string;
  readonly port: number;
  readonly aeTitle: string;
  readonly callingAe: string;
  /** Paths of PEM files: the authority that the peer's certificate is checked against, and what we show. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}

export interface ClientTimes {
  /** From the first packet to the peer's answer to the association. @default 10000 */
  readonly connectMs?: number;
  /** From a request to its (next) response. @default 120000 */
  readonly responseMs?: number;
  /**
   * From one message to the next while a retrieval runs: an archive may have to fetch from tape first, and to tell of it
   * meanwhile (a pending response) is its own choice (PS3.4 C.4.2.3). @default 1800000
   */
  readonly retrieveMs?: number;
}

/** A connection is silent for so long before TCP asks whether the other side is there. */
const KEEP_ALIVE_MS = 60_000;

/** At most so many contexts fit: ids are odd, 1 to 255. */
export const MAX_CONTEXTS = 128;

/** Contexts with ids in order. @param offers abstract syntax and transfer syntaxes; at most 128 */
export function proposals(offers: readonly (readonly [string, readonly string[]])[]): ProposedContext[] {
  return offers.map(([abstractSyntax, transferSyntaxes], i) => ({ id: 2 * i + 1, abstractSyntax, transferSyntaxes }));
}

interface RequestOptions {
  readonly roles?: readonly Role[];
  /** Whether it is for C-MOVE or C-GET. @default false */
  readonly retrieves?: boolean;
  readonly signal?: AbortSignal;
  readonly times?: ClientTimes;
}

/**
 * Opens an association; ended by an abort as soon as `signal` says so.
 *
 * @throws {FoveaError} `peer_unreachable` if it does not answer or has no room now; `peer_refused` if it does not want us;
 * `interrupted`
 */
export async function requestAssociation(
  callee: Callee,
  contexts: readonly ProposedContext[],
  { roles = [], retrieves = false, signal, times = {} }: RequestOptions = {},
): Promise<Association> {
  const { connectMs = 10_000, responseMs = 120_000, retrieveMs = 1_800_000 } = times;
  if (signal?.aborted) throw new FoveaError("interrupted", "the request to the PACS was cancelled");
  const socket = await open(callee, connectMs, signal);
  const connection = new Connection(socket);
  let association: Association | undefined;
  const abort = () => (association ? association.abort() : connection.destroy());
  signal?.addEventListener("abort", abort, { once: true });
  socket.once("close", () => signal?.removeEventListener("abort", abort));
  try {
    const parties = { calledAe: callee.aeTitle, callingAe: callee.callingAe };
    const own = { implementationClass: IMPLEMENTATION_CLASS, implementationVersion: IMPLEMENTATION_VERSION };
    await connection.write([encodeRequest({ ...parties, ...own, maxPdu: MAX_PDU, roles, contexts })]);
    connection.allow(connectMs);
    const { type, length } = readPduHeader(await connection.exactly(PDU_HEADER));
    const body = await connection.exactly(length);
    if (type === PDU.associateReject) throw rejected(body);
    if (type !== PDU.associateAccept) throw new ProtocolFault(`answered the association with a PDU of type ${type}`);
    const accept = decodeAccept(body);
    const agreed = accept.contexts.flatMap(({ id, result, transferSyntax }) => {
      const proposed = contexts.find((context) => context.id === id);
      if (result !== CONTEXT_RESULT.acceptance || !proposed) return [];
      if (!proposed.transferSyntaxes.includes(transferSyntax))
        throw new ProtocolFault("accepted what was not proposed");
      return [{ id, abstractSyntax: proposed.abstractSyntax, transferSyntax }];
    });
    association = new Association(
      connection,
      { ...parties, maxPdu: accept.maxPdu, contexts: agreed },
      { idleMs: retrieves ? retrieveMs : responseMs, pduMs: responseMs },
    );
    return association;
  } catch (error) {
    connection.close();
    throw peerError(error, signal);
  }
}

/**
 * An error of an association as callers know it.
 *
 * @param error anything that reading or writing threw
 */
export function peerError(error: unknown, signal?: AbortSignal): FoveaError {
  if (error instanceof FoveaError) return error;
  if (signal?.aborted) return new FoveaError("interrupted", tell("cancelled"), { cause: error });
  const reason = error instanceof Error ? error.message : String(error);
  return new FoveaError("peer_unreachable", tell("associationFailed", { fault: reason }), { cause: error });
}

/** PS3.8 table 9-21. */
function rejected(body: Buffer): FoveaError {
  const [, result, source, reason] = body;
  const why =
    source === 1
      ? {
          2: "it does not know DICOM's application context",
          3: "it does not know our AE title",
          7: "it has another AE title",
        }[reason]
      : { 1: "it is congested", 2: "it has too many associations" }[reason];
  const message = `the PACS rejected the association: ${why ?? "no reason given"} (${result}/${source}/${reason})`;
  const advice = source === 1 ? "; compare AE titles and addresses on both sides" : "";
  return new FoveaError(result === 1 ? "peer_refused" : "peer_unreachable", message + advice);
}

async function open(callee: Callee, connectMs: number, signal?: AbortSignal): Promise<Socket> {
  const { host, port, tls } = callee;
  const read = (file: string | undefined) => (file === undefined ? undefined : readFile(file));
  const files = tls && { ca: await read(tls.ca), cert: await read(tls.cert), key: await read(tls.key) };
  return new Promise((resolve, reject) => {
    const socket = files
      ? connectTls({ host, port, ...files, servername: host, minVersion: "TLSv1.2" })
      : connect({ host, port, noDelay: true });
    const fail = (code: "peer_unreachable" | "interrupted", why: string) => {
      finish();
      socket.on("error", () => {}).destroy();
      reject(new FoveaError(code, why));
    };
    const failed = (error: NodeJS.ErrnoException) =>
      fail("peer_unreachable", `no connection to the PACS (${error.code ?? error.message})`);
    const aborted = () => fail("interrupted", "the request to the PACS was cancelled");
    const timer = setTimeout(() => fail("peer_unreachable", "the PACS does not answer"), connectMs);
    const finish = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", aborted);
      socket.off("error", failed);
    };
    socket.once("error", failed);
    signal?.addEventListener("abort", aborted, { once: true });
    socket.once(files ? "secureConnect" : "connect", () => {
      finish();
      // A machine that vanished is told from one that fetches a tape.
      socket.setKeepAlive(true, KEEP_ALIVE_MS);
      resolve(socket);
    });
  });
}
