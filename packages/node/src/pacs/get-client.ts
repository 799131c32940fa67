/**
 * @file C-GET as client: objects come back on the same association, as files (PS3.4 C.4.3, PS3.7 9.3.3).
 */
import { Readable } from "node:stream";
import { EXPLICIT_LITTLE, IMPLICIT_LITTLE } from "@fovea/core/dicom/transfer-syntax";
import { FoveaError } from "@fovea/core/errors";
import { tell } from "@fovea/core/reasons/tell";
import type { Role } from "./associate-pdu";
import type { Association, Message } from "./association";
import { COMMAND, type CommandSet } from "./command-set";
import { encodeIdentifier } from "./identifier";
import { fileHeader } from "./part10";
import { ProtocolFault } from "./protocol-fault";
import { type ClientOptions, contextOf, countsOf, type Wanted, wantedIdentifier } from "./query-client";
import { type Callee, MAX_CONTEXTS, peerError, proposals, requestAssociation } from "./request-association";
import { STUDY_ROOT_GET, UNCOMPRESSED } from "./service-class";
import { isPending, STATUS, statusNumber, statusText } from "./status";

/** Storage classes that are asked for where the peer does not say which a study has (PS3.4 table B.5-1, by PS3.6 suffix). */
const COMMON_CLASSES = (
  "1 1.1 1.1.1 1.2 1.2.1 1.3 2 2.1 2.2 3.1 4 4.1 4.2 4.3 6.1 6.2 7 7.1 7.2 7.3 7.4 11.1 12.1 12.1.1 12.2 12.2.1 13.1.1 13.1.2 " +
  "13.1.3 20 30 66 66.1 66.2 66.4 77.1.1 77.1.4 77.1.5.1 77.1.6 88.11 88.22 88.33 88.34 88.50 88.59 88.65 88.67 104.1 128 130 " +
  "481.1 481.2 481.3 481.5"
)
  .split(" ")
  .map((suffix) => `1.2.840.10008.5.1.4.1.1.${suffix}`);

const COMPRESSED = ["4.70", "4.90", "4.91", "4.80", "4.81", "4.50", "4.51", "4.57", "5", "4.201", "4.202", "4.203"].map(
  (suffix) => `1.2.840.10008.1.2.${suffix}`,
);

/**
 * Contexts for storage classes: one for each transfer syntax where there is room, so that any object comes as it is kept; else one
 * for the uncompressed and one for all compressed, of which the peer chooses.
 */
function offers(classes: readonly string[]): (readonly [string, readonly string[]])[] {
  const room = MAX_CONTEXTS - 1;
  const single = [EXPLICIT_LITTLE, IMPLICIT_LITTLE, ...COMPRESSED].map((syntax) => [syntax]);
  const syntaxes = classes.length * single.length <= room ? single : [UNCOMPRESSED, COMPRESSED];
  return classes.flatMap((one) => syntaxes.map((choice) => [one, choice] as const)).slice(0, room);
}

/**
 * Objects as files, one after another: a stream is over when the next one is asked for, and what was not read of it is gone.
 *
 * @param classes SOP classes that the study has; the common ones where it is not known
 * @throws {FoveaError} `peer_refused` if the peer could not send everything, after all that it could; `peer_unreachable`;
 * `interrupted`
 */
export async function* get(
  callee: Callee,
  wanted: Wanted,
  classes: readonly string[],
  { signal, times }: ClientOptions = {},
): AsyncGenerator<Readable> {
  const known = classes.length > 0 ? classes : COMMON_CLASSES;
  const roles: Role[] = [...new Set(known)].map((sopClass) => ({ sopClass, scu: false, scp: true }));
  const contexts = proposals([[STUDY_ROOT_GET, UNCOMPRESSED], ...offers([...new Set(known)])]);
  const association = await requestAssociation(callee, contexts, { roles, retrieves: true, signal, times });
  let over = false;
  try {
    const context = contextOf(association, STUDY_ROOT_GET, "C-GET");
    const id = association.messageId();
    const command = {
      AffectedSOPClassUID: STUDY_ROOT_GET,
      CommandField: COMMAND.getRequest,
      MessageID: id,
      Priority: 0,
    };
    await association.send(context, command, await encodeIdentifier(wantedIdentifier(wanted), context.transferSyntax));
    for (;;) {
      const message = await association.next();
      if (message === "release") throw new ProtocolFault("ended the association instead of answering");
      if (message.command.CommandField === COMMAND.storeRequest) {
        const file = fileStream(association, message);
        yield file.stream;
        await file.finish();
        await association.send(message.context, stored(message.command));
        continue;
      }
      await association.skipData();
      if (lastOf(message.command, id)) break;
    }
    over = true;
  } catch (error) {
    over = true;
    association.abort();
    throw peerError(error, signal);
  } finally {
    // Who stops early leaves an object half read: there is no way back but an abort.
    if (!over) association.abort();
  }
  await association.release();
}

/** Whether it was the last response. @throws {FoveaError} `peer_refused` if not everything came */
function lastOf(command: CommandSet, id: number): boolean {
  const { CommandField, MessageIDBeingRespondedTo, Status = STATUS.processingFailure } = command;
  if (CommandField !== COMMAND.getResponse || MessageIDBeingRespondedTo !== id) {
    throw new ProtocolFault("answered something that was not asked");
  }
  if (isPending(Status)) return false;
  const { failed, completed } = countsOf(command);
  if (failed > 0) {
    const message = tell("notGot", { failed, all: failed + completed, status: statusNumber(Status) });
    throw new FoveaError("peer_refused", message);
  }
  if (Status !== STATUS.success) throw new FoveaError("peer_refused", `C-GET: ${statusText(Status)}`);
  return true;
}

function stored(command: CommandSet): CommandSet {
  return {
    AffectedSOPClassUID: command.AffectedSOPClassUID,
    CommandField: COMMAND.storeResponse,
    MessageIDBeingRespondedTo: command.MessageID ?? 0,
    Status: STATUS.success,
    AffectedSOPInstanceUID: command.AffectedSOPInstanceUID,
  };
}

function fileStream(association: Association, { context, command }: Message) {
  const header = fileHeader({
    sopClassUid: context.abstractSyntax,
    sopUid: command.AffectedSOPInstanceUID ?? "",
    transferSyntaxUid: context.transferSyntax,
  });
  let over = false;
  let reading: Promise<unknown> = Promise.resolve();
  async function* bytes() {
    yield header;
    while (!over) {
      const next = association.data();
      reading = next;
      const piece = await next;
      if (!piece) return;
      yield piece;
    }
    throw new FoveaError("interrupted", "the next object was asked for before this one was read");
  }
  // Whoever reads it hears of an error; one that nobody reads any more must not end the process.
  const stream = Readable.from(bytes(), { objectMode: false }).on("error", () => {});
  return {
    stream,
    async finish() {
      over = true;
      await reading;
      await association.skipData();
      if (!stream.readableEnded) stream.destroy();
    },
  };
}
