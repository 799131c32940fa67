/**
 * @file What is tried again, and how long already; which folder holds the files; how much of an image was looked
 * at; when an identity was met last.
 */
export const PATIENCE = `
-- Images whose analysis did not come off for a reason that may pass.
CREATE TABLE postponement (
  sop_uid text NOT NULL REFERENCES instance ON DELETE CASCADE,
  model_id text NOT NULL,
  tries integer NOT NULL DEFAULT 1,
  since timestamptz NOT NULL DEFAULT clock_timestamp(),
  reason text NOT NULL,
  PRIMARY KEY (sop_uid, model_id)
);

-- The same of files of a batch.
ALTER TABLE batch_file ADD COLUMN tries integer NOT NULL DEFAULT 0;
ALTER TABLE batch_file ADD COLUMN tried_since timestamptz;

-- Frames that could not be read, of an image whose other frames were analysed.
ALTER TABLE analysis ADD COLUMN unread_frames integer NOT NULL DEFAULT 0;

-- When a value was met last: whose object may still be on its way into the record is not forgotten.
ALTER TABLE identity_map ADD COLUMN kept_at timestamptz NOT NULL DEFAULT 'epoch';
ALTER TABLE identity_map ALTER COLUMN kept_at SET DEFAULT now();

-- What the folder of files says of itself.
CREATE TABLE file_folder (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  id text NOT NULL
);
`;
