/** Colours and lines of pictures. Dark ones where the reader prefers them; each pair has a contrast of 4.5 and more. */
const LIGHT = {
  paper: '#ffffff',
  panel: '#f4f5f7',
  ink: '#1b1f24',
  faint: '#57606a',
  rule: '#d3d8de',
  good: '#1a6b3c',
  warn: '#8a5300',
  bad: '#b3261e',
  accent: '#0b5cad',
  second: '#7a3ea8',
} as const;
const DARK = {
  paper: '#161a1f',
  panel: '#1f242b',
  ink: '#e7eaee',
  faint: '#a4adb8',
  rule: '#3a424c',
  good: '#6fd096',
  warn: '#f2b84b',
  bad: '#ff8f85',
  accent: '#7fb7ff',
  second: '#cfa3f5',
} as const;

const variables = (colors: Readonly<Record<string, string>>): string =>
  Object.entries(colors)
    .map(([name, color]) => `--${name}:${color}`)
    .join(';');

/** On paper everything is light. */
export const COLORS = `:root{color-scheme:light dark;${variables(LIGHT)}}
@media screen and (prefers-color-scheme:dark){:root{${variables(DARK)}}}`;

export const FACES = {
  text: 'system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",Arial,sans-serif',
  code: 'ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono","DejaVu Sans Mono",monospace',
} as const;

/** Rules for what pictures are made of. Each begins with `svg`: a page may have the same names of classes. */
export const PICTURE_RULES = `svg text{font:12px ${FACES.text};fill:var(--ink)}
svg .small{font-size:11.5px}
svg .faint{fill:var(--faint)}
svg .strong{font-weight:600}
svg .heading{font-size:16px;font-weight:600}
svg .code{font-family:${FACES.code};font-size:11.5px}
svg .middle{text-anchor:middle}
svg .end{text-anchor:end}
svg .bad-text{fill:var(--bad);font-weight:600}
svg .good-text{fill:var(--good)}
svg .warn-text{fill:var(--warn)}
svg .paper{fill:var(--paper)}
svg .panel{fill:var(--panel);stroke:var(--rule)}
svg .plain{fill:var(--paper);stroke:var(--rule)}
svg path,svg line{fill:none}
svg .rule{stroke:var(--rule);stroke-width:1}
svg .way{stroke:var(--faint);stroke-width:2}
svg .tube{stroke:var(--accent);stroke-width:14;stroke-linecap:round;opacity:.18}
svg .broken{stroke:var(--bad);stroke-width:2;stroke-dasharray:5 4}
svg .cross{stroke:var(--bad);stroke-width:3;stroke-linecap:round}
svg .there{stroke:var(--accent);stroke-width:1.6}
svg .back{stroke:var(--second);stroke-width:1.6}
svg .there-head{fill:var(--accent);stroke:none}
svg .back-head{fill:var(--second);stroke:none}
svg .device{fill:var(--paper);stroke:var(--ink);stroke-width:2}
svg .beyond{fill:var(--panel);stroke:var(--faint);stroke-dasharray:4 3}
svg .bad-fill{fill:var(--bad);stroke:none}
svg .good-fill{fill:var(--good);stroke:none}
svg .warn-fill{fill:var(--warn);stroke:none}
svg .bad-area{fill:var(--bad);stroke:none;opacity:.14}
svg .warn-area{fill:var(--warn);stroke:none;opacity:.16}
svg .sent{stroke:var(--ink);stroke-width:2}
svg .again{stroke:var(--bad);stroke-width:3}
svg .late{stroke:var(--warn);stroke-width:3}
svg .acked{stroke:var(--good);stroke-width:1.5}
svg .window{stroke:var(--accent);stroke-width:1.5;stroke-dasharray:6 3}
svg .sack{stroke:var(--second);stroke-width:3}
svg .shut{stroke:var(--warn);stroke-width:4}
svg .bar{fill:var(--accent);stroke:none}
svg .bar-again{fill:var(--bad);stroke:none}
svg .trip{stroke:var(--second);stroke-width:3.5;stroke-linecap:round}
svg .see-through{opacity:.75}`;
