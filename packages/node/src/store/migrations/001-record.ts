/**
 * @file The first tables. Patient identifiers are sealed (`bytea`), looked up by keyed hashes (`*_key`).
 */
export const RECORD = `
CREATE TABLE study (
  study_uid text PRIMARY KEY,
  patient bytea,
  patient_key text,
  study_date text,
  modalities text[] NOT NULL DEFAULT '{}',
  origin text NOT NULL CHECK (origin IN ('dimse', 'stow', 'retrieve', 'upload', 'folder')),
  state text NOT NULL DEFAULT 'receiving' CHECK (state IN ('receiving', 'queued', 'analysed', 'failed', 'not_attempted')),
  received_at timestamptz NOT NULL DEFAULT now(),
  last_received_at timestamptz NOT NULL DEFAULT now(),
  completed_at timestamptz
);
CREATE INDEX study_by_arrival ON study (received_at, study_uid);
CREATE INDEX study_by_patient ON study (patient_key);
CREATE INDEX study_receiving ON study (last_received_at) WHERE state = 'receiving';

CREATE TABLE series (
  series_uid text PRIMARY KEY,
  study_uid text NOT NULL REFERENCES study ON DELETE CASCADE,
  modality text,
  body_part text,
  station text,
  calling_ae text,
  description bytea,
  series_number integer,
  state text NOT NULL DEFAULT 'received' CHECK (state IN ('received', 'queued', 'analysed', 'failed', 'not_attempted')),
  reason text,
  model_id text
);
CREATE INDEX series_of_study ON series (study_uid);

CREATE TABLE instance (
  sop_uid text PRIMARY KEY,
  series_uid text NOT NULL REFERENCES series ON DELETE CASCADE,
  sop_class_uid text,
  transfer_syntax_uid text,
  media_type text NOT NULL DEFAULT 'application/dicom',
  instance_number integer,
  frames integer NOT NULL DEFAULT 1,
  rows integer NOT NULL DEFAULT 0,
  columns integer NOT NULL DEFAULT 0,
  bytes bigint NOT NULL,
  sha256 text NOT NULL,
  blob text,
  received_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX instance_of_series ON instance (series_uid);
CREATE INDEX instance_with_blob ON instance (received_at) WHERE blob IS NOT NULL;

CREATE TABLE model (
  model_id text PRIMARY KEY,
  name text NOT NULL,
  sha256 text NOT NULL,
  device_uid text NOT NULL,
  classes jsonb NOT NULL,
  default_for text[] NOT NULL DEFAULT '{}',
  state text NOT NULL CHECK (state IN ('loading', 'ready', 'retired')),
  first_used_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE analysis (
  sop_uid text NOT NULL REFERENCES instance ON DELETE CASCADE,
  model_id text NOT NULL REFERENCES model,
  rules_version text,
  state text NOT NULL CHECK (state IN ('done', 'failed')),
  reason text,
  inference_ms double precision,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (sop_uid, model_id)
);

CREATE TABLE finding (
  finding_id uuid PRIMARY KEY,
  sop_uid text NOT NULL REFERENCES instance ON DELETE CASCADE,
  model_id text NOT NULL REFERENCES model,
  frame integer NOT NULL,
  ordinal integer NOT NULL,
  class_id integer NOT NULL,
  class_name text NOT NULL,
  confidence double precision NOT NULL,
  x1 double precision NOT NULL,
  y1 double precision NOT NULL,
  x2 double precision NOT NULL,
  y2 double precision NOT NULL,
  width_mm double precision,
  height_mm double precision,
  polygon jsonb,
  category jsonb,
  suggestion jsonb,
  rules_version text,
  review text NOT NULL DEFAULT 'open' CHECK (review IN ('open', 'accepted', 'rejected')),
  UNIQUE (sop_uid, model_id, frame, ordinal)
);

CREATE INDEX finding_of_model ON finding (model_id);

CREATE TABLE review (
  review_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  finding_id uuid NOT NULL REFERENCES finding ON DELETE CASCADE,
  review text NOT NULL,
  actor text NOT NULL,
  comment bytea,
  at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX review_of_finding ON review (finding_id);

CREATE TABLE delivery (
  delivery_id uuid PRIMARY KEY,
  study_uid text NOT NULL REFERENCES study ON DELETE CASCADE,
  series_uid text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('sr', 'sc', 'gsps', 'seg')),
  destination text NOT NULL,
  object_sop_uid text NOT NULL,
  sop_class_uid text NOT NULL,
  blob text NOT NULL,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sending', 'sent', 'failed')),
  attempts integer NOT NULL DEFAULT 0,
  next_at timestamptz NOT NULL DEFAULT now(),
  reason text,
  planned_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  sent_at timestamptz,
  UNIQUE (destination, object_sop_uid)
);
CREATE INDEX delivery_of_study ON delivery (study_uid);
CREATE INDEX delivery_due ON delivery (next_at) WHERE state IN ('pending', 'sending');

CREATE TABLE batch_job (
  job_id uuid PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('queued', 'running', 'done', 'cancelled')),
  actor text NOT NULL,
  language text NOT NULL,
  model text,
  created_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz
);
CREATE TABLE batch_file (
  job_id uuid NOT NULL REFERENCES batch_job ON DELETE CASCADE,
  ordinal integer NOT NULL,
  filename bytea NOT NULL,
  blob text,
  result bytea,
  failed boolean NOT NULL DEFAULT false,
  PRIMARY KEY (job_id, ordinal)
);

CREATE TABLE api_key (
  key_id text PRIMARY KEY,
  name text NOT NULL,
  role text NOT NULL CHECK (role IN ('viewer', 'reader', 'admin', 'system')),
  sha256 text NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  revoked_at timestamptz
);

CREATE TABLE audit (
  seq bigint PRIMARY KEY,
  at timestamptz NOT NULL,
  actor text NOT NULL,
  action text NOT NULL,
  subject text,
  details jsonb NOT NULL DEFAULT '{}',
  input_sha256 text,
  model_sha256 text,
  rules_sha256 text,
  previous_hash text NOT NULL,
  hash text NOT NULL UNIQUE
);

-- The end of the chain; \`mark\` is made with the vault's key.
CREATE TABLE audit_head (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  seq bigint NOT NULL,
  hash text NOT NULL,
  mark text NOT NULL
);

-- Files that no row names any more and that are still to be removed.
CREATE TABLE blob_removal (blob text PRIMARY KEY);

-- Something sealed, to tell at the start whether the keys fit.
CREATE TABLE key_check (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  sample bytea NOT NULL
);

CREATE TABLE identity_map (
  kind text NOT NULL,
  new_value text NOT NULL,
  original bytea NOT NULL,
  PRIMARY KEY (kind, new_value)
);
`;
