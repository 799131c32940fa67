/**
 * @file Style sheet of a run's page: that of the findings page, and what only a run has.
 */
import { STYLE } from "./html-style";

export const RUN_STYLE = `${STYLE}
.result { font-size: 17px; margin: 0 0 14px; overflow-wrap: anywhere; }
.tile b span { color: inherit; font-size: inherit; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(300px, 1fr)); gap: 14px 18px; align-items: start; }
.charts.wide { grid-template-columns: repeat(auto-fill, minmax(420px, 1fr)); }
.charts.four { grid-template-columns: repeat(auto-fill, minmax(235px, 1fr)); }
.chart { min-width: 0; }
.chart svg { display: block; width: 100%; height: auto; }
.chart.own svg { width: auto; max-width: 100%; }
.card h4 { font-size: 14px; font-weight: 600; margin: 0 0 6px; }
.split { margin: 18px 0 10px; font-size: 15px; font-weight: 600; }
.split:first-of-type { margin-top: 0; }
.sheet { display: grid; grid-template-columns: repeat(auto-fit, minmax(280px, 1fr)); gap: 14px; }
.pairs { display: grid; grid-template-columns: repeat(auto-fill, minmax(420px, 1fr)); gap: 14px; }
.pairs figcaption, .sheet figcaption { overflow-wrap: anywhere; }
.tag { display: inline-block; border-radius: 99px; padding: 0 8px; margin-right: 8px; font-size: 12px; }
.tag.worst { background: var(--bad); color: #fff; }
.arguments { columns: 4 220px; column-gap: 26px; font-size: 13px; font-family: ui-monospace, "SFMono-Regular", Consolas, "Liberation Mono", monospace; }
.arguments p { margin: 0; padding: 1px 0; break-inside: avoid; overflow-wrap: anywhere; color: var(--soft); }
.arguments .given { color: var(--ink); font-weight: 600; }
td.text { overflow-wrap: anywhere; }
td.fact { white-space: nowrap; color: var(--soft); width: 1%; padding-right: 22px; }
nav { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 0 0 18px; font-size: 14px; }
nav a { color: var(--accent); text-decoration: none; }
nav a:hover { text-decoration: underline; }
.ended { display: none; }
.lost .ended { display: block; }
@media (max-width: 720px) {
  .charts, .charts.wide, .charts.four, .pairs { grid-template-columns: 1fr; }
  td.fact { white-space: normal; }
}
@media print { nav { display: none; } .charts, .charts.wide, .pairs { grid-template-columns: 1fr 1fr; } .card { break-inside: auto; } }
`;
