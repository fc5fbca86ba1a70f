import type { Evidence } from '../../../flows/evidence/evidence.ts';
import { subjectOf } from '../../facts/subject.ts';
import { type SuddenEnd, suddenEnds, usualTtls } from '../../facts/tcp/sudden-end.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';

const thresholds = {
  answerSeconds: { value: 1, unit: 's', source: 'docs/thresholds.md, reset-answer' },
} as const;

interface HalfOpen extends Occurrence {
  speaker: string;
  peer: string;
  idle: number;
  answered: number;
}

/** Data of a running connection is answered by a reset at once: the peer has forgotten the connection. */
export const halfOpen = defineRule<HalfOpen>({
  meta: {
    id: 'half-open',
    faultClass: 'tcp',
    level: 'error',
    recordedIn: 'lab/perf-half-open',
    place: 'mechanism',
    explains: ['packet-loss', 'server-slow', 'peer-vanished'],
    summary: 'Data of a running connection is answered by a reset: the peer has forgotten it',
    meaning:
      'The other side was restarted or replaced and knows nothing of the connection. The client still thought it open.',
    rule: 'After a pause in an established connection, data of one side is answered within 1 s by a reset without ACK whose sequence number is what the data acknowledged (RFC 9293: the answer of a closed port), and the peer had neither closed nor reset before; the data was not sent several times before.',
    notThis: [
      'A peer that closed (FIN) and then resets late data: normal.',
      'Repetitions before the reset point to lost state in between: idle-timeout.',
      'A reset with another TTL than the peer: reset-injected.',
      'An abort by the application carries the ACK flag.',
    ],
    causes: ['The server crashed or its pod was replaced under the same address', 'A failover to another machine'],
    confirm: [
      { on: 'a machine with kubectl', command: 'kubectl get pod -A -o wide', expect: 'the pod restarted at that time' },
    ],
    fix: ['Let clients reconnect on reset; close connections before a pod ends'],
    references: ['RFC 9293, 3.5.1 and 3.10.7.1'],
  },
  thresholds,

  *detect(evidence) {
    for (const end of suddenEnds(evidence)) if (isForgotten(end)) yield occurrenceOf(evidence, end);
  },

  explain({ speaker, peer, idle, answered }, names) {
    return {
      message: `${names.address(peer)} has forgotten the connection of ${names.address(speaker)}: data is answered by a reset at once${idle > 0 ? `, after ${idle.toFixed(1)} s of silence` : ''}`,
      why: 'This is the answer of a machine that has no such connection. It was established and nobody had closed it.',
      causes: [
        {
          id: 'peer-restarted',
          cause: 'the server process crashed, or the pod was replaced under the same address',
          for: [`the reset comes ${(answered * 1000).toFixed(1)} ms after the data, without ACK`],
          against: [],
        },
        {
          id: 'state-lost',
          cause: 'a NAT or load balancer lost the state and another machine got the packet',
          telling: idle > 0 ? [`the connection had been idle for ${idle.toFixed(1)} s`] : [],
          for: [],
          against: ['the data was not ignored first'],
        },
      ],
      confirm: [
        {
          on: 'a machine with kubectl',
          command: 'kubectl get pod -A -o wide --sort-by=.status.startTime',
          expect: `a pod with the address ${peer} that started during the silence`,
        },
      ],
      fix: [
        'Let the client open a new connection on reset. Let the server close its connections before it ends (preStop, graceful shutdown).',
      ],
      wireshark: `ip.addr==${peer} && tcp.flags.reset==1`,
    };
  },
});

function isForgotten(end: SuddenEnd): boolean {
  const { leg, reset, sendings, firstTime, idle, speaker } = end;
  if (reset === null || sendings > 1 || reset.hasAck || idle === null) return false;
  if (leg.directions[speaker].fins > 0 || reset.time - firstTime > thresholds.answerSeconds.value) return false;
  return leg.directions[1 - speaker].ttls.length === 0 || usualTtls(end).includes(reset.ttl);
}

function occurrenceOf(
  evidence: Evidence,
  { leg, speaker, reset, firstPacket, firstTime, idle, conversation }: SuddenEnd,
): HalfOpen {
  const [from, to] = speaker === 0 ? [leg.client, leg.server] : [leg.server, leg.client];
  const [there, back] = speaker === 0 ? (['>', '<'] as const) : (['<', '>'] as const);
  return {
    key: `${from.address}>${to.address}`,
    grade: gradeOf({ 'reset-of-a-closed-port': 'passed' }),
    subject: subjectOf([evidence.conversations[conversation]]).subject,
    conversations: [conversation],
    place: `on ${to.address}`,
    ...excerpt([
      ...packetsAt(
        leg.point,
        [{ packet: firstPacket, time: firstTime }],
        `data after ${(idle?.seconds ?? 0).toFixed(1)} s of silence`,
        there,
      ),
      ...packetsAt(leg.point, [reset!], 'RST without ACK: no such connection', back),
    ]),
    reach: 1,
    measured: { idleSeconds: idle?.seconds ?? 0, resetAfterSeconds: reset!.time - firstTime },
    speaker: from.address,
    peer: to.address,
    idle: idle?.seconds ?? 0,
    answered: reset!.time - firstTime,
  };
}
