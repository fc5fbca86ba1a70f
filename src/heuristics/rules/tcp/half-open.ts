import type { Evidence } from '../../../flows/evidence/evidence.ts';
import { duration } from '../../../text/duration.ts';
import { shellQuote } from '../../../text/shell-quote.ts';
import { subjectOf } from '../../facts/subject.ts';
import { FORGOTTEN_THRESHOLDS, type Forgotten, forgottenConnections } from '../../facts/tcp/forgotten.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { podWith, runs } from '../../words/commands.ts';
import { withAddress } from '../../words/display-filter.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';

interface HalfOpen extends Occurrence {
  speaker: string;
  peer: string;
  idle: number;
  answered: number;
  midStream: boolean;
}

/** A reset immediately answers data of a running connection: the peer has forgotten the connection. */
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
    rule: 'Data of one side of an established connection is answered within 1 s by a reset without ACK whose sequence number is what the data acknowledged (RFC 9293: the answer of a closed port), and the peer had neither closed nor reset before; the data was not sent several times before. Where the connection began before the capture, two of them at one peer.',
    notThis: [
      'The peer was itself repeating data of the connection, and the next repetition was not due yet: it knows it, and gave up.',
      'A peer that closed (FIN) and then resets late data: normal.',
      'Repetitions before the reset point to lost state in between: idle-timeout.',
      'A reset with another TTL than the peer: reset-injected.',
      'An abort by the application carries the ACK flag.',
      'One connection of which nothing else was captured: a scanner sends such data, too.',
    ],
    causes: [
      'The server crashed or its pod was replaced under the same address',
      'A failover to another machine',
      'ECMP or a load balancer sends the packets to another machine than before',
    ],
    confirm: [
      { on: 'a machine with kubectl', command: 'kubectl get pod -A -o wide', expect: 'the pod restarted at that time' },
    ],
    fix: ['Let clients reconnect on reset; close connections before a pod ends'],
    references: ['RFC 9293, 3.5.1 and 3.10.7.1'],
  },
  thresholds: FORGOTTEN_THRESHOLDS,

  *detect(evidence) {
    for (const end of forgottenConnections(evidence)) yield occurrenceOf(evidence, end);
  },

  explain({ speaker, peer, idle, answered, midStream }, names) {
    return {
      message:
        idle > 0
          ? `${names.address(peer)} has forgotten the connection of ${names.address(speaker)}: data is answered by a reset at once, after ${idle.toFixed(1)} s of silence`
          : `${names.address(peer)} does not know the running connection of ${names.address(speaker)}: data is answered by a reset without ACK at once`,
      why: midStream
        ? 'This is the answer of a machine that has no such connection. The data is from the middle of one: it acknowledges what was sent before the capture or elsewhere.'
        : 'This is the answer of a machine that has no such connection. It was established and nobody had closed it.',
      causes: [
        {
          id: 'peer-restarted',
          cause: 'the server process crashed, or the pod was replaced under the same address',
          for: [`the reset comes ${duration(answered)} after the data, without ACK`],
          against: [],
        },
        {
          id: 'state-lost',
          cause: 'a NAT or load balancer lost the state and another machine got the packet',
          telling: idle > 0 ? [`the connection had been idle for ${idle.toFixed(1)} s`] : [],
          for: [],
          against: ['the data was not ignored first'],
        },
        ...(idle > 0
          ? []
          : [
              {
                id: 'reset-on-the-way',
                cause: 'a firewall or another device on the way resets the connection in the name of the peer',
                for: ['the connection was in use'],
                against: [],
              },
            ]),
      ],
      confirm: [
        podWith(peer, `the pod: started ${idle > 0 ? 'during the silence' : 'right before'}, or restarted then`),
        runs(names.machine(peer), `ss -tn state established ${shellQuote(`dst ${speaker}`)}`, {
          expect: `no connection with ${speaker} that is older than the reset`,
        }),
      ],
      fix: [
        `Let ${names.address(speaker)} open a new connection on reset. Let ${names.address(peer)} close its connections before it ends (preStop, graceful shutdown).`,
      ],
      wireshark: `${withAddress(peer)} && tcp.flags.reset==1`,
    };
  },
});

function occurrenceOf(
  evidence: Evidence,
  { leg, speaker, reset, data, idle, conversation, midStream }: Forgotten,
): HalfOpen {
  const [from, to] = speaker === 0 ? [leg.client, leg.server] : [leg.server, leg.client];
  const [there, back] = speaker === 0 ? (['>', '<'] as const) : (['<', '>'] as const);
  return {
    key: `${from.address}>${to.address}`,
    // A device on the way may reset an active connection in the same way.
    grade: gradeOf({ 'reset-of-a-closed-port': 'passed', 'idle-before': whereSeen(idle !== null) }),
    subject: subjectOf([evidence.conversations[conversation]]).subject,
    conversations: [conversation],
    place: `on ${to.address}`,
    ...excerpt([
      ...packetsAt(
        leg.point,
        [data],
        idle === null ? 'data of a running connection' : `data after ${idle.seconds.toFixed(1)} s of silence`,
        there,
      ),
      ...packetsAt(leg.point, [reset], 'RST without ACK: no such connection', back),
    ]),
    reach: 1,
    measured: { idleSeconds: idle?.seconds ?? 0, resetAfterSeconds: reset.time - data.time },
    speaker: from.address,
    peer: to.address,
    idle: idle?.seconds ?? 0,
    answered: reset.time - data.time,
    midStream,
  };
}
