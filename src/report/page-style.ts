/**
 * How every page looks: system fonts, one column, colours by role with a contrast of at least 4.5 in light and dark (WCAG 2.2, 1.4.3).
 * A colour never stands alone: `.mark` has the verdict's symbol and word. A class `v-…` carries the verdict's colour as `--c` and its
 * tint as `--t`.
 */
export const pageStyle = `
:root{color-scheme:light dark;--bg:#fbfbfa;--card:#fff;--fg:#1c2126;--soft:#55606b;--line:#dfe3e6;--code:#f2f4f5;--link:#0b57b7;
--passed:#176b34;--passed-t:#e9f5ec;--failed:#b3202c;--failed-t:#fdeeee;--refused:#7a3bbd;--refused-t:#f5eefc;--unproven:#7d5300;--unproven-t:#fbf3df;--error:#9a1046;--error-t:#fdecf2;--none:#55606b;--none-t:#eff1f2}
@media (prefers-color-scheme:dark){:root{--bg:#14171a;--card:#1a1e22;--fg:#e4e7ea;--soft:#a2acb6;--line:#333a41;--code:#20252a;--link:#82b6ff;
--passed:#6fce8d;--passed-t:#172a1e;--failed:#ff8f8a;--failed-t:#321c1d;--refused:#cdaaff;--refused-t:#271f35;--unproven:#e6bd5a;--unproven-t:#2d2614;--error:#ff94b8;--error-t:#331a25;--none:#a2acb6;--none-t:#22272c}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%;scroll-padding-top:1rem}
body{margin:0 auto;padding:2rem clamp(1rem,4vw,2.5rem) 4rem;max-width:62rem;background:var(--bg);color:var(--fg);font:1rem/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;overflow-wrap:anywhere}
h1,h2,h3,h4,h5,h6{line-height:1.3;margin:2em 0 .6em;font-weight:650;text-wrap:balance}
h1{font-size:1.7rem;margin-top:0}h2{font-size:1.3rem}h3{font-size:1.1rem}h4,h5,h6{font-size:1rem}
p,ul,ol,dl,pre,table,blockquote,details{margin:.7em 0}
a{color:var(--link);text-underline-offset:.15em}
:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:3px}
:target{box-shadow:0 0 0 3px var(--link);border-radius:4px}
hr{border:0;border-top:1px solid var(--line);margin:2.2em 0}
code,pre,kbd{font:.875em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;tab-size:4;unicode-bidi:isolate}
code{background:var(--code);border-radius:4px;padding:.1em .3em}
pre{background:var(--code);border-radius:6px;padding:.75rem .9rem;white-space:break-spaces}
pre code{background:none;padding:0;font-size:inherit}
bdi{unicode-bidi:isolate}
blockquote{margin-left:0;padding-left:1rem;border-left:3px solid var(--line);color:var(--soft)}
table{border-collapse:collapse;width:100%;font-size:.93rem}
caption{text-align:left;color:var(--soft);padding-bottom:.4rem}
th,td{text-align:left;vertical-align:top;padding:.4rem .6rem .4rem 0;border-bottom:1px solid var(--line)}
th{font-weight:600;color:var(--soft)}
tbody th{color:var(--fg)}tbody th .soft{font-weight:400}th.whole{overflow-wrap:normal}
.num{text-align:right;font-variant-numeric:tabular-nums}
.soft{color:var(--soft)}.small{font-size:.875rem}.nowrap{white-space:nowrap}
dl.facts{display:grid;grid-template-columns:minmax(7.5rem,max-content) 1fr;gap:.3rem 1.2rem}
dl.facts dt{color:var(--soft)}dl.facts dd{margin:0;min-width:0}
.v-passed{--c:var(--passed);--t:var(--passed-t)}.v-failed{--c:var(--failed);--t:var(--failed-t)}.v-refused{--c:var(--refused);--t:var(--refused-t)}.v-unproven{--c:var(--unproven);--t:var(--unproven-t)}.v-error{--c:var(--error);--t:var(--error-t)}.v-none{--c:var(--none);--t:var(--none-t)}
.mark{color:var(--c);font-weight:650;white-space:nowrap}
.banner{border:1px solid var(--c);border-left-width:6px;background:var(--t);border-radius:8px;padding:1rem 1.2rem;margin:1.2rem 0}
.banner .mark{font-size:1.5rem}.banner p{margin:.3em 0 0}
summary{cursor:pointer;color:var(--link)}
details>summary+*{margin-top:.5rem}
.skip{position:absolute;left:-999rem}.skip:focus{position:static}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
nav ul{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.3rem 1.1rem}
@media (max-width:44rem){
table.stack,table.stack caption,table.stack tbody,table.stack tr,table.stack td,table.stack tbody th{display:block}
table.stack thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table.stack tr{padding:.6rem 0;border-bottom:1px solid var(--line)}
table.stack td,table.stack tbody th{border:0;padding:.1rem 0;text-align:left}
table.stack td[data-label]::before{content:attr(data-label) ": ";color:var(--soft)}
dl.facts{grid-template-columns:1fr;gap:0}dl.facts dd{margin-bottom:.5rem}
}
@media print{
:root{--bg:#fff;--card:#fff;--fg:#000;--soft:#444;--line:#bbb;--code:#f4f4f4;--link:#000}
html{font-size:10pt}body{max-width:none;padding:0}
nav,.skip{display:none}
h1,h2,h3,h4,summary{break-after:avoid}tr,.banner{break-inside:avoid}
details::details-content{content-visibility:visible;block-size:auto}
.banner,pre{print-color-adjust:exact}
}
`;
