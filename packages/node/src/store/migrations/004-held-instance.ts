/**
 * @file Objects that were acknowledged and cannot be filed; and images whose head was not read as far as their size.
 */
export const HELD_INSTANCE = `
CREATE TABLE held_instance (
  blob text PRIMARY KEY,
  sop_uid text NOT NULL,
  series_uid text NOT NULL,
  study_uid text NOT NULL,
  -- conflict: other bytes stand under its UID; astray: its series stands in another study.
  reason text NOT NULL CHECK (reason IN ('conflict', 'astray')),
  bytes bigint NOT NULL,
  sha256 text NOT NULL,
  held_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (sop_uid, sha256)
);

ALTER TABLE instance ADD COLUMN size_unknown boolean NOT NULL DEFAULT false;
`;
