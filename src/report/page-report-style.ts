/** What the page of an execution adds to every page's style: the plan, the remarks behind its blocks, evidence, timeline. */
export const reportStyle = `
header h1{margin-bottom:.4em}
.banner .why{font-size:1.1rem}
h3.d1{font-size:1.55rem}h4.d2{font-size:1.3rem;margin-top:2.2em}h5.d3{font-size:1.1rem}
.remarks{margin:.6rem 0 1.4rem}
.remark{border-left:3px solid var(--c);padding:.15rem 0 .15rem .8rem;margin:.3rem 0;font-size:.93rem}
.remark p,.judged p,.message p{margin:.25em 0}
.remark.v-failed,.remark.v-refused,.remark.v-error,.remark.v-unproven{background:var(--t);border-radius:0 6px 6px 0;padding:.5rem .8rem}
.remark .self{color:inherit;font-weight:600;text-decoration-color:var(--line)}
.judged{margin:.35rem 0}.judged .actual{color:var(--soft);padding-left:1.4em}
.judged ul{margin:.2em 0}
.values{list-style:none;padding:0;margin:.35em 0}
ul.plain{list-style:none;padding:0;margin:.2em 0}ul.plain ul.plain{padding-left:1.4em}
.evidence{border-left:1px solid var(--line);padding-left:.9rem}
.evidence table{font-size:.875rem}.evidence pre{max-height:none}
td pre,th pre{margin:0;padding:.3rem .5rem;font-weight:400}
.message{border-left:3px solid var(--c);padding:.3rem 0 .3rem .9rem;margin:.8rem 0}
.first{margin-top:.8rem}
.left-out{color:var(--soft);font-style:italic}
.filled{background:var(--passed-t);border-bottom:2px solid var(--passed);padding:0 .15em}
.hole{background:var(--unproven-t)}
.lang{display:block;color:var(--soft);font-size:.8rem;margin-bottom:.3rem}
.raw{color:var(--soft)}
.wide{overflow-x:auto}.wide table{overflow-wrap:break-word}.wide th,.wide td{max-width:24rem;padding-right:1rem}
.source{padding-left:0}.source .ln{display:block;padding-left:4.2rem;position:relative}
.source .ln::before{content:attr(data-line);position:absolute;left:0;width:3.4rem;text-align:right;color:var(--soft)}
.timeline{width:100%;height:auto;min-width:0;font:11px ui-monospace,Menlo,Consolas,monospace}
.timeline rect{fill:var(--c)}.timeline text{fill:var(--fg)}.timeline .took{fill:var(--soft)}
section{margin-top:3rem}
.print-note{display:none}
@media print{.wide{overflow:visible}.wide table{overflow-wrap:anywhere}.remark,.message{break-inside:avoid-page}@supports not selector(details::details-content){.print-note{display:block}}}
`;
