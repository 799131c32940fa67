/**
 * @file Style sheet of the clinical report: that of all pages, and what its table needs.
 */
import { STYLE } from "./html-style";

export const CLINICAL_STYLE = `${STYLE}
.odd { color: var(--warn); }
.at { display: block; color: var(--soft); font-size: 12px; }
.said { min-width: 12em; }
td { vertical-align: top; }
td.sure, td.unsure, .number + th { padding-left: 14px; white-space: nowrap; }
td.sure { font-weight: 600; }
tr.rejected td { color: var(--soft); text-decoration: line-through; }
tr.rejected td.review { text-decoration: none; }
figure img { max-height: 60vh; }
`;
