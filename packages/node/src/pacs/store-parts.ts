/**
 * @file What a STOW-RS request brings, into the sink; what is answered (PS3.18 10.5).
 */
import type { Readable } from "node:stream";
import { FoveaError } from "@fovea/core/errors";
import { boundaryOf, type MultipartLimits, type Part, parts } from "./multipart";
import { type FileHeader, MAX_HEADER, readFileHeader } from "./part10";
import type { InstanceSink } from "./peer";
import { STATUS } from "./status";
import { Taking } from "./taking";

export interface StoreLimits extends MultipartLimits {
  /** Of one instance. */
  readonly maxInstanceBytes: number;
}

/** DICOM JSON (PS3.18 annex F). */
export type DicomJson = Readonly<Record<string, { readonly vr: string; readonly Value?: readonly unknown[] }>>;

export interface StoreAnswer {
  /** 200 all stored, 202 some, 409 none (PS3.18 table 10.5.3-1). */
  readonly httpStatus: 200 | 202 | 409;
  /** Store Instances Response Module (PS3.18 annex I). */
  readonly json: DicomJson;
  readonly stored: number;
  readonly failed: number;
}

type Outcome = { readonly header?: FileHeader; readonly status: number };

/** Preamble and prefix in front of the file meta information. */
const MAX_FILE_HEADER = 132 + MAX_HEADER + 16;

/**
 * Stores each part that is a DICOM file. One that is broken or refused is told in the answer; the others are stored.
 *
 * @param contentType of the request
 * @param callingAe how the sink knows the sender, such as the name of its key
 * @throws {FoveaError} `invalid_argument` if the content type is another; `invalid_dicom` if the body breaks off or breaks the rules
 * before anything was stored
 */
export async function storeParts(
  stream: Readable,
  contentType: string,
  sink: InstanceSink,
  { maxInstanceBytes, ...limits }: StoreLimits,
  callingAe = "",
): Promise<StoreAnswer> {
  const outcomes: Outcome[] = [];
  try {
    for await (const part of parts(stream, boundaryOf(contentType), limits)) {
      outcomes.push(await storePart(part, sink, maxInstanceBytes, callingAe));
    }
  } catch (error) {
    // What is stored is stored: the client must hear of it.
    const isBroken = error instanceof FoveaError && error.code === "invalid_dicom";
    if (!isBroken || !outcomes.some(({ status }) => status === STATUS.success)) throw error;
    outcomes.push({ status: STATUS.cannotUnderstand });
  }
  if (outcomes.length === 0) throw new FoveaError("invalid_dicom", "multipart body: there is no part in it");
  return answer(outcomes);
}

async function storePart(
  part: Part,
  sink: InstanceSink,
  maxInstanceBytes: number,
  callingAe: string,
): Promise<Outcome> {
  let head: Buffer = Buffer.alloc(0);
  let header: FileHeader | undefined;
  let taking: Taking | undefined;
  try {
    for await (const piece of part.body) {
      if (taking) await taking.write(piece);
      else {
        head = head.length === 0 ? piece : Buffer.concat([head, piece]);
        header = readFileHeader(head, head.length > MAX_FILE_HEADER);
        if (!header) continue;
        taking = await Taking.begin(sink, { ...withoutStart(header), callingAe }, maxInstanceBytes);
        if (head.length > header.dataSetStart) await taking.write(head.subarray(header.dataSetStart));
      }
      if (taking.bytes > 2 * maxInstanceBytes) throw new FoveaError("invalid_dicom", "multipart body: an endless part");
    }
  } catch (error) {
    await taking?.abandon();
    // Only what is wrong with this part's header leaves the rest of the body readable.
    if (taking || !(error instanceof FoveaError) || error.message.startsWith("multipart")) throw error;
    return { status: STATUS.cannotUnderstand };
  }
  if (!taking) return { status: STATUS.cannotUnderstand };
  const { status } = await taking.commit();
  return { header, status };
}

function withoutStart({ sopClassUid, sopUid, transferSyntaxUid }: FileHeader) {
  return { sopClassUid, sopUid, transferSyntaxUid };
}

const uid = (value: string) => ({ vr: "UI", Value: [value] });
const number = (value: number) => ({ vr: "US", Value: [value] });
const sequence = (items: readonly unknown[]) => ({ vr: "SQ", Value: items });

/** ReferencedSOPClassUID, ReferencedSOPInstanceUID. */
function reference({ sopClassUid, sopUid }: FileHeader) {
  return { "00081150": uid(sopClassUid), "00081155": uid(sopUid) };
}

function answer(outcomes: readonly Outcome[]): StoreAnswer {
  const stored: object[] = [];
  const failed: object[] = [];
  const others: object[] = [];
  for (const { header, status } of outcomes) {
    const reason = { "00081197": number(status) };
    if (!header) others.push(reason);
    else if (status === STATUS.success) stored.push(reference(header));
    else if (status >>> 12 === 0xb) stored.push({ ...reference(header), "00081196": number(status) });
    else failed.push({ ...reference(header), ...reason });
  }
  const json: DicomJson = {
    ...(stored.length > 0 ? { "00081199": sequence(stored) } : {}),
    ...(failed.length > 0 ? { "00081198": sequence(failed) } : {}),
    ...(others.length > 0 ? { "0008119A": sequence(others) } : {}),
  };
  const failures = failed.length + others.length;
  const httpStatus = failures === 0 ? 200 : stored.length > 0 ? 202 : 409;
  return { httpStatus, json, stored: stored.length, failed: failures };
}
