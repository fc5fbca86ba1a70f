/** What a report tells of an analysis that was stopped early. */
import type { Evidence } from '../../flows/evidence/evidence.ts';
import type { Judgement } from '../../heuristics/judge/judgement.ts';
import { counted } from '../../text/counted.ts';
import type { ReportPartial } from '../model/report.ts';

/** How an analysis was cut short. */
export interface CutShort {
  because: string;
  /** Names of the captures of which nothing was read. */
  unread: readonly string[];
  /** Captures that should have been compared were not, or not with all packets. */
  isSkipped: boolean;
}

/** Captures that are told one by one; the rest is counted. */
const TOLD_EACH = 8;

export function partialOf({ captures }: Evidence, { because, unread, isSkipped }: CutShort): ReportPartial {
  const inPart = captures.filter(({ isPartial }) => isPartial).length;
  return { because, whole: captures.length - inPart, inPart, unread: unread.length, compared: !isSkipped };
}

export function unreadOf({ captures }: Evidence, { because, unread, isSkipped }: CutShort): string[] {
  const inPart = captures.filter(({ isPartial }) => isPartial);
  const told = [
    ...inPart.map(({ path, packets }) => `${path} was read in part, up to packet ${packets}: stopped by ${because}`),
    ...unread.map((path) => `${path} was not read: stopped by ${because}`),
  ];
  const more = told.length - TOLD_EACH;
  return [
    ...told.slice(0, TOLD_EACH),
    ...(more > 0 ? [`${counted(more, 'more capture')} not read, or in part`] : []),
    ...(isSkipped ? [`packets of several captures were not compared, or not all of them: stopped by ${because}`] : []),
  ];
}

export const leftOutOf = ({ leftOut = [] }: Judgement, { because }: CutShort): string[] =>
  leftOut.length === 0 ? [] : [`${counted(leftOut.length, 'rule was', 'rules were')} not asked: stopped by ${because}`];
