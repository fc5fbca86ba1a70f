/** What the page begins with: what is wrong, where, how it is known, and what to do first. */
import { counted } from '../../text/counted.ts';
import { type Markup, markup, NOTHING, when } from '../../text/markup.ts';
import { subjectText } from '../formats/finding-text.ts';
import { fixParts } from '../formats/fix-lines.ts';
import { gateWord } from '../formats/known-text.ts';
import { partialText } from '../formats/partial-text.ts';
import { claimOf, lossText } from '../formats/undecided.ts';
import type { Report, ReportFinding } from '../model/report.ts';
import { commandBox } from './command-part.ts';
import { packetTable } from './packet-table.ts';
import { listOf, type Part } from './part.ts';

interface Verdict {
  word: string;
  kind: 'bad' | 'warn' | 'good' | 'quiet';
  text: string;
}

const WITHOUT_VERDICT: Readonly<Record<ReturnType<typeof claimOf>, Verdict>> = {
  nothing: { word: 'NOT JUDGED', kind: 'quiet', text: 'Nothing could be judged' },
  undecided: { word: 'UNDECIDED', kind: 'warn', text: 'No fault was found so far' },
  ok: { word: 'OK', kind: 'good', text: 'No fault was found' },
};

function verdictOf(report: Report): Verdict {
  const { verdict } = report;
  if (verdict !== null) {
    if (verdict.level === 'error') return { word: 'FAULT', kind: 'bad', text: verdict.summary };
    return { word: verdict.level === 'warning' ? 'WARNING' : 'NOTE', kind: 'warn', text: verdict.summary };
  }
  const without = WITHOUT_VERDICT[claimOf(report)];
  const losses = lossText(report);
  return losses === '' ? without : { ...without, text: `${without.text}; ${losses}` };
}

/** For the title of the window. */
export function verdictTitle(report: Report): string {
  const { word, text } = verdictOf(report);
  return `${word}: ${text}`;
}

export function verdictHead(report: Report): Markup {
  const { word, kind, text } = verdictOf(report);
  const first = report.verdict === null ? undefined : report.findings[0];
  const facts =
    first === undefined ? [] : [first.class, first.grade, first.location.text].filter((fact) => fact !== '');
  const files = counted(report.captures.length, 'capture');
  const packets = counted(
    report.captures.reduce((sum, capture) => sum + capture.packets, 0),
    'packet',
  );
  const when0 = report.captures
    .map(({ firstTime }) => firstTime ?? '')
    .filter((time) => time !== '')
    .sort()[0];
  return markup`<p class="brand"><b>Network diagnosis</b> · ${files}, ${packets}${when0 === undefined ? '' : ` · ${when0.slice(0, 19).replace('T', ' ')} UTC`}</p>
<span class="badge ${kind}">${word}</span>
<h1>${text}</h1>
<p class="facts">${facts.join(' · ')}</p>
${partial(report)}${gate(report)}`;
}

const GATES = { passed: 'good', failed: 'bad', 'not-assessable': 'warn' } as const;

const gate = ({ gate: decided }: Report): Markup =>
  decided === undefined
    ? NOTHING
    : markup`<p><strong class="${GATES[decided.status]}">${gateWord(decided)}</strong>${decided.because.length > 0 ? `: ${decided.because.join('; ')}` : ''}</p>`;

const partial = ({ partial: part }: Report): Markup =>
  part === undefined
    ? NOTHING
    : markup`<p class="warn"><strong>Partial.</strong> ${partialText(part)}. What follows rests on that.</p>`;

export function verdictPart(report: Report): Part[] {
  const first = report.verdict === null ? undefined : report.findings[0];
  if (first === undefined) {
    const notes = report.findings.length;
    const body = markup`<p>What this rests on stands in the triage.${notes > 0 ? ` ${counted(notes, 'note')} below.` : ''}</p>`;
    return [{ id: 'verdict', title: 'Verdict', body }];
  }
  const acquitted = report.verdict?.notTheNetwork ?? null;
  const body = markup`${when(acquitted !== null, () => markup`<p class="proof">${acquitted ?? ''}</p>`)}
<p>${first.why}</p>
${when(report.failureDomain !== null, () => markup`<p>${report.failureDomain ?? ''}</p>`)}
<p class="facts">${subjectText(first)}${first.reach > 1 ? ` · seen ${counted(first.reach, 'time')}` : ''} · rule ${first.ruleId}</p>
<h3>Proof</h3>${packetTable(report, first, 6)}
${likeliest(first)}${nextSteps(report, first)}`;
  return [{ id: 'verdict', title: 'Verdict and proof', body }];
}

/** The first cause; the others stand with the finding. */
function likeliest({ hypotheses: [cause] }: ReportFinding): Markup {
  if (cause === undefined) return NOTHING;
  return markup`<h3>Cause</h3><p><strong>${cause.likelihood}</strong>: ${cause.cause}</p>${listOf(cause.for)}`;
}

function nextSteps({ nextCapture }: Report, { confirm: [command], fix: [fix], repairs }: ReportFinding): Markup {
  return markup`${when(command !== undefined, () => markup`<h3>Run first</h3>${commandBox(command)}`)}${fix === undefined ? NOTHING : markup`<h3>Fix</h3>${firstFix(repairs, fix)}`}${
    nextCapture === null
      ? NOTHING
      : markup`<h3>Capture next</h3><p>${nextCapture.why}</p>${commandBox({ on: nextCapture.on, command: nextCapture.command, expect: '' })}`
  }`;
}

/** A command of a fix in a box, and below it what else the fix says. */
function firstFix(repairs: ReportFinding['repairs'], fix: string): Markup {
  const { repair, text } = fixParts(repairs, fix);
  const words = text === '' ? NOTHING : markup`<p>${text}</p>`;
  return repair === undefined ? words : markup`${commandBox({ ...repair, expect: '' })}${words}`;
}
