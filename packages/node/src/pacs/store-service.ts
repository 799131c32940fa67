/**
 * @file C-STORE and C-ECHO as provider, on one association (PS3.4 annexes A and B, PS3.7 9.3.1 and 9.3.5).
 */
import { giveBack } from "../data/give-back";
import type { Association, Message } from "./association";
import { COMMAND, type CommandSet } from "./command-set";
import type { InstanceSink } from "./peer";
import { ProtocolFault } from "./protocol-fault";
import { VERIFICATION } from "./service-class";
import { STATUS } from "./status";
import { Taking } from "./taking";

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
  const { sink, maxInstanceBytes, onInstance } = service;
  const refused = statusOfRequest(message);
  if (refused !== STATUS.success) {
    await readAll(association, maxInstanceBytes, async () => {});
    onInstance(refused, 0);
    return refused;
  }
  const incoming = {
    sopClassUid: message.context.abstractSyntax,
    sopUid: message.command.AffectedSOPInstanceUID ?? "",
    transferSyntaxUid: message.context.transferSyntax,
    callingAe: association.callingAe,
  };
  const taking = await Taking.begin(sink, incoming, maxInstanceBytes);
  try {
    await readAll(association, maxInstanceBytes, (piece) => taking.write(piece));
  } catch (error) {
    await taking.abandon();
    throw error;
  }
  const { status, bytes, failure } = await taking.commit();
  onInstance(status, bytes, failure);
  return status;
}

/** Reads the data set to its end; what goes on beyond twice the limit is no data set but an attack. */
async function readAll(association: Association, limit: number, each: (piece: Buffer) => Promise<void>): Promise<void> {
  let bytes = 0;
  for (let piece = await association.data(); piece; piece = await association.data()) {
    bytes += piece.length;
    if (bytes > 2 * limit) throw new ProtocolFault("a data set beyond all limits goes on");
    await each(piece);
    giveBack(piece);
  }
}
