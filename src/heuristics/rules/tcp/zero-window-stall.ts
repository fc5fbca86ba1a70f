import type { Connection, Evidence, ZeroWindowSpan } from '../../../flows/evidence/evidence.ts';
import { shellQuote } from '../../../text/shell-quote.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { subjectOf } from '../../facts/subject.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { podWith, runs } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { fromAddress } from '../../words/display-filter.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';

const thresholds = {
  stallSeconds: { value: 0.5, unit: 's', source: 'docs/thresholds.md, window-stall' },
  errorSeconds: { value: 2, unit: 's', source: 'docs/thresholds.md, window-stall' },
} as const;

interface Stall extends Occurrence {
  receiver: string;
  sender: string;
  seconds: number;
  spans: number;
  probes: number;
  reopened: boolean;
}

/** A receiver kept its receive window at zero. */
export const zeroWindowStall = defineRule<Stall>({
  meta: {
    id: 'zero-window-stall',
    faultClass: 'tcp',
    level: 'warning',
    recordedIn: 'lab/perf-zero-window',
    place: 'mechanism',
    explains: ['server-slow', 'packet-loss'],
    summary: 'A receiver keeps its window shut and the transfer stands still',
    meaning:
      'The receiving application does not read its socket. The network is idle and fine: window probes are answered.',
    rule: 'Zero windows of one receiver that last 0.5 s or more in one connection, added up; an error when one lasts 2 s or never opens again.',
    notThis: [
      'A reset or SYN carries window 0 without meaning it.',
      'Short pauses of a reader below 0.5 s.',
      'Nobody wants to send: the other side has neither data nor probes.',
    ],
    causes: [
      'The application is busy, blocked or paused (garbage collection, CPU limit)',
      'The receive buffer is too small',
    ],
    confirm: [{ on: '<receiving pod>', command: 'ss -tmi', expect: 'a full receive queue (Recv-Q)' }],
    fix: ['Let the application read faster, give it CPU, or raise its receive buffer'],
    references: ['RFC 9293, 3.8.6.1'],
  },
  thresholds,

  *detect(evidence) {
    const index = indexOf(evidence);
    for (const conversation of index.tcp) {
      for (const direction of [0, 1] as const) {
        const legs = index.connections(conversation);
        const leg = legs.reduce((most, other) =>
          shutSeconds(other, direction) > shutSeconds(most, direction) ? other : most,
        );
        const seconds = shutSeconds(leg, direction);
        if (seconds >= thresholds.stallSeconds.value && hasSender(leg, direction))
          yield occurrenceOf(evidence, leg, direction, seconds, conversation.index);
      }
    }
  },

  explain({ receiver, sender, seconds, spans, probes, reopened }, names) {
    return {
      message: `${names.address(receiver)} keeps its receive window shut for ${seconds.toFixed(1)} s: ${names.address(sender)} may not send`,
      why: `A sender may not send into a shut window.${probes > 0 ? ` The ${probes} window probes show that the path works.` : ''} The application on ${receiver} does not read.`,
      causes: [
        {
          id: 'application-does-not-read',
          cause: `the application on ${receiver} is busy, blocked or throttled`,
          for: [
            `${counted(spans, 'zero-window period')}, ${seconds.toFixed(1)} s in all`,
            ...(reopened ? ['the window opens again later'] : ['it never opens again']),
          ],
          against: [],
        },
        { id: 'buffer-too-small', cause: 'its receive buffer is too small', for: [], against: [] },
      ],
      confirm: [
        runs(names.machine(receiver), `ss -tmi ${shellQuote(`dst ${sender}`)}`, {
          expect: 'Recv-Q is full on this connection',
          shows: { has: 'ESTAB +[1-9]\\d{3,}' },
        }),
        podWith(receiver, 'the pod; kubectl top pod with its name shows whether its CPU is at the limit'),
        runs(names.machine(receiver), 'cat /sys/fs/cgroup/cpu.stat', {
          expect: 'nr_throttled rises, if the CPU limit is the reason',
        }),
      ],
      fix: [
        `Look at the application on ${receiver}: why it does not read its socket (CPU limit, blocked thread, garbage collection).`,
      ],
      wireshark: `tcp.window_size==0 && ${fromAddress(receiver)} && tcp.flags.reset==0`,
    };
  },
});

/** The zero window delays a sender: the other side sent data or probes in this connection. */
const hasSender = ({ directions, zeroWindowSpans }: Connection, direction: number): boolean =>
  directions[1 - direction].dataSegments > 0 || zeroWindowSpans.some(({ probes }) => probes > 0);

const secondsOf = (span: ZeroWindowSpan): number => (span.end?.time ?? span.lastTime) - span.start.time;
const shutSeconds = ({ zeroWindowSpans }: Connection, direction: number): number =>
  zeroWindowSpans.filter((span) => span.direction === direction).reduce((sum, span) => sum + secondsOf(span), 0);

function occurrenceOf(
  evidence: Evidence,
  leg: Connection,
  direction: 0 | 1,
  seconds: number,
  conversation: number,
): Stall {
  const spans = leg.zeroWindowSpans.filter((span) => span.direction === direction);
  const longest = Math.max(...spans.map(secondsOf));
  const [receiver, sender] =
    direction === 0 ? [leg.client.address, leg.server.address] : [leg.server.address, leg.client.address];
  const arrow = direction === 0 ? '>' : '<';
  const reopened = spans.every((span) => span.end !== null);
  return {
    key: `${receiver} from ${sender}`,
    level: longest >= thresholds.errorSeconds.value ? 'error' : 'warning',
    grade: gradeOf({ 'receiver-announces-it': 'passed' }),
    subject: subjectOf([evidence.conversations[conversation]]).subject,
    conversations: [conversation],
    place: `in the application on ${receiver}`,
    ...excerpt(
      spans.flatMap((span) => [
        ...packetsAt(leg.point, [span.start], 'window shut', arrow),
        ...(span.end === null
          ? []
          : packetsAt(leg.point, [span.end], `open again after ${secondsOf(span).toFixed(3)} s`, arrow)),
      ]),
    ),
    reach: spans.length,
    measured: { seconds, longestSeconds: longest, spans: spans.length, reopened },
    receiver,
    sender,
    seconds,
    spans: spans.length,
    probes: spans.reduce((sum, span) => sum + span.probes, 0),
    reopened,
  };
}
