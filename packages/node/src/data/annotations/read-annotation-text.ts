/**
 * @file Text of annotation files, of bounded size, in the encoding that it says.
 */
import { stat } from "node:fs/promises";
import { FoveaError } from "@fovea/core/errors";
import { readBytes, readText } from "../../read-file";

/** Longest text that is read, bytes: JavaScript has none of above 512 MiB, and parsing takes a multiple. */
const MAX_BYTES = 400 * 2 ** 20;

/** XML becomes a tree of several times its size. */
const MAX_XML_BYTES = 128 * 2 ** 20;

/** @throws {FoveaError} `file_not_found`, `file_unreadable` (too large included) */
export async function readAnnotationText(path: string): Promise<string> {
  await checkSize(path, MAX_BYTES);
  return readText(path, "annotation file");
}

/** As `readAnnotationText`, in the encoding that the XML declares: files from Chinese Windows often are GBK. */
export async function readXmlText(path: string): Promise<string> {
  await checkSize(path, MAX_XML_BYTES);
  const bytes = await readBytes(path, "annotation file");
  const head = bytes.subarray(0, 200).toString("latin1");
  const encoding = /^\s*<\?xml[^>]*\sencoding\s*=\s*["']([\w.-]+)["']/i.exec(head)?.[1];
  if (encoding === undefined || /^utf-?(8|16)/i.test(encoding)) return readText(path, "annotation file");
  try {
    return new TextDecoder(encoding).decode(bytes);
  } catch (cause) {
    throw new FoveaError("file_unreadable", `is in the encoding ${encoding}, which is not known; save it as UTF-8`, {
      file: path,
      cause,
    });
  }
}

async function checkSize(path: string, most: number): Promise<void> {
  // A file that is not there is told by whoever opens it.
  const size = await stat(path).then(
    (entry) => entry.size,
    () => 0,
  );
  if (size <= most) return;
  const mib = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
  const message = `is ${mib(size)} large; annotations of up to ${mib(most)} are read from one file; divide it`;
  throw new FoveaError("file_unreadable", message, { file: path });
}
