/**
 * @file Below which confidence findings were left out; when a finding came into the record, by which they are listed.
 */
export const THRESHOLD = `
-- Of what was analysed before, nobody wrote it down.
ALTER TABLE analysis ADD COLUMN threshold double precision;

ALTER TABLE finding ADD COLUMN found_at timestamptz NOT NULL DEFAULT 'epoch';
ALTER TABLE finding ALTER COLUMN found_at SET DEFAULT clock_timestamp();
UPDATE finding SET found_at = analysis.at FROM analysis
WHERE analysis.sop_uid = finding.sop_uid AND analysis.model_id = finding.model_id;
CREATE INDEX finding_by_time ON finding (found_at, finding_id);
`;
