/**
 * @file Style sheet of a check's page: that of a run's page, and what only a check has.
 */
import { RUN_STYLE } from "./run-style";

export const CHECK_STYLE = `${RUN_STYLE}
.noted { color: var(--soft); background: #eef2f5; }
.count { color: var(--soft); font-weight: 500; margin-left: 4px; }
.kinds { width: auto; min-width: 60%; } .kinds td:first-child { width: 1%; }
.kinds a { color: var(--ink); text-decoration: none; } .kinds a:hover { text-decoration: underline; }
.mend { color: var(--soft); }
.finds { display: grid; grid-template-columns: repeat(auto-fill, minmax(250px, 1fr)); gap: 16px; align-items: start; }
.find.two { grid-column: span 2; }
.find p { margin: 6px 2px 0; font-size: 13px; overflow-wrap: anywhere; }
.shots { display: grid; grid-template-columns: 1fr; gap: 6px; align-items: stretch; }
.find.two .shots { grid-template-columns: 1fr 1fr; }
.shots figure { display: flex; flex-direction: column; min-width: 0; }
.shots img { aspect-ratio: 4 / 3; object-fit: contain; flex: 1; }
.shots figcaption { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; font-size: 12px; padding: 5px 9px; }
.head h2 { margin: 0; }
.finds + .scroll { margin-top: 14px; }
.rows td { vertical-align: top; overflow-wrap: anywhere; } .rows .file { width: 34%; color: var(--soft); }
.table { margin-bottom: 18px; }
@media (max-width: 620px) { .find.two { grid-column: span 1; } }
`;
