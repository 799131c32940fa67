/**
 * @file Which analyses were begun and not ended: an image that ends the process must not do so for ever.
 */
export const ATTEMPT = `
CREATE TABLE attempt (
  sop_uid text NOT NULL REFERENCES instance ON DELETE CASCADE,
  model_id text NOT NULL,
  -- Processes that began it.
  begun integer NOT NULL DEFAULT 1,
  -- The last of them.
  process text NOT NULL,
  PRIMARY KEY (sop_uid, model_id)
);

-- Processes that began this file of a batch and did not end it.
ALTER TABLE batch_file ADD COLUMN begun integer NOT NULL DEFAULT 0;
`;
