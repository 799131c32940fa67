/**
 * @file C-STORE as client: the bytes of each file's data set as they are, in the file's own transfer syntax.
 */
import { DEFLATED } from "@fovea/core/dicom/transfer-syntax";
import { tell } from "@fovea/core/reasons/tell";
import type { AgreedContext, Association } from "./association";
import { COMMAND } from "./command-set";
import { readFileHeader } from "./part10";
import type { OutgoingObject, SendOutcome } from "./peer";
import { ProtocolFault } from "./protocol-fault";
import {
  type Callee,
  type ClientTimes,
  MAX_CONTEXTS,
  peerError,
  proposals,
  requestAssociation,
} from "./request-association";
import { isWarning, refusesObject, STATUS, statusNumber, statusText } from "./status";

interface Parcel {
  /** Place among the objects given. */
  readonly index: number;
  readonly sopUid: string;
  readonly sopClassUid: string;
  readonly transferSyntaxUid: string;
  readonly dataSet: Uint8Array;
}

const contextKey = (one: { sopClassUid: string; transferSyntaxUid: string }) =>
  `${one.sopClassUid} ${one.transferSyntaxUid}`;

/** Header and data set of a file. @throws {FoveaError} `invalid_dicom` */
function parcel(object: OutgoingObject, index: number): Parcel {
  const bytes = Buffer.from(object.bytes.buffer, object.bytes.byteOffset, object.bytes.byteLength);
  const header = readFileHeader(bytes.subarray(0, 128 * 1024), true);
  if (!header) throw new Error("unreachable: a whole file has a header or none");
  const { sopUid, sopClassUid, transferSyntaxUid } = header;
  const dataSet = bytes.subarray(header.dataSetStart);
  // Fragments have even length (PS3.8 annex F); a deflated stream is padded to it (PS3.5 A.5), what some files forget.
  const isOdd = transferSyntaxUid === DEFLATED && dataSet.length % 2 === 1;
  const sent = isOdd ? Buffer.concat([dataSet, Buffer.alloc(1)]) : dataSet;
  return { index, sopUid, sopClassUid, transferSyntaxUid, dataSet: sent };
}

/** Parcels in groups that one association can carry. */
function loads(parcels: readonly Parcel[]): Parcel[][] {
  const groups: { parcels: Parcel[]; keys: Set<string> }[] = [];
  for (const one of parcels) {
    const key = contextKey(one);
    let group = groups.find(({ keys }) => keys.has(key) || keys.size < MAX_CONTEXTS);
    if (!group) {
      group = { parcels: [], keys: new Set() };
      groups.push(group);
    }
    group.keys.add(key);
    group.parcels.push(one);
  }
  return groups.map((group) => group.parcels);
}

/**
 * Sends files; tells of each what became of it, in the order given, and never throws for what the peer does.
 *
 * What was not answered is `unreachable`, whether or not the peer has kept it: ask with C-FIND before sending it again.
 */
export async function sendObjects(
  callee: Callee,
  objects: readonly OutgoingObject[],
  { signal, times }: { signal?: AbortSignal; times?: ClientTimes } = {},
): Promise<SendOutcome[]> {
  const outcomes: SendOutcome[] = objects.map(() => ({ state: "unreachable", reason: tell("notSent") }));
  const parcels = objects.flatMap((object, index) => {
    try {
      return [parcel(object, index)];
    } catch (error) {
      const fault = error instanceof Error ? error.message : String(error);
      const reason = tell("notDicom", { fault });
      outcomes[index] = { state: "refused", reason };
      return [];
    }
  });
  for (const load of loads(parcels)) {
    try {
      await sendLoad(callee, load, outcomes, { signal, times });
    } catch (error) {
      const { message } = peerError(error, signal);
      const open = load.filter(({ index }) => outcomes[index].state === "unreachable");
      for (const { index } of open) outcomes[index] = { state: "unreachable", reason: message };
    }
  }
  return outcomes;
}

async function sendLoad(
  callee: Callee,
  load: readonly Parcel[],
  outcomes: SendOutcome[],
  options: { signal?: AbortSignal; times?: ClientTimes },
): Promise<void> {
  const offers = new Map(load.map((one) => [contextKey(one), [one.sopClassUid, [one.transferSyntaxUid]] as const]));
  const association = await requestAssociation(callee, proposals([...offers.values()]), options);
  const contexts = [...association.contexts.values()];
  try {
    for (const one of load) {
      const context = contexts.find(
        ({ abstractSyntax, transferSyntax }) =>
          abstractSyntax === one.sopClassUid && transferSyntax === one.transferSyntaxUid,
      );
      outcomes[one.index] = context
        ? outcomeOf(await store(association, context, one))
        : {
            state: "refused",
            reason: tell("classNotTaken", { sopClass: one.sopClassUid, syntax: one.transferSyntaxUid }),
          };
    }
  } catch (error) {
    association.abort();
    throw error;
  }
  await association.release();
}

/** @returns the status of the response */
async function store(association: Association, context: AgreedContext, one: Parcel): Promise<number> {
  const id = association.messageId();
  const command = {
    AffectedSOPClassUID: one.sopClassUid,
    CommandField: COMMAND.storeRequest,
    MessageID: id,
    Priority: 0,
    AffectedSOPInstanceUID: one.sopUid,
  };
  await association.send(context, command, one.dataSet);
  const answer = await association.next();
  if (answer === "release") throw new ProtocolFault("ended the association instead of answering");
  const { CommandField, MessageIDBeingRespondedTo, Status } = answer.command;
  if (CommandField !== COMMAND.storeResponse || MessageIDBeingRespondedTo !== id || Status === undefined) {
    throw new ProtocolFault("answered something that was not asked");
  }
  await association.skipData();
  return Status;
}

/** PS3.4 table B.2-1. */
function outcomeOf(status: number): SendOutcome {
  if (status === STATUS.success) return { state: "stored" };
  if (status === STATUS.duplicateInstance)
    return { state: "stored", warning: tell("alreadyThere", { status: statusNumber(status) }) };
  if (isWarning(status)) return { state: "stored", warning: statusText(status) };
  return { state: refusesObject(status) ? "refused" : "unreachable", reason: statusText(status) };
}
