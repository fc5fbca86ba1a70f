import type { HopFinding } from '../heuristics/facts/judge-hops.ts';
import type { MtrJudgement } from './judge-mtr.ts';

/** Judgements as text for a terminal. Host names come from the network, so control characters are escaped. */
export const formatMtrText = (judgements: readonly MtrJudgement[]): string => judgements.map(oneText).join('\n');

function oneText({ report, findings }: MtrJudgement): string {
  const last = report.hops[report.hops.length - 1];
  const way = `${report.source ?? 'here'} to ${report.destination ?? last.host ?? '???'}, ${last.hop} hops`;
  const faults = findings.filter(({ level }) => level === 'fault');
  const head = faults.length === 0 ? [`OK  ${way}: the last hop answers every probe`] : [`FAULT  ${way}`];
  return `${[...head, ...findings.flatMap(findingLines)].map(printable).join('\n')}\n`;
}

const findingLines = ({ level, kind, message, next }: HopFinding): string[] => [
  `  ${level === 'fault' ? '' : 'note  '}${kind}: ${message}`,
  ...(next === null ? [] : [`    next: ${next}`]),
];

const printable = (line: string): string =>
  line.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
