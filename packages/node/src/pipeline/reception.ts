/**
 * @file Objects on their way in, by C-STORE, STOW-RS, upload or retrieval: streamed into encrypted files, acknowledged once
 * they are durable.
 *
 * The acknowledgement promises that the object survives: its file lies in `incoming` with a note (`receipt.ts`), and whatever
 * happens then, the importer finds it there. The data set's bytes are kept as they came, behind a file head of our own.
 */
import { FoveaError } from "@fovea/core/errors";
import { fileHeader, readFileHeader } from "../pacs/part10";
import type { IncomingDraft, IncomingObject, InstanceSink } from "../pacs/peer";
import type { BlobStore } from "../store/blob-store";
import type { Origin } from "../store/record";
import { IncomingHead } from "./incoming-head";
import { ChangingTarget, FileTarget, type IncomingTarget } from "./incoming-target";
import { type FileMeta, isUid, type ReadHead, type ReadHeadOptions } from "./instance-head";
import type { FiledBefore } from "./known-files";
import { MemoryShare } from "./memory-share";
import type { Receipt, ReceiptNote } from "./receipt";

/** Of C-STORE responses (PS3.4 table B.2-1, PS3.7 annex C); STOW-RS uses the same numbers as failure reasons. */
export const STORE_STATUS = {
  success: 0x0000,
  processingFailure: 0x0110,
  duplicate: 0x0111,
  outOfResources: 0xa700,
  mismatch: 0xa900,
  cannotUnderstand: 0xc000,
  /** Of the numbers that an implementation may give a meaning (Cxxx): its series stands in another study. */
  astray: 0xc001,
} as const;

/** What becomes of the receipts: `importer.ts`. */
export interface ReceiptQueue {
  /** Resolves once another object may come in. @throws {FoveaError} `busy` if that takes too long */
  room(): Promise<void>;
  push(receipt: Receipt): void;
}

export interface ReceptionOptions extends ReadHeadOptions {
  readonly blobs: Pick<BlobStore, "draft" | "read" | "remove">;
  readonly receipts: ReceiptQueue;
  /** What the record holds under the SOP and Series Instance UIDs of an object that comes in. */
  readonly known: (sopUid: string, seriesUid: string) => Promise<FiledBefore>;
  /** Takes identifiers out of a whole file. @throws {FoveaError} if it cannot: the object is refused */
  readonly deidentify?: (file: Uint8Array) => Promise<Uint8Array>;
  /** Of one object. @default 2 GiB */
  readonly maxBytes?: number;
  /**
   * How long an acknowledgement waits for `known`, which is asked as soon as the object's head is here, ms. What cannot be filed
   * and is not known by then is acknowledged, and held apart by the importer. @default 200
   */
  readonly lookupMs?: number;
  /** @default the system's clock */
  readonly now?: () => Date;
}

/** Who brings an object, and how. */
export interface Bringer {
  readonly origin: Origin;
  readonly callingAe?: string;
  /** `ae:TITLE`, `key:...`, as the audit names it. */
  readonly actor: string;
  /** The study that the object must belong to, else it is refused. @default any */
  readonly onlyStudy?: string;
}

/** What became of one object. */
export interface StoreOutcome {
  /** 0x0000: durable. */
  readonly status: number;
  readonly sopClassUid?: string;
  readonly sopUid?: string;
  readonly studyUid?: string;
  readonly seriesUid?: string;
}

/** Options that may be absent. */
type Unset = "deidentify" | "defaultCharacterSet";

const MANUFACTURER = "Fovea";
/** What all objects that are de-identified at one time may take of memory; one that takes more is alone. */
const CHANGING_BYTES = 2 ** 29;

export class Reception implements InstanceSink {
  readonly #options: Required<Omit<ReceptionOptions, Unset>> & Pick<ReceptionOptions, Unset>;
  readonly #memory = new MemoryShare(CHANGING_BYTES);

  constructor(options: ReceptionOptions) {
    this.#options = { maxBytes: 2 ** 31, lookupMs: 200, now: () => new Date(), ...options };
  }

  /** For C-STORE. @throws {FoveaError} `busy`, `disk_full` */
  async open({ callingAe, ...meta }: IncomingObject): Promise<IncomingDraft> {
    return this.#open(meta, { origin: "dimse", callingAe, actor: `ae:${callingAe}` });
  }

  /**
   * Takes a whole DICOM file: a part of a STOW-RS request, an upload, an answer to a retrieval.
   *
   * @throws what `file` throws; then nothing is kept
   */
  async receive(file: AsyncIterable<Uint8Array>, bringer: Bringer): Promise<StoreOutcome> {
    let head = Buffer.alloc(0);
    let draft: ObjectDraft | undefined;
    try {
      for await (const piece of file) {
        if (draft !== undefined) {
          await draft.write(piece);
          continue;
        }
        head = Buffer.concat([head, piece]);
        const header = readFileHeader(head);
        if (header === undefined) continue;
        const { dataSetStart, ...meta } = header;
        draft = await this.#open(meta, bringer);
        await draft.write(head.subarray(dataSetStart));
      }
    } catch (error) {
      await draft?.abandon();
      if (!(error instanceof FoveaError)) throw error;
      return { status: statusOf(error) };
    }
    return draft?.commit() ?? { status: STORE_STATUS.cannotUnderstand };
  }

  async #open(meta: FileMeta, bringer: Bringer): Promise<ObjectDraft> {
    if (!isUid(meta.sopUid) || !isUid(meta.sopClassUid) || !isUid(meta.transferSyntaxUid)) {
      throw new FoveaError("invalid_dicom", "an object is announced by UIDs of digits and dots, at most 64 characters");
    }
    const { blobs, receipts, deidentify, defaultCharacterSet } = this.#options;
    await receipts.room();
    const target =
      deidentify === undefined
        ? await FileTarget.open(blobs)
        : await ChangingTarget.open(blobs, { change: deidentify, memory: this.#memory, defaultCharacterSet });
    await target.write(fileHeader(meta));
    return new ObjectDraft(meta, bringer, { target, ...this.#options });
  }
}

type DraftContext = {
  readonly target: IncomingTarget;
} & Pick<Required<ReceptionOptions>, "blobs" | "receipts" | "known" | "maxBytes" | "lookupMs" | "now"> &
  Pick<ReceptionOptions, Unset>;

/** One object that comes in. Errors wait for `commit`, which answers with a status. */
class ObjectDraft implements IncomingDraft {
  readonly #meta: FileMeta;
  readonly #bringer: Bringer;
  readonly #context: DraftContext;
  readonly #head: IncomingHead;
  #here: Promise<FiledBefore> | undefined;
  #bytes = 0;
  #failure: { readonly status: number } | undefined;

  constructor(meta: FileMeta, bringer: Bringer, context: DraftContext) {
    this.#meta = meta;
    this.#head = new IncomingHead(meta, { defaultCharacterSet: context.defaultCharacterSet });
    this.#bringer = bringer;
    this.#context = context;
  }

  async write(piece: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) return;
    this.#bytes += piece.length;
    if (this.#bytes > this.#context.maxBytes) return this.#fail(STORE_STATUS.outOfResources);
    this.#head.take(piece);
    if (this.#head.read !== undefined) this.#askFor(this.#head.read);
    await this.#context.target.write(piece).catch((error: unknown) => this.#fail(statusOf(error)));
  }

  async commit(): Promise<StoreOutcome & { readonly status: number }> {
    const { sopClassUid, sopUid } = this.#meta;
    const announced = { sopClassUid, sopUid };
    if (this.#failure !== undefined) return { ...announced, ...this.#failure };
    try {
      const head = this.#head.end();
      this.#checkStudy(head);
      this.#askFor(head);
      const receipt = await this.#context.target.commit((changed) => this.#note(changed ?? head));
      const { studyUid, seriesUid, ...kept } = receipt.note.instance;
      const told = { sopClassUid, sopUid: kept.sopUid, studyUid, seriesUid };
      return { ...told, status: await this.#hand(receipt) };
    } catch (error) {
      await this.#context.target.abandon();
      return { ...announced, status: statusOf(error) };
    }
  }

  abandon(): Promise<void> {
    return this.#context.target.abandon();
  }

  /** While the bytes come in, if possible. A database that is away does not stop reception: the importer asks again. */
  #askFor({ instance: { sopUid, seriesUid } }: ReadHead): void {
    const { known, deidentify } = this.#context;
    // Its UIDs will be others.
    if (deidentify !== undefined) return;
    this.#here ??= known(sopUid, seriesUid).catch(() => ({}));
  }

  #checkStudy({ instance }: ReadHead): void {
    const { onlyStudy } = this.#bringer;
    if (onlyStudy !== undefined && instance.studyUid !== onlyStudy) {
      throw new FoveaError("invalid_argument", "an object of another study than the one that is stored to");
    }
  }

  /** To the importer, unless the record cannot take it: then the sender is told so. */
  async #hand(receipt: Receipt): Promise<number> {
    const { blobs, receipts, known, lookupMs } = this.#context;
    const { sopUid, seriesUid, studyUid } = receipt.note.instance;
    this.#here ??= known(sopUid, seriesUid).catch(() => ({}));
    const filed = (await withinMs(this.#here, lookupMs)) ?? {};
    const status = statusBeside(filed, { sha256: receipt.sha256, studyUid });
    if (status === STORE_STATUS.success) receipts.push(receipt);
    else await blobs.remove(receipt.blob);
    return status;
  }

  #note({ instance, manufacturer }: ReadHead): ReceiptNote {
    const { onlyStudy: _, ...bringer } = this.#bringer;
    return {
      instance,
      ...bringer,
      receivedAt: this.#context.now().toISOString(),
      ...(manufacturer === MANUFACTURER && { ownResult: true as const }),
    };
  }

  async #fail(status: number): Promise<void> {
    this.#failure = { status };
    this.#head.drop();
    await this.#context.target.abandon().catch(() => undefined);
  }
}

/** What an object is told, given what the record has. The same bytes again are welcome: the importer drops them. */
function statusBeside(filed: FiledBefore, { sha256, studyUid }: Required<FiledBefore>): number {
  if (filed.sha256 !== undefined) return filed.sha256 === sha256 ? STORE_STATUS.success : STORE_STATUS.duplicate;
  return (filed.studyUid ?? studyUid) === studyUid ? STORE_STATUS.success : STORE_STATUS.astray;
}

/** What a promise gives, if it does so in time. */
async function withinMs<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** The number that tells the sender why: whether it should try again, and where to look. */
function statusOf(error: unknown): number {
  const code = error instanceof FoveaError ? error.code : (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === "disk_full" || code === "ENOSPC" || code === "busy") return STORE_STATUS.outOfResources;
  if (code === "invalid_argument") return STORE_STATUS.mismatch;
  if (code === "invalid_dicom" || code === "unsupported_dicom") return STORE_STATUS.cannotUnderstand;
  return STORE_STATUS.processingFailure;
}
