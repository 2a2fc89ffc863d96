//===- Style.cpp - The look of a report -------------------------------------===//
//
// One style sheet inside the page. Colors are named once per scheme.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/report/Html.h"

const char *const lz::cli::styleSheet = R"css(
:root{--paper:#fbfbfa;--ink:#1d2330;--soft:#667085;--line:#e3e5ea;--panel:#ffffff;--blue:#2456c7;
--blue-soft:#e8eefb;--open:#a4570a;--open-soft:#fdf0e0;--bad:#b42318;--bad-soft:#fde8e6;--good:#1d7a4c;
--edge:#aab2c0;--cell:36,86,199}
@media (prefers-color-scheme:dark){:root{--paper:#12151b;--ink:#e4e7ee;--soft:#98a1b3;--line:#2a303b;
--panel:#191d25;--blue:#86aaff;--blue-soft:#1d2840;--open:#f0b26b;--open-soft:#3a2a17;--bad:#ff8f84;
--bad-soft:#41201e;--good:#6fd09c;--edge:#535d70;--cell:134,170,255}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",
Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:1180px;margin:0 auto;padding:44px 28px 72px}
header{margin-bottom:30px}
h1{font-size:30px;line-height:1.2;letter-spacing:-.015em;margin:0 0 6px;font-weight:650}
h2{font-size:19px;letter-spacing:-.01em;margin:0 0 4px;font-weight:620}
section{margin-top:44px}
p{margin:0 0 14px;max-width:74ch}
.soft,.note{color:var(--soft)}
.note{font-size:14px;margin-bottom:16px}
code,.mono,td.mono,.type{font-family:ui-monospace,SFMono-Regular,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;
font-size:.875em}
.open{color:var(--open);background:var(--open-soft);border-radius:3px;padding:0 3px}
.after .open,#graph-after .open,header .open{color:var(--blue);background:var(--blue-soft)}
#graph-after .node .type .open{fill:var(--blue)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(152px,1fr));gap:1px;background:var(--line);
border:1px solid var(--line);border-radius:10px;overflow:hidden}
.tile{background:var(--panel);padding:15px 18px}
.tile b{display:block;font-size:24px;font-weight:620;letter-spacing:-.015em;font-variant-numeric:tabular-nums;
white-space:nowrap}
.tile span{color:var(--soft);font-size:13px}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:10px;background:var(--panel)}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:8px 14px;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
tr:last-child>td{border-bottom:0}
th{font-size:12.5px;font-weight:560;color:var(--soft);white-space:nowrap}
th.num,td.num{text-align:right;white-space:nowrap}
td.value{font-weight:620;color:var(--blue);text-align:right;white-space:nowrap}
td small{display:block;color:var(--soft);font-size:12.5px;line-height:1.4}
td.shape{white-space:nowrap}
td.same{color:var(--soft)}
.bar{min-width:120px;width:22%;padding-top:13px}
.bar i{display:block;height:9px;border-radius:2px;background:var(--blue)}
.graphs{display:grid;grid-template-columns:repeat(auto-fit,minmax(340px,1fr));gap:20px}
.graphs figure{margin:0;border:1px solid var(--line);border-radius:10px;background:var(--panel);padding:16px;
overflow-x:auto}
figcaption{font-size:13px;color:var(--soft);margin-bottom:12px}
figcaption b{color:var(--ink);font-weight:600}
svg{display:block;margin:0 auto}
.node rect{fill:var(--paper);stroke:var(--line)}
.port rect{fill:var(--blue-soft);stroke:none}
.node text{fill:var(--ink);font-size:12.5px}
.node .op{font-weight:600}
.node .name{fill:var(--soft);font-size:11.5px}
.node .type{font-size:11px;fill:var(--soft)}
.node .type .open{fill:var(--open);font-weight:600}
.edge{fill:none;stroke:var(--edge);stroke-width:1.3}
.pictures{display:grid;gap:8px;grid-template-columns:repeat(auto-fill,minmax(var(--size,58px),1fr))}
.picture{margin:0;text-align:center;font-size:12.5px;line-height:1.35;font-variant-numeric:tabular-nums}
.picture img{display:block;width:100%;aspect-ratio:1;object-fit:contain;border-radius:4px;background:#000;
image-rendering:pixelated;border:1px solid var(--line)}
.picture figcaption{margin:4px 0 0;color:inherit;font-size:inherit}
.picture.wrong{color:var(--bad)}
.picture.wrong img{outline:2px solid var(--bad);outline-offset:1px}
.picture small{color:var(--soft);font-size:11.5px}
h3{font-size:14px;font-weight:600;margin:26px 0 10px}
details{margin-top:26px}
summary{cursor:pointer;font-size:14px;font-weight:600;margin-bottom:12px}
table.confusion{width:auto}
table.confusion td,table.confusion th{padding:0;border:0;width:36px;height:30px;text-align:center;
vertical-align:middle;font-size:13px}
table.confusion td.zero{color:var(--line)}
table.confusion td.wrong{color:var(--bad);font-weight:650;background:var(--bad-soft)}
footer{margin-top:56px;padding-top:16px;border-top:1px solid var(--line);color:var(--soft);font-size:13px}
@media print{main{max-width:none;padding:0}section{break-inside:avoid}}
)css";
