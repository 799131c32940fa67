/**
 * @file A file of the record on its way: it is written under another name, and takes its own once it is whole.
 */
import { writingFailure } from "./blob-failure";
import type { WritingFile } from "./blob-file-system";
import type { BlobDraft } from "./blob-store";
import type { BlobWriting } from "./blob-writing";

export interface FileDraftParts {
  readonly blob: string;
  readonly handle: WritingFile;
  readonly stream: BlobWriting;
  /** Gives the whole file its name, and closes it. */
  readonly place: () => Promise<void>;
  /** Takes away what was written. */
  readonly remove: () => Promise<void>;
}

export function fileDraft({ blob, handle, stream, place, remove }: FileDraftParts): BlobDraft {
  // Whoever writes hears of it through `write`'s callback and `commit`.
  let failure: Error | undefined;
  stream.on("error", (error) => {
    failure ??= error;
  });
  const abandon = async () => {
    stream.destroy();
    await stream.settled();
    await handle.close().catch(() => undefined);
    await remove();
  };
  return {
    ...{ blob, stream, abandon },
    commit: async (note) => {
      try {
        await ended(stream, failure);
        const { bytes, sha256 } = await stream.conclude(note);
        await place();
        return { blob, bytes, sha256 };
      } catch (error) {
        await abandon();
        throw writingFailure(error);
      }
    },
  };
}

function ended(stream: BlobWriting, failure: Error | undefined): Promise<void> {
  if (failure !== undefined) return Promise.reject(failure);
  return new Promise((resolve, reject) => {
    stream.once("error", reject);
    if (stream.writableFinished) resolve();
    else if (stream.writableEnded) stream.once("finish", resolve);
    else stream.end((error?: Error | null) => (error ? reject(error) : resolve()));
  });
}
