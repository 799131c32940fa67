/**
 * @file What was asked of a PACS, and what came of it; and deliveries found by time, and those that were not sent by state.
 */
export const RETRIEVAL = `
CREATE TABLE retrieval (
  retrieval_id uuid PRIMARY KEY,
  pacs text NOT NULL,
  study_uid text NOT NULL,
  series_uid text,
  actor text NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'complete', 'partial', 'failed')),
  attempts integer NOT NULL DEFAULT 0,
  stored integer NOT NULL DEFAULT 0,
  refused integer NOT NULL DEFAULT 0,
  reason text,
  asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended_at timestamptz
);
CREATE INDEX retrieval_by_time ON retrieval (asked_at);
CREATE UNIQUE INDEX retrieval_under_way ON retrieval (pacs, study_uid, coalesce(series_uid, '')) WHERE ended_at IS NULL;

CREATE INDEX delivery_by_time ON delivery (planned_at, delivery_id);
CREATE INDEX delivery_not_sent ON delivery (state, planned_at, delivery_id) WHERE state <> 'sent';
`;
