/**
 * @file Style sheet of an evaluation's page: that of a run's page, and the gallery.
 */
import { RUN_STYLE } from "./run-style";

export const EVALUATION_STYLE = `${RUN_STYLE}
.plain p { margin: 0 0 8px; }
.plain .result { font-size: 18px; line-height: 1.5; }
.warnings { margin: 12px 0 0; padding: 10px 14px 10px 30px; background: var(--warn-ground); color: var(--warn); border-radius: 8px; font-size: 14px; }
.warnings .bad { color: var(--bad); font-weight: 600; }
.keys { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 0 0 12px; }
.key svg { margin-right: 6px; vertical-align: -1px; }
.worst { display: grid; grid-template-columns: repeat(auto-fill, minmax(220px, 1fr)); gap: 14px; }
.worst figure { scroll-margin-top: 40vh; }
.worst figure img, .worst .sketch svg { display: block; width: 100%; height: auto; aspect-ratio: 1; object-fit: contain; background: #101418; }
.worst a { cursor: zoom-in; }
.file { color: #8d99a5; overflow-wrap: anywhere; font-size: 12px; }
.light { display: none; }
.light:target { display: block; position: fixed; inset: 0; z-index: 9; background: rgba(10, 13, 16, .95); }
.light a { display: flex; flex-direction: column; align-items: center; justify-content: center; gap: 10px; height: 100%; padding: 16px; cursor: zoom-out; color: #dfe6ec; text-decoration: none; font-size: 14px; text-align: center; }
.light img { max-width: 96vw; max-height: 86vh; width: auto; height: auto; object-fit: contain; }
.beside { align-self: center; margin: 0; }
.charts.wide > table { align-self: start; }
dl.definitions { display: block; } dl.definitions div { display: block; margin: 0 0 8px; } dl.definitions dt { color: var(--ink); font-weight: 600; } dl.definitions dt::after { content: ""; } dl.definitions dd { color: var(--soft); }
@media print { .light { display: none !important; } .worst { grid-template-columns: repeat(4, 1fr); } .chart svg, .worst figure { break-inside: avoid; } .charts.wide { grid-template-columns: 1fr 1fr; } }
`;
