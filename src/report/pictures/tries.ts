/** Attempts that wait for an answer, one lane each, on one axis of time. */
import { counted } from '../../text/counted.ts';
import { type Markup, markup } from '../../text/markup.ts';
import type { ReportLane } from '../model/pictures.ts';
import { pointName } from '../model/points.ts';
import type { Report } from '../model/report.ts';
import { type Plot, timeWords, xAxis } from './axes.ts';
import { label, type Picture, round } from './picture.ts';
import { linearScale, type Scale } from './scale.ts';

const WIDTH = 880;
const LEFT = 270;
const RIGHT = 760;
const LANE = 34;
const TOP = 22;

const TITLES = {
  dns: 'Lookups and their tries',
  tcp: 'Handshakes and their tries',
  arp: 'Address resolution and its tries',
} as const;

const TO_WHOM = { dns: 'of', tcp: 'to', arp: 'asked by' } as const;

export function drawTries(report: Report): Picture | null {
  const tries = report.pictures?.tries ?? null;
  if (tries === null) return null;
  const { lanes } = tries;
  const times = lanes.flatMap((lane) => [...lane.tries, ...lane.answers.map(({ seconds }) => seconds)]);
  const last = Math.max(1e-6, ...times);
  const bottom = TOP + lanes.length * LANE;
  const plot: Plot = { left: LEFT, top: TOP - 8, right: RIGHT, bottom };
  const x = linearScale([0, last], [LEFT + 8, RIGHT - 8], 6);
  const name = pointName(report, tries.point);
  const unanswered = lanes.filter(({ answers }) => answers.length === 0).length;
  const again = lanes.reduce((sum, lane) => sum + lane.tries.length - 1, 0);
  const left = tries.lanesLeftOut > 0 ? ` ${counted(tries.lanesLeftOut, 'more', 'more')} not drawn.` : '';
  return {
    title: TITLES[tries.kind],
    description: `${counted(lanes.length, 'attempt')} at ${name}, ${again} times tried again, ${unanswered} without any answer. ${lanes
      .slice(0, 12)
      .map((lane) => laneWords(lane, TO_WHOM[tries.kind]))
      .join(' ')}${left}`,
    caption: `As seen at ${name}; seconds since the first of them.${left}`,
    width: WIDTH,
    height: bottom + 40,
    body: markup`${xAxis(plot, x, timeWords(x), 'time')}${lanes.map((lane, at) => laneOf(lane, TO_WHOM[tries.kind], TOP + at * LANE + LANE / 2, x))}`,
    legend: [
      { mark: 'there', text: 'try' },
      ...(again > 0 ? [{ mark: 'again', text: 'tried again' }] : []),
      { mark: 'acked', text: 'answer' },
      ...(lanes.some(({ answers }) => answers.some(({ isGood }) => !isGood))
        ? [{ mark: 'late', text: 'answer that does not help' }]
        : []),
      ...(unanswered > 0 ? [{ mark: 'broken', text: 'nobody answers' }] : []),
    ],
  };
}

function laneOf({ what, of, tries, answers }: ReportLane, toWhom: string, y: number, x: Scale): Markup {
  const [first] = tries;
  const end = answers.at(-1);
  const wait = end === undefined ? RIGHT : Math.max(x(end.seconds), x(tries.at(-1) ?? first));
  const marks = tries.map((time, at) => {
    const at0 = round(x(time));
    return markup`<path class="${at === 0 ? 'there-head' : 'bad-fill'}" d="M${at0} ${y}l-4.5 -9h9z"/>`;
  });
  const heads = answers.map(({ seconds, isGood }) => {
    const at = round(x(seconds));
    return isGood
      ? markup`<circle class="good-fill" cx="${at}" cy="${y + 6}" r="4.5"/>`
      : markup`<rect class="warn-fill" x="${round(at - 4.5)}" y="${y + 2}" width="9" height="9"/>`;
  });
  const word = end?.word ?? 'no answer';
  const kind = end === undefined ? 'bad-text' : end.isGood ? 'good-text' : 'warn-text';
  return markup`${label(what, 0, y - 2, { width: LEFT - 16 })}${label(`${toWhom} ${of}`, 0, y + 12, { width: LEFT - 16, size: 11.5, kind: 'small faint' })}<path class="${end === undefined ? 'broken' : 'rule'}" d="M${round(x(first))} ${y}H${round(wait)}"/>${marks}${heads}${label(word, RIGHT + 10, y + 4, { width: WIDTH - RIGHT - 12, size: 11.5, kind: `small ${kind}` })}`;
}

function laneWords({ what, of, tries, answers }: ReportLane, toWhom: string): string {
  const end = answers.at(-1);
  const answer = end === undefined ? 'no answer' : `${end.word} after ${(end.seconds - tries[0]).toFixed(3)} s`;
  return `${what} ${toWhom} ${of}: ${counted(tries.length, 'try', 'tries')}, ${answer}.`;
}
