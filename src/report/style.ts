/** The page's only style sheet; it loads nothing. Colours differ in lightness too, for the colour-blind. */
export const style = `
:root{color-scheme:light dark;--page:#f5f6f8;--card:#fff;--ink:#171b26;--ink-2:#4b5365;--line:#dfe3ea;--accent:#5350c4;--negative:#c2410c;--neutral:#7d8696;--positive:#1769d2;--series-4:#a16207;--series-5:#0f766e;--heat-accent:#9a97e6;--heat-negative:#e9794a;--heat-neutral:#a7afbd;--heat-positive:#6aa5ee}
@media (prefers-color-scheme:dark){:root{--page:#0f1218;--card:#181c25;--ink:#eceff5;--ink-2:#aeb6c6;--line:#2c3340;--accent:#a3a0ff;--negative:#ff9363;--neutral:#8b95a7;--positive:#74b2ff;--series-4:#e3b341;--series-5:#5ed3c4;--heat-accent:#5653b8;--heat-negative:#a34a22;--heat-neutral:#5b6475;--heat-positive:#245fae}}
*{box-sizing:border-box}
html{font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;background:var(--page);color:var(--ink);-webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:1120px;padding:28px 20px 60px}
header p,footer,.note{color:var(--ink-2)}
h1{font-size:1.05rem;font-weight:600;margin:0}
header p{margin:.15rem 0 0;font-size:.9rem;overflow-wrap:anywhere}
h2{font-size:1.15rem;margin:0 0 .2rem;line-height:1.3}
h3{font-size:1rem;margin:1.1rem 0 .3rem}
.note{font-size:.9rem;margin:.1rem 0 .8rem;max-width:68ch}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:20px;margin:18px 0;min-width:0}
.lead{border-inline-start:5px solid var(--negative)}
.lead p.headline{font-size:clamp(1.5rem,4.5vw,2.3rem);line-height:1.15;font-weight:700;letter-spacing:-.015em;margin:.1rem 0 .6rem}
.lead ul{margin:.4rem 0 0;padding-inline-start:1.15rem}
.lead li{margin:.25rem 0}
.grid{columns:2 400px;column-gap:18px;margin-bottom:18px}
.grid>.card{margin:0 0 18px;break-inside:avoid}
figure{margin:0}
figure.chart{margin:.4rem 0 0}
.scroll{overflow-x:auto}
figure.chart svg{display:block;width:100%;height:auto;font-family:inherit}
.narrow svg{max-width:480px}
.grid>.wide{column-span:all;margin-top:18px}
.wide .narrow svg{max-width:820px}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1rem;list-style:none;padding:0;margin:.2rem 0 .5rem;font-size:.88rem;color:var(--ink-2)}
.legend i{display:inline-block;width:.75em;height:.75em;border-radius:2px;margin-inline-end:.4em}
details{margin-top:.6rem;font-size:.9rem}
summary{cursor:pointer;color:var(--ink-2)}
summary:focus-visible,.scroll:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
table{border-collapse:collapse;margin:.5rem 0;font-size:.88rem;font-variant-numeric:tabular-nums}
th,td{padding:.22rem .7rem .22rem 0;text-align:start;border-bottom:1px solid var(--line);vertical-align:top}
td.n,th.n{text-align:end}
.quotes{display:grid;gap:12px;grid-template-columns:repeat(auto-fit,minmax(min(100%,235px),1fr));margin:.5rem 0 0}
.quote{border:1px solid var(--line);border-radius:8px;padding:12px 14px;break-inside:avoid;min-width:0}
.quote blockquote{margin:0;white-space:pre-line;overflow-wrap:anywhere}
.quote figcaption{margin-top:.45rem;font-size:.82rem;color:var(--ink-2)}
.quote b{font-weight:600;color:var(--ink)}
.topic{margin-top:1.2rem}
footer{font-size:.88rem;overflow-wrap:anywhere}
footer dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;margin:.5rem 0}
footer dd{margin:0}
@media (max-width:600px){body{padding:14px 8px 40px}header,footer{padding:0 6px}.card{padding:14px 12px}footer dl{grid-template-columns:1fr}footer dt{font-weight:600}}
@page{margin:14mm}
@media print{.grid{columns:2 200px}h2,h3,.note,.legend{break-after:avoid}:root{color-scheme:light;--page:#fff;--card:#fff;--ink:#000;--ink-2:#333;--line:#bbb;--accent:#5350c4;--negative:#c2410c;--neutral:#7d8696;--positive:#1769d2;--series-4:#a16207;--series-5:#0f766e;--heat-accent:#9a97e6;--heat-negative:#e9794a;--heat-neutral:#a7afbd;--heat-positive:#6aa5ee}html{font-size:11px}body{max-width:none;padding:0}.card{break-inside:avoid-page;border-color:#ccc;padding:12px;margin:10px 0}.long{break-inside:auto}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}summary{display:none}}
`;
