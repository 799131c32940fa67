/**
 * @file A small PACS in memory, of the same parts as the receiver: C-ECHO, C-STORE, C-FIND and C-GET, for tests where no other is
 * installed. It knows studies, series and instances by their UIDs and PatientID.
 */
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { parseDataSet } from "@fovea/core/dicom/data-set";
import { acceptAssociation } from "@fovea/node/pacs/accept-association";
import { Association, type Message } from "@fovea/node/pacs/association";
import { COMMAND } from "@fovea/node/pacs/command-set";
import { Connection } from "@fovea/node/pacs/connection";
import { decodeIdentifier, encodeIdentifier, type Identifier } from "@fovea/node/pacs/identifier";
import { fileHeader } from "@fovea/node/pacs/part10";
import { isStorage, STUDY_ROOT_FIND, STUDY_ROOT_GET, VERIFICATION } from "@fovea/node/pacs/service-class";
import { serve } from "@fovea/node/pacs/store-service";
import { dicomBytes, type TestElement } from "../../../core/test/dicom-bytes";
import { type Kept, memorySink } from "./memory-sink";

export interface MemoryPacs {
  readonly port: number;
  readonly kept: readonly Kept[];
  /** C-FIND requests that were cancelled. */
  readonly cancelled: number;
  /** SOP instance UIDs of what C-GET sent, in order. */
  readonly given: readonly string[];
  /** While set, C-GET breaks off after so many objects. */
  breaksAfter: number | undefined;
  close(): Promise<void>;
}

export interface MemoryPacsOptions {
  /** Of C-STORE responses. */
  readonly status?: number;
  /** Whether a study tells its number of instances. @default true */
  readonly counts?: boolean;
  /** Whether C-FIND and C-GET are offered. @default true */
  readonly answers?: boolean;
  /** The one match of C-FIND, as it stands there. @default what it keeps */
  readonly match?: readonly TestElement[];
  /** How long it is silent before what C-GET wants comes, as if from tape, ms. @default 0 */
  readonly tapeMs?: number;
}

const LEVELS = { STUDY: "StudyInstanceUID", SERIES: "SeriesInstanceUID", IMAGE: "SOPInstanceUID" } as const;

function identifierOf(one: Kept): Identifier {
  const header = fileHeader(one);
  const dataSet = parseDataSet(Buffer.concat([header, one.dataSet]), "kept");
  const keys = [
    "PatientID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SOPInstanceUID",
    "SOPClassUID",
    "Modality",
  ] as const;
  return Object.fromEntries(keys.map((key) => [key, dataSet.text(key) ?? ""]));
}

export async function startMemoryPacs({
  status = 0,
  counts = true,
  answers = true,
  tapeMs = 0,
  match: said,
}: MemoryPacsOptions = {}): Promise<MemoryPacs> {
  const sink = memorySink({ commit: async () => status });
  let cancelled = 0;
  let breaksAfter: number | undefined;
  const given: string[] = [];
  const services = answers ? [VERIFICATION, STUDY_ROOT_FIND, STUDY_ROOT_GET] : [VERIFICATION];

  function matches(query: Identifier): Identifier[] {
    const level = LEVELS[query.QueryRetrieveLevel as keyof typeof LEVELS];
    const all = sink.kept.map(identifierOf);
    const wanted = all.filter((one) =>
      Object.entries(query).every(([key, value]) => !value || !(key in one) || value.split("\\").includes(one[key])),
    );
    const distinct = [...new Map(wanted.map((one) => [one[level], one])).values()];
    return distinct.map((one) => {
      const found = Object.fromEntries(Object.keys(query).map((key) => [key, one[key] ?? ""]));
      const number = String(all.filter(({ StudyInstanceUID }) => StudyInstanceUID === one.StudyInstanceUID).length);
      const ofSeries = all.filter(({ SeriesInstanceUID }) => SeriesInstanceUID === one.SeriesInstanceUID).length;
      return {
        ...found,
        QueryRetrieveLevel: query.QueryRetrieveLevel,
        ...(counts && "NumberOfStudyRelatedInstances" in query ? { NumberOfStudyRelatedInstances: number } : {}),
        ...(counts && "NumberOfSeriesRelatedInstances" in query
          ? { NumberOfSeriesRelatedInstances: String(ofSeries) }
          : {}),
      };
    });
  }

  async function find(association: Association, { context, command }: Message): Promise<void> {
    const query = await decodeIdentifier(await association.wholeData(10_000), context.transferSyntax);
    const answer = {
      AffectedSOPClassUID: STUDY_ROOT_FIND,
      CommandField: COMMAND.findResponse,
      MessageIDBeingRespondedTo: command.MessageID,
    };
    const encoded = (match: Identifier) => encodeIdentifier(match, context.transferSyntax);
    const given = said && Buffer.from(dicomBytes(said, { transferSyntax: context.transferSyntax, header: false }));
    for (const match of given === undefined ? await Promise.all(matches(query).map(encoded)) : [given]) {
      await association.send(context, { ...answer, Status: 0xff00 }, match);
    }
    await association.send(context, { ...answer, Status: 0 });
  }

  /** Each instance in a context of its own transfer syntax, as PS3.4 C.4.3.3 wants it; without one, it fails. */
  async function get(association: Association, { context, command }: Message): Promise<void> {
    const query = await decodeIdentifier(await association.wholeData(10_000), context.transferSyntax);
    const wanted = new Set(
      matches({ ...query, QueryRetrieveLevel: "IMAGE", SOPInstanceUID: query.SOPInstanceUID ?? "" }).map(
        (one) => one.SOPInstanceUID,
      ),
    );
    await sleep(tapeMs);
    const count = { completed: 0, failed: 0 };
    for (const one of sink.kept.filter(({ sopUid }) => wanted.has(sopUid))) {
      if (count.completed === breaksAfter) return association.abort();
      const place = [...association.contexts.values()].find(
        ({ abstractSyntax, transferSyntax }) =>
          abstractSyntax === one.sopClassUid && transferSyntax === one.transferSyntaxUid,
      );
      if (!place) {
        count.failed++;
        continue;
      }
      const store = {
        AffectedSOPClassUID: one.sopClassUid,
        CommandField: COMMAND.storeRequest,
        MessageID: association.messageId(),
        AffectedSOPInstanceUID: one.sopUid,
      };
      given.push(one.sopUid);
      await association.send(place, { ...store, Priority: 0 }, one.dataSet);
      const answer = await association.next();
      if (answer !== "release" && answer.command.Status === 0) count.completed++;
      else count.failed++;
    }
    await association.send(context, {
      AffectedSOPClassUID: STUDY_ROOT_GET,
      CommandField: COMMAND.getResponse,
      MessageIDBeingRespondedTo: command.MessageID,
      Status: count.failed > 0 ? 0xb000 : 0,
      NumberOfCompletedSuboperations: count.completed,
      NumberOfFailedSuboperations: count.failed,
      NumberOfWarningSuboperations: 0,
    });
  }

  async function talk(connection: Connection): Promise<void> {
    const association = await acceptAssociation(
      connection,
      {
        admit: () => undefined,
        offers: (abstractSyntax) => services.includes(abstractSyntax) || isStorage(abstractSyntax),
        choose: ([first]) => first,
        roles: (asked) => [...asked],
      },
      { artimMs: 5000, idleMs: 5000, pduMs: 5000 },
    );
    if (!(association instanceof Association)) return;
    const service = { sink, maxInstanceBytes: 2 ** 30, onInstance: () => {} };
    for (let message = await association.next(); message !== "release"; message = await association.next()) {
      const field = message.command.CommandField;
      if (field === COMMAND.cancelRequest) cancelled++;
      if (field === COMMAND.findRequest) await find(association, message);
      else if (field === COMMAND.getRequest) await get(association, message);
      else await serve(association, message, service);
    }
    await association.released();
  }

  const open = new Set<Connection>();
  const server = createServer((socket) => {
    const connection = new Connection(socket);
    open.add(connection);
    talk(connection)
      .catch(() => {})
      .finally(() => connection.close());
  });
  await new Promise<void>((resolve) => server.listen({ host: "127.0.0.1", port: 0 }, resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : 0,
    kept: sink.kept,
    given,
    get breaksAfter() {
      return breaksAfter;
    },
    set breaksAfter(objects) {
      breaksAfter = objects;
    },
    get cancelled() {
      return cancelled;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const connection of open) connection.destroy();
      }),
  };
}
