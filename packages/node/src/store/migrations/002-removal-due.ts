/**
 * @file Files may be named as to be removed before they are written: whoever comes to name them in a row takes them back.
 */
export const REMOVAL_DUE = "ALTER TABLE blob_removal ADD COLUMN due_at timestamptz NOT NULL DEFAULT now();";
