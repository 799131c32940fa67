/**
 * @file C-STORE and C-ECHO as provider, on one association (PS3.4 annexes A and B, PS3.7 9.3.1 and 9.3.5).
 */
import { FoveaError } from "@fovea/core/errors";
import type { Association, Message } from "./association";
import { COMMAND, type CommandSet } from "./command-set";
import type { IncomingDraft, InstanceSink } from "./peer";
import { ProtocolFault } from "./protocol-fault";
import { VERIFICATION } from "./service-class";
import { STATUS } from "./status";

export interface StoreService {
  readonly sink: InstanceSink;
  readonly maxInstanceBytes: number;
  /** Of each instance that is over: status of the response, bytes of the data set, and what the sink threw. */
  readonly onInstance: (status: number, bytes: number, failure?: unknown) => void;
}

/** What a message was answered with. */
type Answered = "echo" | "stored" | "refused" | "nothing";

/** Answers one message. @throws {ProtocolFault} @throws {ConnectionLost} @throws {PeerTooSlow} */
export async function serve(association: Association, message: Message, service: StoreService): Promise<Answered> {
  const { command, context } = message;
  const field = command.CommandField ?? 0;
  if (field === COMMAND.cancelRequest) {
    await association.skipData();
    return "nothing";
  }
  if (field >= 0x8000) throw new ProtocolFault("a response that nobody asked for");
  let status: number = STATUS.unrecognizedOperation;
  if (field === COMMAND.storeRequest) status = await store(association, message, service);
  else {
    if (field === COMMAND.echoRequest && context.abstractSyntax === VERIFICATION) status = STATUS.success;
    await association.skipData();
  }
  await association.send(context, responseTo(command, field, status));
  if (field === COMMAND.echoRequest) return "echo";
  return status === STATUS.success ? "stored" : "refused";
}

function responseTo(command: CommandSet, field: number, status: number): CommandSet {
  const { AffectedSOPClassUID, AffectedSOPInstanceUID, MessageID } = command;
  return {
    AffectedSOPClassUID,
    CommandField: field | 0x8000,
    MessageIDBeingRespondedTo: MessageID ?? 0,
    Status: status,
    AffectedSOPInstanceUID,
  };
}

/** Whether the request can be taken at all, before its data set is looked at. */
function statusOfRequest({ command, context, hasData }: Message): number {
  const { AffectedSOPClassUID: sopClass, AffectedSOPInstanceUID: sop = "" } = command;
  if (!hasData) return STATUS.cannotUnderstand;
  if (sopClass !== context.abstractSyntax || sopClass === VERIFICATION) return STATUS.sopClassNotSupported;
  if (sop.length > 64 || !/^[0-9]+(\.[0-9]+)+$/.test(sop)) return STATUS.invalidInstance;
  return STATUS.success;
}

async function store(association: Association, message: Message, service: StoreService): Promise<number> {
  const refused = statusOfRequest(message);
  if (refused !== STATUS.success) {
    await skip(association, service.maxInstanceBytes);
    service.onInstance(refused, 0);
    return refused;
  }
  const { bytes, status, failure } = await take(association, message, service);
  service.onInstance(status, bytes, failure);
  return status;
}

interface Taken {
  readonly bytes: number;
  readonly status: number;
  readonly failure?: unknown;
}

/** Streams the data set into the sink; whatever the sink throws becomes a status, and the rest is read and forgotten. */
async function take(association: Association, message: Message, service: StoreService): Promise<Taken> {
  const { command, context } = message;
  let draft: IncomingDraft | undefined;
  let bytes = 0;
  let whole = false;
  try {
    draft = await service.sink.open({
      sopClassUid: context.abstractSyntax,
      sopUid: command.AffectedSOPInstanceUID ?? "",
      transferSyntaxUid: context.transferSyntax,
      callingAe: association.callingAe,
    });
    const source = new SinkSide(draft);
    for (let piece = await association.data(); piece; piece = await association.data()) {
      bytes += piece.length;
      if (bytes > service.maxInstanceBytes) throw new SinkFailure(STATUS.outOfResources, undefined);
      await source.write(piece);
    }
    whole = true;
    const { status } = await draft.commit();
    return { bytes, status };
  } catch (error) {
    await draft?.abandon().catch(() => {});
    const isOurs = error instanceof SinkFailure || draft === undefined || whole;
    // The peer's fault, or its end: there is nobody to answer.
    if (!isOurs) throw error;
    await skip(association, service.maxInstanceBytes);
    const failure = error instanceof SinkFailure ? error.cause : error;
    return { bytes, status: error instanceof SinkFailure ? error.status : statusOfFailure(error), failure };
  }
}

/** Tells the sink's errors from those of the association. */
class SinkFailure extends Error {
  readonly status: number;
  constructor(status: number, cause: unknown) {
    super("the sink failed", { cause });
    this.status = status;
  }
}

class SinkSide {
  readonly #draft: IncomingDraft;
  constructor(draft: IncomingDraft) {
    this.#draft = draft;
  }
  async write(piece: Uint8Array): Promise<void> {
    try {
      await this.#draft.write(piece);
    } catch (error) {
      throw new SinkFailure(statusOfFailure(error), error);
    }
  }
}

function statusOfFailure(error: unknown): number {
  const code = error instanceof FoveaError ? error.code : (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === "invalid_dicom") return STATUS.cannotUnderstand;
  return code === "disk_full" || code === "ENOSPC" || code === "busy"
    ? STATUS.outOfResources
    : STATUS.processingFailure;
}

/** Reads the rest of a data set that nobody wants, within the limit of one that somebody would. */
async function skip(association: Association, limit: number): Promise<void> {
  let bytes = 0;
  for (let piece = await association.data(); piece; piece = await association.data()) {
    bytes += piece.length;
    if (bytes > limit) throw new ProtocolFault("a data set beyond all limits goes on");
  }
}
