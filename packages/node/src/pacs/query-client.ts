/**
 * @file C-ECHO, C-FIND and C-MOVE as client (PS3.4 annex C, Study Root; PS3.7 9.3).
 */
import { FoveaError } from "@fovea/core/errors";
import { tell } from "@fovea/core/reasons/tell";
import type { AgreedContext, Association, Message } from "./association";
import { COMMAND, type CommandSet } from "./command-set";
import { decodeIdentifier, encodeIdentifier, type Identifier } from "./identifier";
import { ProtocolFault } from "./protocol-fault";
import { type Callee, type ClientTimes, peerError, proposals, requestAssociation } from "./request-association";
import { STUDY_ROOT_FIND, STUDY_ROOT_MOVE, UNCOMPRESSED, VERIFICATION } from "./service-class";
import { isPending, isWarning, STATUS, statusText } from "./status";

export type Level = "STUDY" | "SERIES" | "IMAGE";

export interface ClientOptions {
  /** Defined term of the texts of answers that name none: the setting `default_character_set`. @default `decodeText`'s */
  readonly defaultCharacterSet?: string;
  readonly signal?: AbortSignal;
  readonly times?: ClientTimes;
}

/** An answer to a query has some hundred bytes. */
const MAX_IDENTIFIER = 1024 * 1024;

/** The context for a service. @throws {FoveaError} `peer_refused` if the peer has not agreed to it */
export function contextOf(association: Association, abstractSyntax: string, what: string): AgreedContext {
  const context = [...association.contexts.values()].find((one) => one.abstractSyntax === abstractSyntax);
  if (!context) throw new FoveaError("peer_refused", tell("serviceNotOffered", { service: what }));
  return context;
}

/** The next response to request `id`. @throws {ProtocolFault} on anything else */
export async function response(
  association: Association,
  id: number,
  field: number,
): Promise<Message & { status: number }> {
  const message = await association.next();
  if (message === "release") throw new ProtocolFault("ended the association instead of answering");
  const { CommandField, MessageIDBeingRespondedTo, Status } = message.command;
  if (CommandField !== field || MessageIDBeingRespondedTo !== id || Status === undefined) {
    throw new ProtocolFault("answered something that was not asked");
  }
  return { ...message, status: Status };
}

export async function echo(callee: Callee, { signal, times }: ClientOptions = {}): Promise<void> {
  const association = await requestAssociation(callee, proposals([[VERIFICATION, UNCOMPRESSED]]), { signal, times });
  try {
    const context = contextOf(association, VERIFICATION, "C-ECHO");
    const id = association.messageId();
    const command = { AffectedSOPClassUID: VERIFICATION, CommandField: COMMAND.echoRequest, MessageID: id };
    await association.send(context, command);
    const { status } = await response(association, id, COMMAND.echoResponse);
    await association.skipData();
    if (status !== STATUS.success) throw new FoveaError("peer_refused", `C-ECHO: ${statusText(status)}`);
  } catch (error) {
    association.abort();
    throw peerError(error, signal);
  }
  await association.release();
}

/**
 * Matches of a query, one by one as they come. Who stops early cancels it (C-CANCEL).
 *
 * @param query values by PS3.6 keyword; empty ones are asked for
 * @throws {FoveaError} `peer_unreachable`, `peer_refused`, `interrupted`; `invalid_argument` on a keyword unknown
 */
export async function* find(
  callee: Callee,
  level: Level,
  query: Readonly<Identifier>,
  { signal, times, defaultCharacterSet }: ClientOptions = {},
): AsyncGenerator<Identifier> {
  const association = await requestAssociation(callee, proposals([[STUDY_ROOT_FIND, UNCOMPRESSED]]), { signal, times });
  let state: "open" | "over" = "open";
  let id = 0;
  let context: AgreedContext | undefined;
  try {
    context = contextOf(association, STUDY_ROOT_FIND, "C-FIND");
    const identifier = await encodeIdentifier({ ...query, QueryRetrieveLevel: level }, context.transferSyntax);
    id = association.messageId();
    const command = {
      AffectedSOPClassUID: STUDY_ROOT_FIND,
      CommandField: COMMAND.findRequest,
      MessageID: id,
      Priority: 0,
    };
    await association.send(context, command, identifier);
    for (;;) {
      const { status, hasData, context: answered } = await response(association, id, COMMAND.findResponse);
      const data = hasData ? await association.wholeData(MAX_IDENTIFIER) : undefined;
      if (!isPending(status)) {
        state = "over";
        if (status !== STATUS.success) throw new FoveaError("peer_refused", `C-FIND: ${statusText(status)}`);
        await association.release();
        return;
      }
      if (data) yield await decodeIdentifier(data, answered.transferSyntax, defaultCharacterSet);
    }
  } catch (error) {
    state = "over";
    association.abort();
    throw peerError(error, signal);
  } finally {
    if (state === "open" && context) await cancel(association, context, id, COMMAND.findResponse);
  }
}

/** C-CANCEL, then what still comes until the last response; whatever goes wrong ends in an abort. */
export async function cancel(
  association: Association,
  context: AgreedContext,
  id: number,
  field: number,
): Promise<void> {
  const timer = setTimeout(() => association.abort(), 5000);
  try {
    await association.send(context, { CommandField: COMMAND.cancelRequest, MessageIDBeingRespondedTo: id });
    for (;;) {
      const { status } = await response(association, id, field);
      await association.skipData();
      if (!isPending(status)) break;
    }
    await association.release();
  } catch {
    association.abort();
  } finally {
    clearTimeout(timer);
  }
}

/** What of a study is wanted: all of it, a series, instances of a series. */
export interface Wanted {
  readonly studyUid: string;
  readonly seriesUid?: string;
  /** Not empty, and with `seriesUid`. */
  readonly sopUids?: readonly string[];
}

/** Identifier of a retrieval; several instances are a list of UIDs (PS3.4 C.4.2.1.4.1, C.2.2.2.2). */
export function wantedIdentifier({ studyUid, seriesUid, sopUids }: Wanted): Identifier {
  return {
    QueryRetrieveLevel: sopUids ? "IMAGE" : seriesUid ? "SERIES" : "STUDY",
    StudyInstanceUID: studyUid,
    ...(seriesUid ? { SeriesInstanceUID: seriesUid } : {}),
    ...(sopUids ? { SOPInstanceUID: sopUids.join("\\") } : {}),
  };
}

/** What a retrieval came to. */
export interface SuboperationCounts {
  readonly completed: number;
  readonly failed: number;
  readonly warning: number;
}

export function countsOf(command: CommandSet): SuboperationCounts {
  return {
    completed: command.NumberOfCompletedSuboperations ?? 0,
    failed: command.NumberOfFailedSuboperations ?? 0,
    warning: command.NumberOfWarningSuboperations ?? 0,
  };
}

/**
 * C-MOVE: has the peer send to `destinationAe`, which it must know with address and port.
 *
 * @returns counts of the last response; some may have failed
 * @throws {FoveaError} `peer_refused` if it does not know the destination or moves nothing; `peer_unreachable`, `interrupted`
 */
export async function move(
  callee: Callee,
  wanted: Wanted,
  destinationAe: string,
  { signal, times }: ClientOptions = {},
): Promise<SuboperationCounts> {
  const association = await requestAssociation(callee, proposals([[STUDY_ROOT_MOVE, UNCOMPRESSED]]), {
    ...{ retrieves: true, signal, times },
  });
  try {
    const context = contextOf(association, STUDY_ROOT_MOVE, "C-MOVE");
    const id = association.messageId();
    const command = {
      AffectedSOPClassUID: STUDY_ROOT_MOVE,
      CommandField: COMMAND.moveRequest,
      MessageID: id,
      MoveDestination: destinationAe,
      Priority: 0,
    };
    await association.send(context, command, await encodeIdentifier(wantedIdentifier(wanted), context.transferSyntax));
    for (;;) {
      const { status, command: answer } = await response(association, id, COMMAND.moveResponse);
      await association.skipData();
      if (isPending(status)) continue;
      if (status === STATUS.moveDestinationUnknown) {
        const message = tell("moveDestinationUnknown", { title: JSON.stringify(destinationAe) });
        throw new FoveaError("peer_refused", message);
      }
      if (status !== STATUS.success && !isWarning(status)) {
        throw new FoveaError("peer_refused", `C-MOVE: ${statusText(status)}`);
      }
      await association.release();
      return countsOf(answer);
    }
  } catch (error) {
    association.abort();
    throw peerError(error, signal);
  }
}
