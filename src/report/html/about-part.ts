/** What was not seen, and what the report rests on: captures, clocks, translations. */
import { counted, grouped } from '../../text/counted.ts';
import { duration } from '../../text/duration.ts';
import { markup } from '../../text/markup.ts';
import type { Report } from '../model/report.ts';
import { leftOut, listOf, type Part, tableOf } from './part.ts';

const MOST_UNSEEN = 60;

export function unseenPart(report: Report): Part[] {
  const unseen = [...report.unseen, ...(report.pictures?.notes ?? []).map((note) => `no picture shows ${note}`)];
  const gated = report.rules.filter(({ status }) => status === 'gated');
  if (unseen.length + gated.length === 0) return [];
  const body = markup`${listOf(unseen.slice(0, MOST_UNSEEN))}${leftOut(unseen.length - MOST_UNSEEN + (report.leftOut?.unseen ?? 0))}${
    gated.length === 0
      ? ''
      : markup`<details><summary>${counted(gated.length, 'rule')} without an answer</summary>${listOf(gated.map(({ ruleId, because }) => markup`<code>${ruleId}</code>: ${because ?? ''}`))}</details>`
  }`;
  return [{ id: 'unseen', title: 'What was not seen', body }];
}

export function aboutPart(report: Report): Part[] {
  const captures = tableOf({
    caption: 'Captures',
    head: ['point', 'packets', 'first packet (UTC)', 'file'],
    numbers: [1],
    rows: report.captures.map((capture) => [
      report.points
        .filter((point) => point.capture === capture.id)
        .map(({ name }) => name)
        .join(', ') || capture.id,
      grouped(capture.packets),
      capture.firstTime?.slice(0, 26).replace('T', ' ') ?? 'none',
      capture.path,
    ]),
  });
  const clocks = tableOf({
    caption: 'Clocks',
    head: ['host', 'against', 'is'],
    rows: report.clocks.map(({ host, reference, offsetSeconds, errorSeconds, because }) => [
      host,
      reference,
      offsetSeconds === null
        ? (because ?? 'not known')
        : `${duration(Math.abs(offsetSeconds))}${errorSeconds === null ? '' : ` ± ${duration(errorSeconds)}`} ${offsetSeconds < 0 ? 'behind' : 'ahead'}`,
    ]),
  });
  const nat = tableOf({
    caption: 'Address translation',
    head: ['before', 'after', 'kind', 'conversations'],
    numbers: [3],
    rows: report.nat.map(({ before, after, kind, conversations }) => [before, after, kind, grouped(conversations)]),
  });
  return [{ id: 'captures', title: 'Captures and clocks', body: markup`${captures}${clocks}${nat}` }];
}
