"""How the HTML report looks: plain CSS, light and dark by the reader's own setting, and fit for paper."""

STYLE = """
:root { color-scheme: light dark;
  --paper: #fbfaf7; --card: #ffffff; --ink: #1f2328; --soft: #59636e; --line: #d9d6ce; --bar: #e7e4dc;
  --error: #b3261e; --warning: #8a5a00; --info: #2c5d94; --good: #2f6f3e; --code: #f2f0ea; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #15181c; --card: #1d2126; --ink: #e6e4df; --soft: #9aa4af; --line: #343a42; --bar: #2b3037;
  --error: #ff8a80; --warning: #e8b45a; --info: #8cbcf2; --good: #86c995; --code: #262b31; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
main { max-width: 68rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; display: flex; gap: .75rem; align-items: center; flex-wrap: wrap; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .75rem; padding-bottom: .3rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
h3 span, p.soft, .soft { color: var(--soft); font-weight: normal; }
p { margin: .4rem 0; }
nav { margin: 1rem 0 0; display: flex; gap: 1rem; flex-wrap: wrap; font-size: .95rem; }
a { color: var(--info); }
code { font: .9em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
p > code, li > code, dd > code { background: var(--code); border-radius: 4px; padding: .1em .35em; }
.badge { font-size: .8rem; font-weight: 600; border: 1px solid currentColor; border-radius: 999px; padding: .1rem .6rem;
  white-space: nowrap; }
.error, .fail { color: var(--error); } .warning, .inconclusive { color: var(--warning); }
.info { color: var(--info); } .pass { color: var(--good); }
dl.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(7.25rem, 1fr)); gap: .75rem; margin: 1.25rem 0 0; }
dl.figures div { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .6rem .85rem; }
dl.figures dt { color: var(--soft); font-size: .85rem; }
dl.figures dd { margin: 0; font-size: 1.35rem; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; width: 100%; font-size: .95rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; font-size: .85rem; }
td:first-child { min-width: 5rem; } td.lines { min-width: 4.5rem; } #disputes + div td:first-child { min-width: 12rem; } td:first-child code { overflow-wrap: normal; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.scroll { overflow-x: auto; }
.meter { background: var(--bar); border-radius: 999px; height: .55rem; min-width: 6rem; margin-top: .5rem; overflow: hidden; }
.meter i { display: block; height: 100%; background: var(--good); border-radius: 999px; }
.meter.tool i { background: var(--info); }
details { background: var(--card); border: 1px solid var(--line); border-radius: 8px; margin: .5rem 0; }
summary { cursor: pointer; padding: .6rem .85rem; display: flex; gap: .6rem; align-items: baseline; flex-wrap: wrap; }
summary .what { flex: 1 1 18rem; }
summary:focus-visible, a:focus-visible { outline: 2px solid var(--info); outline-offset: 2px; }
details > div { padding: 0 .85rem .85rem; border-top: 1px solid var(--line); }
ul { padding-left: 1.2rem; margin: .4rem 0; }
footer { margin-top: 3rem; color: var(--soft); font-size: .85rem; }
@media print { main { max-width: none; } details, dl.figures div { break-inside: avoid; } nav { display: none; } }
""".strip()
