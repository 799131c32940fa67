/**
 * @file Style sheet of the findings page: quiet on screen, complete on paper, nothing fetched from anywhere.
 */

export const STYLE = `
:root {
  --ink: #1b2733; --soft: #5b6b7a; --line: #dbe2e8; --ground: #f4f6f8; --paper: #fff; --accent: #0b6e84;
  --warn: #9a5b00; --warn-ground: #fdf4e3; --bad: #a3262a; --bad-ground: #fbecec; --good: #1f6b45; --good-ground: #e9f5ee;
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.55 "Inter", "Segoe UI", "Helvetica Neue", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif;
  font-variant-numeric: tabular-nums;
}
.choice { position: absolute; opacity: 0; pointer-events: none; }
#show-zh:checked ~ * .en, #show-en:checked ~ * .zh { display: none; }
.page { max-width: 1180px; margin: 0 auto; padding: 28px 24px 48px; }
header { display: flex; flex-wrap: wrap; gap: 8px 24px; align-items: flex-end; justify-content: space-between; margin-bottom: 18px; }
h1 { font-size: 25px; line-height: 1.25; margin: 0; letter-spacing: -.01em; }
h2 { font-size: 17px; margin: 0 0 12px; }
h3 { font-size: 15px; margin: 0; overflow-wrap: anywhere; }
.sub { color: var(--soft); margin: 4px 0 0; }
.switch { display: flex; border: 1px solid var(--line); border-radius: 7px; overflow: hidden; background: var(--paper); }
.switch label { padding: 5px 14px; cursor: pointer; color: var(--soft); font-size: 14px; }
#show-zh:checked ~ .page label[for="show-zh"], #show-en:checked ~ .page label[for="show-en"] { background: var(--accent); color: #fff; }
#show-zh:focus-visible ~ .page .switch, #show-en:focus-visible ~ .page .switch { outline: 2px solid var(--accent); outline-offset: 2px; }
.notice { border-left: 3px solid var(--accent); background: #e9f3f5; padding: 9px 14px; margin: 0 0 18px; border-radius: 0 7px 7px 0; }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; padding: 20px 22px; margin: 0 0 18px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: 10px; margin: 0 0 14px; }
.tile { border: 1px solid var(--line); border-radius: 8px; padding: 10px 14px; }
.tile b { display: block; font-size: 23px; line-height: 1.25; font-weight: 600; }
.tile span { color: var(--soft); font-size: 13px; }
dl { display: flex; flex-wrap: wrap; gap: 4px 26px; margin: 12px 0 0; color: var(--soft); font-size: 14px; }
dl div { display: flex; gap: 7px; } dt::after { content: ":"; } dd { margin: 0; color: var(--ink); overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; color: var(--soft); font-weight: 500; font-size: 13px; border-bottom: 1px solid var(--line); padding: 5px 10px 5px 0; white-space: nowrap; }
td { border-bottom: 1px solid #edf1f4; padding: 6px 10px 6px 0; }
tr:last-child td { border-bottom: 0; }
.number { text-align: right; }
.scroll { overflow-x: auto; }
.swatch { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin-right: 8px; border: 1px solid rgba(0, 0, 0, .25); }
.bar { display: inline-block; width: 72px; height: 6px; border-radius: 3px; background: #e5eaee; margin-right: 9px; vertical-align: 2px; }
.bar i { display: block; height: 100%; border-radius: 3px; background: var(--accent); }
.head { display: flex; flex-wrap: wrap; gap: 6px 14px; align-items: center; justify-content: space-between; margin-bottom: 8px; }
.chip { font-size: 13px; padding: 2px 10px; border-radius: 99px; white-space: nowrap; }
.found { color: var(--warn); background: var(--warn-ground); } .clear { color: var(--good); background: var(--good-ground); }
.failed { color: var(--bad); background: var(--bad-ground); }
.sentence { margin: 0 0 12px; }
.pictures { display: grid; grid-template-columns: 1fr 1fr; gap: 10px; margin: 0 0 14px; }
.pictures.single { grid-template-columns: 1fr; }
figure { margin: 0; background: #101418; border-radius: 8px; overflow: hidden; }
figure img { display: block; width: 100%; height: auto; max-height: 78vh; object-fit: contain; }
figcaption { color: #c6d0d9; font-size: 13px; padding: 6px 12px; }
.curves { width: 100%; height: auto; border: 1px solid var(--line); border-radius: 8px; margin-top: 14px; }
.small { color: var(--soft); font-size: 13px; margin: 10px 0 0; }
.message { font-size: 14px; overflow-wrap: anywhere; margin: 0 0 8px; }
footer { color: var(--soft); font-size: 13px; border-top: 1px solid var(--line); padding-top: 14px; margin-top: 26px; }
@media (max-width: 720px) { .page { padding: 18px 12px 32px; } .card { padding: 16px; } .pictures { grid-template-columns: 1fr; } }
@media print {
  @page { margin: 14mm 12mm; }
  body { background: #fff; font-size: 11pt; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  .page { max-width: none; padding: 0; } .switch { display: none; } .tiles { grid-template-columns: repeat(auto-fit, minmax(88px, 1fr)); }
  .card { border: 0; border-top: 1px solid var(--line); border-radius: 0; padding: 10px 0; break-inside: avoid; }
  figure img { max-height: 95mm; } table, figure, .tiles { break-inside: avoid; } h2, h3, .head { break-after: avoid; }
}
`;
