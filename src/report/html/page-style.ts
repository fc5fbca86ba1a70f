import { COLORS, FACES, PICTURE_RULES } from '../pictures/style.ts';

/** The style of the page. Nothing is loaded: its faces are those of the reader's system. */
export const PAGE_STYLE = `${COLORS}
*{box-sizing:border-box}
html{font:16px/1.55 ${FACES.text};-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);overflow-wrap:anywhere}
.skip{position:absolute;left:-9999px}
.skip:focus{left:1rem;top:1rem;background:var(--paper);padding:.5rem 1rem;z-index:3}
a{color:var(--accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:4px}
.frame{max-width:82rem;margin:0 auto;padding:0 1.25rem}
header.frame{border-bottom:1px solid var(--rule);padding-top:1.75rem;padding-bottom:1.4rem}
.brand{margin:0 0 1rem;color:var(--faint);font-size:.875rem}
.brand b{color:var(--ink)}
h1{font-size:1.6rem;line-height:1.28;font-weight:650;letter-spacing:-.01em;margin:.6rem 0 .5rem;max-width:46em;text-wrap:pretty}
h2{font-size:1.22rem;line-height:1.3;margin:0 0 .75rem;letter-spacing:-.005em}
h3{font-size:1.02rem;line-height:1.4;margin:1.25rem 0 .35rem}
article h3{margin-top:0}
h4{font-size:.8rem;margin:1.1rem 0 .3rem;color:var(--faint);font-weight:600;letter-spacing:.04em;text-transform:uppercase}
p{margin:.4rem 0;max-width:46em}
.badge{display:inline-block;font-weight:700;font-size:.8rem;letter-spacing:.06em;padding:.2rem .65rem;border-radius:1rem;border:1.5px solid}
.bad{color:var(--bad)}
.warn{color:var(--warn)}
.good{color:var(--good)}
.quiet{color:var(--faint)}
.facts{color:var(--faint);font-size:.92rem}
.proof{border-left:3px solid var(--good);padding:.1rem 0 .1rem .9rem;margin:.9rem 0}
.layout{display:block}
nav{font-size:.9rem;padding:.8rem 0;border-bottom:1px solid var(--rule)}
nav ul{list-style:none;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:.2rem 1rem}
nav a{text-decoration:none;color:var(--faint);display:inline-block;padding:.2rem 0}
nav a:hover{color:var(--accent);text-decoration:underline}
section{padding:1.9rem 0 .4rem;scroll-margin-top:.5rem}
section+section{border-top:1px solid var(--rule);margin-top:1.5rem}
.lead{padding:1.1rem 0 0}
table{border-collapse:collapse;width:100%;font-size:.92rem}
caption{text-align:left;color:var(--faint);font-size:.85rem;padding:0 0 .35rem}
th,td{text-align:left;vertical-align:top;padding:.32rem .9rem .32rem 0;border-bottom:1px solid var(--rule)}
th{font-weight:600}
thead th{white-space:nowrap;color:var(--faint);font-weight:500;font-size:.82rem}
td.time{white-space:nowrap}
td.number,th.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.packets .number,.packets .way{width:1%}
.packets td{font-family:${FACES.code};font-size:.84rem}
.packets tr.more td{color:var(--faint);font-family:inherit}
.wide{overflow-x:auto;position:relative}
.wide table{min-width:30rem}
mark{background:transparent;color:var(--bad);font-weight:700;border-bottom:2px solid}
.packets td.fields{color:var(--faint);font-size:.8rem;padding-top:0}
.packets tr.opened td{border-bottom:0;padding-bottom:.1rem}
.field{display:inline-block;margin-right:.55em}
.triage{list-style:none;margin:0;padding:0;display:grid;grid-template-columns:repeat(auto-fill,minmax(15.5rem,1fr));gap:.7rem}
.triage li{border:1px solid var(--rule);border-radius:.5rem;padding:.6rem .8rem;font-size:.92rem}
.triage strong{display:block;font-size:.95rem}
.triage .word{font-weight:700;font-size:.78rem;letter-spacing:.04em}
.triage .because{display:block;color:var(--faint);font-size:.87rem;margin-top:.15rem}
figure{margin:.5rem 0 1.2rem}
figcaption{font-size:.88rem;color:var(--faint);margin-top:.5rem;max-width:52em}
.drawing{overflow-x:auto;padding:.3rem 0}
.picture{display:block;max-width:100%;height:auto}
.drawing.graph .picture{width:100%;min-width:46rem}
.drawing.tall,.tools.tall{display:none}
.legend{list-style:none;margin:.5rem 0 0;padding:0;display:flex;flex-wrap:wrap;gap:.15rem 1.3rem;font-size:.85rem;color:var(--faint)}
.legend svg{width:26px;height:14px;vertical-align:-2px;margin-right:.45rem}
.tools{display:flex;gap:.4rem;margin:.3rem 0 0}
button{font:inherit;font-size:.82rem;line-height:1;color:var(--ink);background:var(--panel);border:1px solid var(--rule);border-radius:.35rem;padding:.42rem .65rem;cursor:pointer;min-height:1.75rem}
button:hover{border-color:var(--accent)}
article{padding:1rem 0 .3rem}
article+article{border-top:1px solid var(--rule);margin-top:1rem}
.causes{margin:0;padding:0;list-style:none}
.causes>li{margin:.35rem 0}
.causes ul{margin:.1rem 0 .3rem;padding-left:1.2rem;color:var(--faint);font-size:.92rem}
.word{white-space:nowrap}
.plain{margin:.3rem 0;padding-left:1.2rem}
.plain li{margin:.25rem 0;max-width:50em}
code,pre{font-family:${FACES.code};font-size:.86rem}
pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}
.command{display:flex;gap:.6rem;align-items:flex-start;background:var(--panel);border:1px solid var(--rule);border-radius:.4rem;padding:.5rem .7rem;margin:.35rem 0 .1rem}
.command pre{flex:1;min-width:0}
.expect{color:var(--faint);font-size:.88rem;margin:.1rem 0 .6rem .1rem}
.machine{margin:.7rem 0 .3rem;color:var(--faint);font-size:.92rem}
details{margin:.5rem 0}
summary{cursor:pointer;color:var(--faint);font-size:.9rem}
summary:hover{color:var(--accent)}
article>details>summary{color:var(--ink)}
article>details>summary h3{display:inline}
.text-form{overflow-x:auto;background:var(--panel);border-radius:.4rem;padding:.7rem .9rem;margin:.5rem 0}
.text-form pre{white-space:pre;overflow-wrap:normal;font-size:.8rem;line-height:1.45}
footer.frame{border-top:1px solid var(--rule);margin-top:2.5rem;padding-top:1.2rem;padding-bottom:2.5rem;color:var(--faint);font-size:.85rem}
.heard{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media (max-width:44rem){.drawing.steps .picture{max-width:none}.wide .packets{min-width:0}.frame{padding:0 1rem}h1{font-size:1.3rem}main .broad{display:none}.drawing.tall{display:block}.tools.tall{display:flex}th,td{padding-right:.6rem}.command{flex-direction:column;gap:.4rem}}
@media (min-width:74rem){.layout{display:grid;grid-template-columns:11.5rem minmax(0,1fr);gap:0 2.6rem}nav{position:sticky;top:0;align-self:start;border:0;padding:2rem 0;max-height:100vh;overflow-y:auto}nav ul{display:block}nav li{margin:.15rem 0}}
@page{margin:14mm}
@media print{html{font-size:10.5pt}.frame{max-width:none;padding:0}nav,.tools,button,.skip{display:none}a{color:inherit;text-decoration:none}section,article{break-inside:auto}h2,h3{break-after:avoid}figure details{display:none}.drawing,.command,.triage li,tr{break-inside:avoid}.drawing{break-after:avoid}details::details-content{content-visibility:visible;display:block;height:auto}.drawing.broad{display:block}.drawing.tall{display:none}.drawing.graph .picture{min-width:0}}
@media (prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}}
${PICTURE_RULES}`;
