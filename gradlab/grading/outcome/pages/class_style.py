"""The look of the page on what a class did."""

# Blue is good and orange is not, which the colour-blind tell apart; within each, patterns differ.
# A number stands on the colour of the paper. Every colour has 3:1 against the paper, also printed.
STYLE = """
:root { --right: #0a5ea8; --wrong: #b34700; --other: #7b3f9d; --none: #6b747c; }
@media screen and (prefers-color-scheme: dark) {
  :root { --right: #6cb4f0; --wrong: #ff9a52; --other: #cda2e6; --none: #98a2ab; } }
h4 { font-size: .9rem; font-weight: 600; color: var(--quiet); margin: .6rem 0 0; }
.bar { display: flex; gap: 2px; height: 1.9rem; margin-top: .4rem; }
.part { flex: 0 1 0; min-width: 5px; box-sizing: border-box; overflow: hidden;
  display: flex; align-items: center; justify-content: center; border: 2px solid var(--c);
  print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.part b { background: var(--paper); color: var(--ink); padding: 0 .25em; border-radius: .2em;
  font-size: .85rem; line-height: 1.3; white-space: nowrap; font-variant-numeric: tabular-nums; }
.right { --c: var(--right); background: var(--right); }
.marked { --c: var(--other); background: var(--other); }
.partly, .waiting { --c: var(--right);
  background: repeating-linear-gradient(135deg, var(--right) 0 3px, var(--paper) 3px 8px); }
.wrong { --c: var(--wrong); background: var(--wrong); }
.stopped { --c: var(--wrong);
  background: repeating-linear-gradient(90deg, var(--wrong) 0 3px, var(--paper) 3px 7px); }
.borrowed { --c: var(--other);
  background: repeating-linear-gradient(0deg, var(--other) 0 3px, var(--paper) 3px 7px); }
.blank { --c: var(--none); }
.missing { --c: var(--none); border-style: dashed; }
.key { display: flex; flex-wrap: wrap; gap: .3rem 1.1rem; }
.key li { display: flex; align-items: center; gap: .4rem; }
.key .part { width: 2.2rem; height: 1.5rem; flex: none; }
.counts { font-variant-numeric: tabular-nums; }
.found, .topics { padding-left: 1.1rem; }
.found { list-style: disc; }
.topics { list-style: decimal; padding-left: 1.6rem; }
.topics li { margin: .8rem 0; }
.exercise { margin-top: 1.6rem; }
.exercise h3 { margin-top: 0; }
.bin { display: inline-block; height: .8rem; margin-right: .5rem; min-width: 2px;
  background: var(--right); border: 1px solid var(--right); box-sizing: border-box;
  print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.bins th:last-child, .bins td:last-child { text-align: left; }
.bins th, .bins td { padding: .1rem .5rem .1rem 0; }
.bins th:first-child { width: 9.5rem; white-space: nowrap; }
.bins th, .bins td { border-top: 0; }
.bins { --room: 3rem; }
.choices { --room: 9rem; }
.choices li { margin: .5rem 0; }
@media print {
  h2 + p, h4 { break-after: avoid; }
  .exercise, .topics li, .bins { break-inside: avoid; } }
"""
