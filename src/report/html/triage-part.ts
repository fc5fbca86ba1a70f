import { markup } from '../../text/markup.ts';
import { triageReason, triageWord } from '../formats/triage-row.ts';
import type { Report } from '../model/report.ts';
import type { Part } from './part.ts';

/** Sign and colour by the word: nobody has to see colours. */
const SIGNS: Readonly<Record<string, readonly [sign: string, kind: string]>> = {
  ok: ['✓', 'good'],
  FAULT: ['✗', 'bad'],
  WARNING: ['!', 'warn'],
  see: ['→', 'quiet'],
  'not judged': ['–', 'quiet'],
};

/** Each class of fault with what is known of it. */
export function triagePart(report: Report): Part[] {
  if (report.triage.length === 0) return [];
  const items = report.triage.map((row) => {
    const word = triageWord(report, row);
    const [sign, kind] = SIGNS[word] ?? ['', 'quiet'];
    return markup`<li><span class="word ${kind}"><span aria-hidden="true">${sign}</span> ${word}</span><strong>${row.class}</strong><span class="because">${triageReason(row)}</span></li>`;
  });
  return [{ id: 'triage', title: 'Triage', body: markup`<ul class="triage">${items}</ul>` }];
}
