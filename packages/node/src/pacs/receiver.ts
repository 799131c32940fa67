/**
 * @file The DICOM receiver: C-STORE and C-ECHO for everyone who may call, over TCP or TLS.
 *
 * Objects go into the sink as they come; while it writes, the sender waits, so that memory does not grow with what is
 * sent. A response is sent only when the sink has committed.
 */
import { readFile } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { FoveaError } from "@fovea/core/errors";
import type { DimseConfig } from "../config/service-config";
import { type AcceptPolicy, acceptAssociation, REJECTION } from "./accept-association";
import type { AssociateRequest } from "./associate-pdu";
import { Association } from "./association";
import { Connection } from "./connection";
import { abort } from "./pdu";
import type { InstanceSink } from "./peer";
import { ABORT_REASON, ConnectionLost, PeerTooSlow, ProtocolFault } from "./protocol-fault";
import { isStorage, preferredSyntax, VERIFICATION } from "./service-class";
import { type StoreService, serve } from "./store-service";

/** Where the receiver tells what happens: no patient data, no UIDs. Fits the log of Fastify. */
export interface ReceiverLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}

/** An association that is over. */
export interface AssociationEnd {
  readonly callingAe: string;
  readonly calledAe: string;
  readonly remoteAddress: string;
  /** Instances answered with success, and with anything else. */
  readonly stored: number;
  readonly refused: number;
  readonly bytes: number;
  readonly how: "released" | "rejected" | "aborted" | "lost" | "timed_out" | "closed";
}

export interface ReceiverTimes {
  /** From connection to association request (ARTIM, PS3.8 9.1.5). @default 10000 */
  readonly artimMs?: number;
  /** Between messages. @default 300000 */
  readonly idleMs?: number;
  /** Waiting for the bytes of one PDU. @default 60000 */
  readonly pduMs?: number;
  /** What `close` grants to instances under way. @default 15000 */
  readonly closeMs?: number;
}

export interface ReceiverOptions {
  readonly config: DimseConfig;
  readonly sink: InstanceSink;
  readonly onAssociation?: (end: AssociationEnd) => void;
  readonly log?: ReceiverLog;
  readonly times?: ReceiverTimes;
}

export interface Receiver {
  readonly port: number;
  /** Associations that are open now. */
  readonly associations: number;
  /** Takes no more, finishes instances under way, ends all associations. */
  close(): Promise<void>;
}

/** Connections that have no association yet, beyond those that may have one; more are closed at once. */
const SPARE_CONNECTIONS = 64;

interface Visit {
  readonly connection: Connection;
  association?: Association;
  /** Between messages, nothing under way. */
  idle: boolean;
  /** Counts among the associations. */
  admitted: boolean;
}

type Ended = { -readonly [K in keyof AssociationEnd]: AssociationEnd[K] };

/**
 * Starts to listen.
 *
 * @throws {FoveaError} `invalid_config` if the port is taken or not allowed, or a file of TLS cannot be read
 */
export async function startReceiver({
  config,
  sink,
  onAssociation,
  log,
  times = {},
}: ReceiverOptions): Promise<Receiver> {
  const { artimMs = 10_000, idleMs = 300_000, pduMs = 60_000, closeMs = 15_000 } = times;
  const visits = new Set<Visit>();
  const running = new Set<Promise<void>>();
  let open = 0;
  let closing = false;

  /** A place is taken as soon as it is promised: others may ask before the answer is written. */
  const policyOf = (here: Visit): AcceptPolicy => ({
    admit: (request) => {
      const rejection = closing ? REJECTION.congestion : admit(request, config, open);
      if (!rejection) {
        here.admitted = true;
        open++;
      }
      return rejection;
    },
    offers: (abstractSyntax) => abstractSyntax === VERIFICATION || isStorage(abstractSyntax),
    choose: (offered) => preferredSyntax(offered),
  });

  async function visit(socket: Socket): Promise<void> {
    const here: Visit = { connection: new Connection(socket), idle: true, admitted: false };
    const end: Ended = {
      ...{ callingAe: "", calledAe: "", remoteAddress: socket.remoteAddress ?? "" },
      ...{ stored: 0, refused: 0, bytes: 0, how: "lost" },
    };
    visits.add(here);
    try {
      const association = await acceptAssociation(here.connection, policyOf(here), { artimMs, idleMs, pduMs });
      end.callingAe = association.callingAe;
      if (association instanceof Association) {
        here.association = association;
        end.calledAe = association.calledAe;
        end.how = await messages(here, association, serviceOf(end));
      } else end.how = "rejected";
    } catch (error) {
      end.how = closing ? "closed" : endingOf(error);
      if (!(error instanceof ConnectionLost)) refuse(here, error);
      if (!closing)
        log?.warn({ callingAe: end.callingAe, reason: reasonOf(error) }, "association ended before its time");
    } finally {
      if (here.admitted) open--;
      visits.delete(here);
      here.connection.close();
      log?.info({ ...end }, "association over");
      onAssociation?.(end);
    }
  }

  function serviceOf(end: Ended): StoreService {
    return {
      sink,
      maxInstanceBytes: config.maxInstanceBytes,
      onInstance: (status, bytes, failure) => {
        end.bytes += bytes;
        if (status === 0) end.stored++;
        else end.refused++;
        if (failure !== undefined) log?.warn({ status, reason: reasonOf(failure) }, "an instance was not taken");
      },
    };
  }

  async function messages(here: Visit, association: Association, service: StoreService): Promise<Ended["how"]> {
    for (;;) {
      here.idle = true;
      if (closing) {
        association.abort();
        return "closed";
      }
      await association.waiting();
      here.idle = false;
      const message = await association.next();
      if (message === "release") {
        await association.released();
        return "released";
      }
      await serve(association, message, service);
    }
  }

  const server = await listener(config, (socket) => {
    const done = visit(socket).finally(() => running.delete(done));
    running.add(done);
  });

  server.maxConnections = config.maxAssociations + SPARE_CONNECTIONS;

  return {
    port: await listen(server, config),
    get associations() {
      return open;
    },
    async close() {
      if (closing) return;
      closing = true;
      const stopped = new Promise((resolve) => server.close(resolve));
      for (const { association, idle, connection } of visits) {
        if (!idle) continue;
        if (association) association.abort();
        else connection.close(0);
      }
      const timer = setTimeout(() => {
        for (const { connection } of visits) connection.destroy();
      }, closeMs);
      await Promise.all(running);
      clearTimeout(timer);
      await stopped;
    },
  };
}

function admit(request: AssociateRequest, config: DimseConfig, open: number) {
  const { aeTitle, allowedAeTitles, maxAssociations } = config;
  if (request.calledAe !== aeTitle) return REJECTION.calledAe;
  if (allowedAeTitles.length > 0 && !allowedAeTitles.includes(request.callingAe)) return REJECTION.callingAe;
  return open >= maxAssociations ? REJECTION.limit : undefined;
}

function refuse({ association, connection }: Visit, error: unknown): void {
  const reason = error instanceof ProtocolFault ? error.reason : ABORT_REASON.notSpecified;
  if (association) association.abort(reason);
  else connection.write([abort(2, reason)], 2000).catch(() => {});
}

function endingOf(error: unknown): AssociationEnd["how"] {
  if (error instanceof ConnectionLost) return "lost";
  return error instanceof PeerTooSlow ? "timed_out" : "aborted";
}

/** Why, without whatever the peer sent: messages of this protocol are ours, others may quote values. */
function reasonOf(error: unknown): string {
  if (error instanceof ProtocolFault || error instanceof ConnectionLost || error instanceof PeerTooSlow)
    return error.message;
  if (error instanceof FoveaError) return error.code;
  return error instanceof Error ? error.name : "failed";
}

async function listener(config: DimseConfig, onSocket: (socket: Socket) => void): Promise<Server> {
  if (!config.tls) return createServer({ noDelay: true }, onSocket);
  const { cert, key, ca } = config.tls;
  const read = (file: string, name: string) =>
    readFile(file).catch((error) => {
      const message = `${JSON.stringify(file)} cannot be read; give the path of a PEM file`;
      throw new FoveaError("invalid_config", message, { at: `dimse.tls.${name}`, cause: error });
    });
  const options = {
    cert: await read(cert, "cert"),
    key: await read(key, "key"),
    // With an authority, only those whom it has certified may call (PS3.15 B.12).
    ...(ca === undefined ? {} : { ca: await read(ca, "ca"), requestCert: true, rejectUnauthorized: true }),
    minVersion: "TLSv1.2" as const,
    handshakeTimeout: 10_000,
  };
  return createTlsServer(options, onSocket).on("tlsClientError", () => {});
}

function listen(server: Server, { host, port }: DimseConfig): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const message = `cannot listen on ${host}, port ${port} (${error.code}); choose another port with dimse.port`;
      reject(new FoveaError("invalid_config", message, { cause: error }));
    });
    server.listen({ host, port }, () => {
      server.removeAllListeners("error").on("error", () => {});
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : port);
    });
  });
}
