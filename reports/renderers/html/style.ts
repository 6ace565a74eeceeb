import { Markup } from './markup.ts'

/** Colours are told twice: by name here for light and dark, by sign and word wherever they are used. */
const COLOURS = `
:root{color-scheme:light dark;--paper:#fbfaf7;--raised:#ffffff;--ink:#1d2733;--soft:#56616e;--line:#dcd9d0;--faint:#f1efe8;--accent:#1f5f8b;
--pass:#1b6b45;--pass-bg:#e2f1e8;--fail:#a3242c;--fail-bg:#fbe6e5;--open:#7a5200;--open-bg:#fbefd3;--none:#4d5864;--none-bg:#e9ebed;--target:#1f5f8b;--yardstick:#7b7461}
@media (prefers-color-scheme:dark){:root{--paper:#14191f;--raised:#1b2229;--ink:#e4e8ec;--soft:#a3afbb;--line:#343e48;--faint:#222b33;--accent:#86bfe6;
--pass:#86d3a8;--pass-bg:#17382a;--fail:#ff9f9b;--fail-bg:#4a2023;--open:#f0c678;--open-bg:#40320f;--none:#b7c1cb;--none-bg:#2d363f;--target:#86bfe6;--yardstick:#b5ac94}}
@media print{:root{color-scheme:light;--paper:#fff;--raised:#fff;--ink:#111;--soft:#444;--line:#bbb;--faint:#f3f3f3;--accent:#123f5f;
--pass:#155236;--pass-bg:#e7f3ec;--fail:#8b1a22;--fail-bg:#fbe9e8;--open:#664400;--open-bg:#faf0da;--none:#444;--none-bg:#eee;--target:#123f5f;--yardstick:#666}}
`

const TEXT = `
*{box-sizing:border-box}
html{scroll-padding-top:1rem}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif;font-variant-numeric:tabular-nums}
header.cover,main,footer{max-width:74rem;margin:0 auto;padding:0 2rem}
h1,h2,h3{font-family:"Iowan Old Style","Palatino Linotype",Palatino,"Source Serif 4","Liberation Serif",Georgia,serif;font-weight:600;line-height:1.2;text-wrap:balance}
h1{font-size:2.5rem;margin:.1em 0 .35em;letter-spacing:-.01em}
h2{font-size:1.65rem;margin:0 0 1rem;padding-top:.6rem;border-top:2px solid var(--ink)}
h3{font-size:1.2rem;margin:0 0 .5rem;display:flex;flex-wrap:wrap;gap:.3rem .7rem;align-items:baseline}
h2.small{font:600 .78rem/1.3 system-ui,"Liberation Sans",sans-serif;letter-spacing:.06em;text-transform:uppercase;color:var(--soft);border:0;padding:0;margin:0 0 .5rem}
p{margin:.4em 0;max-width:76ch}
a{color:var(--accent);text-underline-offset:.15em;text-decoration-thickness:1px}
a:focus-visible,summary:focus-visible,.scroller:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:3px}
code{font:.86em/1.45 ui-monospace,"SF Mono","Cascadia Mono","Liberation Mono",Menlo,monospace;overflow-wrap:anywhere}
.command{background:var(--faint);padding:.15em .5em;border-radius:4px;border:1px solid var(--line)}
.note{color:var(--soft);font-size:.875rem}
.id{font:600 .95em/1.2 ui-monospace,"SF Mono","Liberation Mono",Menlo,monospace}
.level{font-size:.8em;letter-spacing:.05em}
.skip{position:absolute;left:-999px}.skip:focus{left:1rem;top:1rem;background:var(--raised);padding:.5rem 1rem}
`

const SUMMARY = `
.cover{padding-top:1.6rem!important}
.kicker{display:flex;justify-content:space-between;gap:1rem;flex-wrap:wrap;max-width:none;margin:0;font-size:.85rem;color:var(--soft);letter-spacing:.02em}
.status{border:1px solid var(--line);border-radius:99px;padding:0 .8em}
.verdict-line{display:flex;gap:1rem;align-items:center;padding:.7rem 1rem;border-radius:8px;background:var(--none-bg);border-left:6px solid var(--none)}
.verdict-line p{margin:0;font-size:1.1rem;max-width:none}
.verdict-line .badge{font-size:1.05rem;background:none;padding:0}
.verdict-line.PASS{background:var(--pass-bg);border-color:var(--pass)}.verdict-line.FAIL{background:var(--fail-bg);border-color:var(--fail)}
.verdict-line:is(.INCONCLUSIVE,.NOT_RUN,.MANUAL){background:var(--open-bg);border-color:var(--open)}
.cover-columns{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,23rem);gap:2.2rem;margin:1.1rem 0 2rem}
.counts{display:grid;grid-template-columns:repeat(6,minmax(0,1fr));gap:.5rem;list-style:none;margin:0 0 1.1rem;padding:0}
.counts li{background:var(--raised);border:1px solid var(--line);border-top:4px solid currentColor;border-radius:6px;padding:.3rem .55rem;font-size:.75rem;line-height:1.35}
.counts b{display:block;font-size:1.45rem;line-height:1.2}
.counts .PASS,.badge.PASS{color:var(--pass)}.counts .FAIL,.badge.FAIL{color:var(--fail)}
:is(.counts,.badge):is(.INCONCLUSIVE,.NOT_RUN,.MANUAL),.counts :is(.INCONCLUSIVE,.NOT_RUN,.MANUAL){color:var(--open)}
.counts :is(.none,.NOT_APPLICABLE){color:var(--soft)}
.open{list-style:none;margin:0;padding:0}
.open li{display:grid;grid-template-columns:2.4rem minmax(0,1fr) auto;gap:0 .6rem;padding:.28rem 0;border-top:1px solid var(--line);align-items:baseline}
.open a{font:600 .95rem ui-monospace,"Liberation Mono",monospace}
.open .title{font-weight:600}
.open .why{grid-column:2/-1;color:var(--soft);font-size:.8rem;line-height:1.35;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.badge{display:inline-block;white-space:nowrap;font:600 .8rem/1.6 system-ui,"Liberation Sans",sans-serif;padding:0 .6em;border-radius:99px;background:var(--none-bg);color:var(--none)}
.badge.PASS{background:var(--pass-bg)}.badge.FAIL{background:var(--fail-bg)}.badge:is(.INCONCLUSIVE,.NOT_RUN,.MANUAL){background:var(--open-bg)}
`

const BODY = `
nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1.4rem;list-style:none;margin:0 0 2rem;padding:.7rem 0;border-block:1px solid var(--line);font-size:.92rem}
section{margin:0 0 3rem}main h3{margin-top:1.6rem}article h3{margin-top:0}
.problems{background:var(--open-bg);border-left:6px solid var(--open);border-radius:8px;padding:.6rem 1rem;margin-bottom:1.6rem}.problems h2{border:0;font-size:1.2rem;margin:0}
.problems p{max-width:none}
article{background:var(--raised);border:1px solid var(--line);border-radius:10px;padding:1.1rem 1.3rem;margin:0 0 1.2rem}
article:target,tr:target{outline:3px solid var(--accent);outline-offset:2px}
.facts{margin:.3rem 0;display:grid;gap:.28rem}
.facts div{display:grid;grid-template-columns:9.5rem minmax(0,1fr);gap:.8rem}
.facts dt{color:var(--soft);font-size:.875rem}.facts dd{margin:0;overflow-wrap:anywhere;font-size:.92rem}
aside .facts div{grid-template-columns:7rem minmax(0,1fr)}aside .facts dd{font-size:.86rem;line-height:1.4}aside .facts dt{font-size:.82rem}
aside{border-left:1px solid var(--line);padding-left:1.4rem}
.scroller{overflow-x:auto;margin:.8rem 0}
table{border-collapse:collapse;width:100%;font-size:.92rem}
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
th{text-align:left;font-weight:600;font-size:.8rem;color:var(--soft);padding:.35rem .8rem .35rem 0;border-bottom:1px solid var(--soft);white-space:nowrap}
td{vertical-align:top;padding:.55rem .8rem .55rem 0;border-bottom:1px solid var(--line);overflow-wrap:break-word}
tr:last-child td{border-bottom:0}td p{margin:0 0 .3em}
td.number{white-space:nowrap}td.number .note{white-space:normal}.measurements{min-width:58rem}.measurements td:first-child{width:24%}.measurements td:nth-child(3){width:24%}
.criteria{min-width:46rem;table-layout:fixed}.criteria th:nth-child(1){width:29%}.criteria th:nth-child(2){width:8.5rem}.criteria th:nth-child(4){width:23%}
.clauses{min-width:46rem;table-layout:fixed}.clauses th:nth-child(1){width:33%}.clauses th:nth-child(2){width:8.5rem}.clauses th:nth-child(3){width:5.5rem}
.plain{list-style:none;margin:0;padding:0}.raw{font:.82rem/1.4 ui-monospace,"Liberation Mono",monospace;overflow-wrap:anywhere}
.accepted,.warning{border-left:4px solid var(--open);padding:.2rem 0 .2rem .8rem}.warning{border-color:var(--fail);background:var(--fail-bg);padding-block:.4rem}
.citation{margin:.6rem 0;padding:.1rem 0 .1rem 1rem;border-left:3px solid var(--line)}
.citation p:first-child{font-family:"Iowan Old Style",Palatino,"Liberation Serif",Georgia,serif;font-size:1.05rem}
details{margin:.7rem 0}details.area>summary{font-size:1.05rem;padding:.4rem 0;border-top:1px solid var(--line)}details.area{margin:0}summary{cursor:pointer;color:var(--accent);font-size:.92rem}
.legend{padding-left:1.1rem}
.approvals{table-layout:fixed;min-width:36rem}.approvals .sign td{height:3.4rem;border:1px solid var(--line);padding:.5rem .8rem}.approvals th{padding-left:.8rem}
footer{border-top:1px solid var(--line);padding-block:1rem 3rem!important;font-size:.82rem;color:var(--soft)}footer p{max-width:none;overflow-wrap:anywhere}
@media (max-width:60rem){.cover-columns{grid-template-columns:1fr}aside{border:0;padding:0}.counts{grid-template-columns:repeat(3,minmax(0,1fr))}header.cover,main,footer{padding-inline:1rem}h1{font-size:2rem}.verdict-line{align-items:flex-start;flex-direction:column;gap:.2rem}.facts div{grid-template-columns:1fr;gap:0}}
`

const DRAWINGS = `
svg{display:block;max-width:100%;height:auto;font-family:system-ui,"Liberation Sans",sans-serif}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,21rem),1fr));gap:1.2rem}
figure{margin:0;background:var(--raised);border:1px solid var(--line);border-radius:10px;padding:.9rem 1rem}
p.conditions{max-width:none}figcaption span{display:block;font-weight:400;color:var(--soft)}figcaption{font-size:.88rem;font-weight:600;margin-top:.3rem}
.chart{width:100%}.chart text{font-size:14px;fill:var(--soft)}
.grid{stroke:var(--line)}.axis{stroke:var(--soft)}
path.target{stroke:var(--target);stroke-width:2}path.yardstick{stroke:var(--yardstick);stroke-width:2;stroke-dasharray:6 4}
.chart .target-name{fill:var(--target);font-weight:600}.chart .yardstick-name{fill:var(--yardstick);font-weight:600}
.mark.target{fill:var(--target)}.mark.yardstick{fill:var(--yardstick)}
.limit{stroke:var(--fail);stroke-width:1.5;stroke-dasharray:2 3}.chart .limit-name{fill:var(--fail)}
.strip{min-width:40rem}.strip-label{font-size:13px;fill:var(--ink)}
.cell{fill:var(--none-bg);stroke:var(--none)}.cell-sign{font-size:11px;fill:var(--none);font-weight:700}
.cell.PASS{fill:var(--pass-bg);stroke:var(--pass)}.cell-sign.PASS{fill:var(--pass)}
.cell.FAIL{fill:var(--fail);stroke:var(--fail)}.cell-sign.FAIL{fill:var(--paper)}
.cell.INCONCLUSIVE{fill:var(--open-bg);stroke:var(--open)}.cell-sign.INCONCLUSIVE{fill:var(--open)}
.cell:is(.NOT_RUN,.NOT_APPLICABLE){fill:none}.cell.NOT_RUN{stroke-dasharray:3 2}
.sequence{min-width:46rem;width:100%;max-width:60rem}
.sequence text{font:12.5px ui-monospace,"SF Mono","Liberation Mono",monospace;fill:var(--ink)}
.sequence .time{fill:var(--soft);font-size:11px}.sequence .detail{fill:var(--soft);font-size:11.5px}
.lane{stroke:var(--line);stroke-width:2}.lane-head{fill:var(--faint);stroke:var(--line)}.sequence .lane-name{font-weight:700}
.arrow{stroke:var(--accent);stroke-width:1.6}.arrow-head{fill:var(--accent)}.note rect,rect.note{fill:var(--open-bg);stroke:var(--open)}
`

const PRINT = `
@media print{@page{margin:18mm 15mm}body{font-size:10pt}nav,.skip{display:none}header.cover,main,footer{max-width:none;padding:0}
.open .why{white-space:normal}article,figure,tr{break-inside:avoid}h2,h3{break-after:avoid}.scroller{overflow:visible}.criteria,.clauses,.strip,.sequence{min-width:0}
details::details-content{content-visibility:visible;display:block}summary{list-style:none;color:var(--soft)}
thead{display:table-header-group}a{color:inherit}.badge,.verdict-line,.cell,.counts li{print-color-adjust:exact}}
`

/** The style sheet of the report. It names no file and loads nothing. */
export const STYLE: Markup = new Markup(`${COLOURS}${TEXT}${SUMMARY}${BODY}${DRAWINGS}${PRINT}`)
