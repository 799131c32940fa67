/**
 * @file An archive behind DIMSE, in memory: takes objects by C-STORE, counts each request, and answers C-FIND for instances.
 */
import { createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { acceptAssociation } from "@fovea/node/pacs/accept-association";
import { Association, type Message } from "@fovea/node/pacs/association";
import { COMMAND } from "@fovea/node/pacs/command-set";
import { Connection } from "@fovea/node/pacs/connection";
import { decodeIdentifier, encodeIdentifier } from "@fovea/node/pacs/identifier";
import { isStorage, preferredSyntax, STUDY_ROOT_FIND, VERIFICATION } from "@fovea/node/pacs/service-class";
import { STATUS } from "@fovea/node/pacs/status";
import { readInstanceHead } from "@fovea/node/pipeline/instance-head";

export interface DimseArchiveOptions {
  /** @default any that is free */
  readonly port?: number;
  /** How long an answer may take, so that a kill may fall between an object's arrival and its answer. @default 0 */
  readonly slowMs?: () => number;
  /** What an earlier one of this place has. */
  readonly stored?: Map<string, Stored>;
}

/** An object that the archive has. */
export interface Stored {
  /** C-STORE requests whose data set came whole. */
  requests: number;
  readonly sopClassUid: string;
  readonly studyUid: string;
  readonly seriesUid: string;
  /** Of the first request. */
  readonly dataSet: Buffer;
}

export interface DimseArchive {
  readonly port: number;
  /** By SOP instance UID. */
  readonly stored: Map<string, Stored>;
  /** C-STORE requests that were begun and are not answered. */
  readonly busy: number;
  /** C-STORE requests whose sender was gone before the data set was whole. */
  readonly broken: number;
  /** While set, whoever connects is hung up on. */
  away: boolean;
  /** Nobody listens any more. */
  close(): Promise<void>;
}

const TIMES = { artimMs: 10_000, idleMs: 60_000, pduMs: 60_000 };
const MOST_BYTES = 64 * 2 ** 20;

/** Starts to listen on loopback. */
export async function openDimseArchive({
  port = 0,
  slowMs = () => 0,
  stored = new Map(),
}: DimseArchiveOptions = {}): Promise<DimseArchive> {
  const sockets = new Set<Socket>();
  let busy = 0;
  let broken = 0;
  let away = false;

  async function store(association: Association, { context, command }: Message): Promise<void> {
    busy++;
    try {
      const sopUid = command.AffectedSOPInstanceUID ?? "";
      const dataSet = await association.wholeData(MOST_BYTES).catch((error: unknown) => {
        broken++;
        throw error;
      });
      keep(stored, dataSet, { sopUid, sopClassUid: context.abstractSyntax, transferSyntaxUid: context.transferSyntax });
      await sleep(slowMs());
      await association.send(context, {
        ...{ AffectedSOPClassUID: context.abstractSyntax, CommandField: COMMAND.storeResponse },
        ...{ MessageIDBeingRespondedTo: command.MessageID, Status: STATUS.success, AffectedSOPInstanceUID: sopUid },
      });
    } finally {
      busy--;
    }
  }

  async function find(association: Association, { context, command }: Message): Promise<void> {
    const wanted = await decodeIdentifier(await association.wholeData(2 ** 20), context.transferSyntax);
    const answer = {
      ...{ AffectedSOPClassUID: STUDY_ROOT_FIND, CommandField: COMMAND.findResponse },
      MessageIDBeingRespondedTo: command.MessageID,
    };
    const one = stored.get(wanted.SOPInstanceUID ?? "");
    const matches = one?.studyUid === wanted.StudyInstanceUID && one?.seriesUid === wanted.SeriesInstanceUID;
    if (one !== undefined && matches) {
      const identifier = await encodeIdentifier(wanted, context.transferSyntax);
      await association.send(context, { ...answer, Status: STATUS.pending }, identifier);
    }
    await association.send(context, { ...answer, Status: STATUS.success });
  }

  async function visit(socket: Socket): Promise<void> {
    const policy = {
      admit: () => undefined,
      offers: (syntax: string) => syntax === VERIFICATION || syntax === STUDY_ROOT_FIND || isStorage(syntax),
      choose: (offered: readonly string[]) => preferredSyntax(offered),
    };
    const association = await acceptAssociation(new Connection(socket), policy, TIMES);
    if (!(association instanceof Association)) return;
    for (;;) {
      const message = await association.next();
      if (message === "release") return association.released();
      if (message.command.CommandField === COMMAND.storeRequest) await store(association, message);
      else if (message.command.CommandField === COMMAND.findRequest) await find(association, message);
      else return association.abort();
    }
  }

  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    if (away) socket.destroy();
    // Its sender was killed.
    else visit(socket).catch(() => socket.destroy());
  });
  const taken = await listen(server, port);
  return {
    ...{ port: taken, stored },
    get away() {
      return away;
    },
    set away(value) {
      away = value;
    },
    get busy() {
      return busy;
    },
    get broken() {
      return broken;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function keep(
  stored: Map<string, Stored>,
  dataSet: Buffer,
  meta: { readonly sopUid: string; readonly sopClassUid: string; readonly transferSyntaxUid: string },
): void {
  const known = stored.get(meta.sopUid);
  if (known !== undefined) known.requests++;
  else {
    const { studyUid, seriesUid } = readInstanceHead(dataSet, meta).instance;
    stored.set(meta.sopUid, { requests: 1, sopClassUid: meta.sopClassUid, studyUid, seriesUid, dataSet });
  }
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("unreachable: no port");
  return address.port;
}
