/**
 * @file A study by its UID, and the way to it. The patient is there, not here.
 */

/** @param note what is told below the UID */
export function StudyLink({ uid, note }: { readonly uid: string; readonly note?: string }) {
  return (
    <a className="uid" href={`#/studies/${encodeURIComponent(uid)}`}>
      {uid}
      {note !== undefined && <span className="secondary">{note}</span>}
    </a>
  );
}
