/**
 * @file How many pictures a TIFF file holds.
 *
 * Its directories form a chain (TIFF 6.0, section 2; BigTIFF has 64-bit offsets). One whose NewSubfileType (254) says that it is a
 * reduced-resolution copy or a transparency mask is no picture of its own (TIFF 6.0, section 8).
 */

const NEW_SUBFILE_TYPE = 254;
const REDUCED = 1;
const MASK = 4;
/** A chain may be made to lead back into itself. */
const MOST = 10_000;

/** Places and sizes of one directory's fields, bytes. */
interface Layout {
  readonly count: (at: number) => number;
  readonly countBytes: number;
  readonly entryBytes: number;
  /** Where an entry's value lies in it. */
  readonly valueAt: number;
  readonly offset: (at: number) => number;
  readonly firstAt: number;
}

/** Pictures in `bytes`, a TIFF file; of a chain that is broken, those before. */
export function tiffPages(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = bytes[0] === 0x49;
  const layout = layoutOf(view, little);
  let pages = 0;
  try {
    let at = layout.offset(layout.firstAt);
    for (let directories = 0; at !== 0 && directories < MOST; directories++) {
      const entries = layout.count(at);
      const first = at + layout.countBytes;
      if ((subfileType(view, little, { entries, first, layout }) & (REDUCED | MASK)) === 0) pages++;
      at = layout.offset(first + entries * layout.entryBytes);
    }
  } catch (error) {
    // Beyond the end of the file.
    if (!(error instanceof RangeError)) throw error;
  }
  return pages;
}

function subfileType(
  view: DataView,
  little: boolean,
  { entries, first, layout }: { readonly entries: number; readonly first: number; readonly layout: Layout },
): number {
  for (let i = 0; i < entries; i++) {
    const at = first + i * layout.entryBytes;
    const tag = view.getUint16(at, little);
    if (tag === NEW_SUBFILE_TYPE) return view.getUint32(at + layout.valueAt, little);
    // Entries are sorted by tag.
    if (tag > NEW_SUBFILE_TYPE) return 0;
  }
  return 0;
}

function layoutOf(view: DataView, little: boolean): Layout {
  if (view.getUint16(2, little) === 43) {
    const long = (at: number) => Number(view.getBigUint64(at, little));
    return { count: long, countBytes: 8, entryBytes: 20, valueAt: 12, offset: long, firstAt: 8 };
  }
  const short = (at: number) => view.getUint16(at, little);
  const long = (at: number) => view.getUint32(at, little);
  return { count: short, countBytes: 2, entryBytes: 12, valueAt: 8, offset: long, firstAt: 4 };
}
