/** The page's only style sheet; it loads nothing. Colours differ in lightness too, for the colour-blind. */
export const style = `
:root{color-scheme:light dark;--page:#f5f6f8;--card:#fff;--ink:#171b26;--ink-2:#4b5365;--line:#dfe3ea;--accent:#5350c4;--negative:#c2410c;--mixed:#a16207;--neutral:#7d8696;--positive:#1769d2;--on:#fff;--mark:#fde68a}
@media screen and (prefers-color-scheme:dark){:root{--page:#0f1218;--card:#181c25;--ink:#eceff5;--ink-2:#aeb6c6;--line:#2c3340;--accent:#a3a0ff;--negative:#ff9363;--mixed:#e3b341;--neutral:#8b95a7;--positive:#74b2ff;--on:#10131a;--mark:#713f12}}
*{box-sizing:border-box}
html{font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;background:var(--page);color:var(--ink);-webkit-text-size-adjust:100%;scroll-behavior:smooth}
body{margin:0 auto;max-width:1120px;padding:28px 20px 60px}
header{display:flex;gap:16px;align-items:center}
.logo{max-height:56px;max-width:200px}
header p,footer,.note,small{color:var(--ink-2)}
h1{font-size:1.15rem;font-weight:650;margin:0}
header p{margin:.15rem 0 0;font-size:.9rem;overflow-wrap:anywhere}
h2{font-size:1.25rem;margin:0 0 .3rem;line-height:1.3}
h3{font-size:1.02rem;margin:1.3rem 0 .3rem}
.note{font-size:.9rem;margin:.1rem 0 .8rem;max-width:76ch;text-wrap:pretty}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:20px 22px;margin:18px 0;min-width:0;scroll-margin-top:12px}
.lead{border-inline-start:5px solid var(--accent)}
.lead p{margin:.2rem 0 .6rem;max-width:76ch;font-size:1.08rem}
.lead p.headline{font-weight:650;font-size:1.2rem}
nav ol{display:flex;flex-wrap:wrap;gap:.15rem 1.3rem;list-style:none;margin:0;padding:0 4px;font-size:.93rem}
a{color:var(--accent);text-underline-offset:.18em}
.ranked{margin:0;padding:0;list-style:none;counter-reset:rank}
.ranked>li{counter-increment:rank;padding:1.1rem 0 .4rem;border-top:1px solid var(--line)}
.ranked>li:first-child{border-top:0;padding-top:.2rem}
.ranked h3{margin:0}
.ranked h3::before{content:counter(rank) ". ";color:var(--ink-2)}
.figures{margin:.2rem 0;font-size:.95rem}
.bar{position:relative;display:inline-block;width:110px;height:.72em;background:var(--line);border-radius:3px;margin-inline-end:.45em;overflow:hidden;vertical-align:baseline;direction:ltr}
.bar i{position:absolute;inset:0 auto 0 0;background:var(--accent)}
.bar i.problem{background:var(--negative)}.bar i.positive{background:var(--positive)}
.bar b{position:absolute;top:42%;height:16%;background:var(--ink)}
.share{white-space:nowrap}
.stack{display:flex;height:1.35em;min-width:130px;border-radius:4px;overflow:hidden;gap:1px;font-size:.78rem;line-height:1.35em;direction:ltr}
.stack i{flex:1 1 0;min-width:2px;text-align:center;color:var(--on);font-style:normal;overflow:hidden;white-space:nowrap}
.stack.none{background:var(--line)}
.lead .stack{height:1.9em;line-height:1.9em;font-size:.9rem}
i.negative{background:var(--negative)}i.mixed{background:var(--mixed)}i.neutral{background:var(--neutral)}i.positive{background:var(--positive)}
.badge{display:inline-block;font-size:.84rem;border:1px solid var(--line);border-radius:99px;padding:0 .55em;color:var(--ink-2)}
.badge.up{border-color:var(--negative)}.badge.down{border-color:var(--positive)}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1rem;list-style:none;padding:0;margin:.3rem 0 .5rem;font-size:.88rem;color:var(--ink-2)}
.legend i{display:inline-block;width:.75em;height:.75em;border-radius:2px;margin-inline-end:.4em}
figure{margin:0}
figure.chart{margin:.4rem 0 0}
.scroll{overflow-x:auto}
figure.chart svg{display:block;width:100%;height:auto;font-family:inherit}
details{margin-top:.7rem;font-size:.95rem}
summary{cursor:pointer;color:var(--ink-2)}
summary:focus-visible,.scroll:focus-visible,a:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
table{border-collapse:collapse;margin:.4rem 0;font-size:.9rem;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:.3rem .8rem .3rem 0;text-align:start;border-bottom:1px solid var(--line);vertical-align:middle;font-weight:400}
thead th{color:var(--ink-2);font-size:.84rem;vertical-align:bottom}
tbody th{min-width:9.5em;overflow-wrap:anywhere}
td.n,th.n{text-align:end}
td:has(.stack){width:38%}
table.broad td:has(.stack){width:30%}
table.broad td[data-head]{min-width:14em}
tr.small{color:var(--ink-2);opacity:.72}
table.heat td.c{background:color-mix(in srgb,var(--accent) calc(var(--s)*.55),transparent);padding-inline-end:.6em}
table.heat thead th.n{white-space:nowrap}
table.heat{border-collapse:separate;border-spacing:2px 2px}
li.small{opacity:.8}
.quotes{display:grid;gap:12px;grid-template-columns:repeat(auto-fit,minmax(min(100%,215px),1fr));margin:.6rem 0 .3rem}
.quote{border:1px solid var(--line);border-radius:8px;padding:10px 13px;break-inside:avoid;min-width:0}
.quote blockquote{margin:0;white-space:pre-line;overflow-wrap:anywhere}
.quote figcaption{margin-top:.35rem;font-size:.82rem;color:var(--ink-2)}
mark{background:var(--mark);color:inherit;border-radius:2px}
.asked{list-style:none;margin:0;padding:0}
.asked li{display:grid;grid-template-columns:2.6em 1fr;align-items:start;gap:.2rem}
.asked .count{font-weight:650;font-size:1.1rem;padding-top:.9rem;font-variant-numeric:tabular-nums}
.cols{columns:2 360px;column-gap:32px;margin-top:.6rem}
.cols .part{break-inside:avoid}
.cols .part:only-child{column-span:all}
.part{padding-bottom:.9rem}
.part h3{margin-top:0}
footer{font-size:.88rem;overflow-wrap:anywhere}
footer dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;margin:.5rem 0}
footer dd{margin:0}
@media (max-width:600px){body{padding:14px 8px 40px}header,footer{padding:0 6px}.card{padding:14px 12px}footer dl{grid-template-columns:1fr}footer dt{font-weight:600}.asked li{grid-template-columns:1.7em 1fr}th,td{padding-inline-end:.5rem}tbody th{min-width:8em}td .share small{display:block}td:has(.stack){width:28%}.stack{min-width:84px}td .stack .few{font-size:0}table.broad tr{display:grid;grid-template-columns:1fr 4.6em 5.2em 92px;align-items:center;border-bottom:1px solid var(--line)}table.broad :is(th,td){border:0}table.broad thead th:last-child{display:none}table.broad td[data-head]{grid-column:1/-1}table.broad td[data-head]::before{content:attr(data-head) ": ";color:var(--ink-2)}}
@page{margin:14mm}
@media print{h2,h3,.note,.legend,.figures{break-after:avoid}:root{color-scheme:light;--page:#fff;--card:#fff;--ink:#000;--ink-2:#333;--line:#bbb}html{font-size:11px}body{max-width:none;padding:0}.card{border:0;border-top:1px solid #ccc;border-radius:0;padding:10px 0;margin:8px 0}.lead{border-inline-start:0}tr,.note,figure,footer,.ranked>li>.figures,table:not(:has(tbody tr:nth-child(13))){break-inside:avoid}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}details:not([open])>summary{display:none}.scroll{overflow:visible}a{color:inherit;text-decoration:none}}
`;
