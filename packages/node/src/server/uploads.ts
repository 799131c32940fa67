/**
 * @file Files of a multipart form (RFC 7578), one after another as they come in; nothing is written to disk here.
 */
import type { MultipartFile } from "@fastify/multipart";
import { FoveaError } from "@fovea/core/errors";
import { tell } from "@fovea/core/reasons/tell";
import type { FastifyRequest } from "fastify";
import { HttpProblem } from "./problem";
import type { UploadBudget } from "./upload-budget";

export interface IncomingFile {
  /** As the client called it, without folders; it may name a patient. */
  readonly filename: string;
  readonly content: AsyncIterable<Uint8Array> & { readonly truncated?: boolean };
}

/** One whole file in memory. */
export interface Upload {
  readonly filename: string;
  readonly bytes: Buffer;
  /** Gives its memory back to the budget; twice does no harm. */
  release(): void;
}

const LONGEST_NAME = 255;

/**
 * The files of field `field`. Each must be read to its end before the next is asked for.
 *
 * @throws {HttpProblem} 400 for a form that is broken or has files under another name; 413 for one beyond a limit
 */
export async function* filesOf(request: FastifyRequest, field: string, files: number): AsyncGenerator<IncomingFile> {
  if (!request.isMultipart()) throw new HttpProblem(415, tell("wantsForm", { field }));
  try {
    for await (const part of request.parts({ limits: { files, parts: files + FIELDS, fields: FIELDS } })) {
      if (part.type !== "file") continue;
      if (part.fieldname !== field) throw new HttpProblem(400, tell("otherField", { field }));
      yield { filename: nameOf(part), content: part.file };
    }
  } catch (error) {
    throw formFault(error);
  }
}

/** Text fields that a form may have beside its files; they are read by nobody. */
const FIELDS = 16;

/** What broke while a form was read: 400 unless it says itself what it is. */
export function formFault(error: unknown): unknown {
  if (error instanceof FoveaError || error instanceof HttpProblem) return error;
  if (error instanceof Error && "statusCode" in error) return error;
  return new HttpProblem(400, tell("brokenForm"));
}

/** Folders and control characters are taken off. */
function nameOf({ filename }: MultipartFile): string {
  const last = (filename ?? "").split(/[\\/]/).at(-1) ?? "";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return last.replace(/[\u0000-\u001f\u007f]/g, "").slice(0, LONGEST_NAME) || "file";
}

/**
 * A file, whole.
 *
 * @throws {HttpProblem} 413 if it is larger than a file may be
 * @throws {FoveaError} `busy` if the budget has no room
 */
export async function wholeFile({ filename, content }: IncomingFile, budget: UploadBudget): Promise<Upload> {
  const chunks: Uint8Array[] = [];
  let taken = 0;
  const release = () => {
    budget.giveBack(taken);
    taken = 0;
  };
  try {
    for await (const chunk of content) {
      budget.take(chunk.length);
      taken += chunk.length;
      chunks.push(chunk);
    }
    if (content.truncated) throw new HttpProblem(413, tell("fileTooLarge"));
    return { filename, bytes: chunks.length === 1 ? Buffer.from(chunks[0]) : Buffer.concat(chunks), release };
  } catch (error) {
    release();
    throw formFault(error);
  }
}

/** The one file of a form. @throws {HttpProblem} 400 if there is none */
export async function onlyFile(request: FastifyRequest, field: string, budget: UploadBudget): Promise<Upload> {
  let upload: Upload | undefined;
  try {
    for await (const file of filesOf(request, field, 1)) upload = await wholeFile(file, budget);
  } catch (error) {
    upload?.release();
    throw error;
  }
  if (upload === undefined) throw new HttpProblem(400, tell("noFile", { field }));
  return upload;
}
