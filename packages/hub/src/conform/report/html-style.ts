/** How the report looks, by day and by night. */
export const htmlStyle: string = `
:root{color-scheme:light dark;--bg:#fff;--fg:#1c1e21;--dim:#62666d;--line:#dcdfe4;--good:#1a7f4b;--bad:#b3261e;--warn:#9a6700;--soft:#f5f6f8;--bar:#4c7fd9}
@media(prefers-color-scheme:dark){:root{--bg:#15171a;--fg:#e8eaed;--dim:#9aa0a8;--line:#33373d;--good:#5bc98b;--bad:#ff8a80;--warn:#e3b341;--soft:#1e2125;--bar:#7aa5f0}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,sans-serif}
main{max-width:64rem;margin:0 auto;padding:1.5rem 1rem 4rem}
h1{font-size:1.6rem;line-height:1.2;margin:0 0 .25rem}
h2{font-size:1.15rem;margin:2rem 0 .75rem}
h3{font-size:1rem;margin:0 0 .25rem;overflow-wrap:anywhere}
h3 span,summary span{color:var(--dim);font-weight:400;font-size:.875rem}
p{margin:.25rem 0}
.facts,.legend{color:var(--dim);font-size:.875rem}
.verdict{font-weight:600;padding:.75rem 1rem;background:var(--soft);border-left:4px solid var(--good);margin:1rem 0}
.verdict.broken{border-color:var(--bad)}
article{border:1px solid var(--line);border-left:4px solid var(--warn);border-radius:4px;padding:.75rem 1rem;margin:.75rem 0}
article.must{border-left-color:var(--bad)}
dl{display:grid;grid-template-columns:7rem 1fr;gap:.25rem .75rem;margin:.5rem 0 0;font-size:.875rem}
dt{color:var(--dim)}
dd{margin:0;overflow-wrap:anywhere}
code{font:.875em/1.4 ui-monospace,monospace;overflow-wrap:anywhere}
figure{margin:0;overflow-x:auto}
svg{width:100%;min-width:40rem;height:auto;display:block}
svg text{fill:var(--fg);font:11px system-ui,sans-serif}
svg .row,svg .axis{fill:var(--dim)}
svg .axis,svg .number{text-anchor:middle}
svg .number{fill:var(--bg);font-weight:600}
svg .tick{stroke:var(--line)}
svg line.mark{stroke:var(--fg);stroke-width:1.5}
svg line.motion,svg line.trigger{stroke:var(--warn)}
svg line.close,svg line.lost{stroke:var(--bad)}
svg .taken{fill:var(--bar)}
svg .sent{fill:var(--good)}
svg .sent.init{fill:var(--warn)}
details{border-bottom:1px solid var(--line)}
summary{cursor:pointer;padding:.5rem 0;font-weight:600}
table{width:100%;border-collapse:collapse;font-size:.875rem;margin-bottom:.75rem}
td{padding:.375rem .5rem .375rem 0;border-top:1px solid var(--line);vertical-align:top}
td:first-child{width:6rem;color:var(--dim);white-space:nowrap}
tr.passed td:first-child{color:var(--good)}
tr.failed td:first-child{color:var(--bad);font-weight:600}
@media(max-width:32rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.375rem}td:first-child{width:5rem}}
`
