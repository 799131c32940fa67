/**
 * @file Series of our own results that came back, from a PACS that was asked for their study.
 */
import { tell } from "@fovea/core/reasons/tell";

/** Why such a series is never attempted, whatever else changes. */
export const OWN_RESULT = tell("ownResult");
