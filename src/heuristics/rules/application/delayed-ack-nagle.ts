import type { Connection } from '../../../flows/evidence/evidence.ts';
import { duration } from '../../../text/duration.ts';
import { aboutConnections } from '../../facts/tcp/about-endings.ts';
import { ENDINGS_THRESHOLDS, type Ending, endingsByServer } from '../../facts/tcp/endings.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { sockets } from '../../words/commands.ts';
import { withAddress } from '../../words/display-filter.ts';
import { endpointParts } from '../../words/endpoint-parts.ts';
import { packetsAt } from '../../words/excerpt.ts';

const thresholds = {
  stalls: { value: 5, unit: 'count', source: 'docs/thresholds.md, nagle-stalls' },
  share: { value: 0.2, unit: 'share', source: 'docs/thresholds.md, nagle-stalls' },
} as const;

interface Stalls extends Occurrence {
  server: string;
  sender: string;
  receiver: string;
  stalls: number;
  turns: number;
  mean: number;
}

/** Small writes wait for delayed acknowledgements. */
export const delayedAckNagle = defineRule<Stalls>({
  meta: {
    id: 'delayed-ack-nagle',
    faultClass: 'application',
    level: 'warning',
    recordedIn: null,
    place: 'mechanism',
    acquitsNetwork: true,
    summary: 'Small writes wait for acknowledgements that the other side delays',
    meaning:
      'The sender writes a message in several small pieces. Its system holds the second piece back until the first is acknowledged (Nagle), and the receiver delays that acknowledgement by 40 ms to 200 ms.',
    rule: 'Five times or more on the connections to one server, and in a fifth of their exchanges, a segment below the MSS leaves at once after an acknowledgement that came later than a round trip by the delay of acknowledgements, with nothing else under way.',
    notThis: [
      'A sender that takes its time: the segment does not follow the acknowledgement at once.',
      'An acknowledgement within a round trip.',
      'A few stalls among many exchanges.',
    ],
    causes: [
      'The program writes header and body separately, without TCP_NODELAY',
      'TCP_QUICKACK is off at the receiver, as is usual',
    ],
    confirm: [
      {
        on: '<sender>',
        command: 'strace -f -e trace=setsockopt,write,sendto -p <pid>',
        expect: 'two writes a message, no TCP_NODELAY',
      },
    ],
    fix: ['Write a message at once (writev, a buffer)', 'Set TCP_NODELAY'],
    references: ['RFC 9293, 3.7.4: Nagle', 'RFC 9293, 3.8.6.3: delayed acknowledgements', 'tcp(7), TCP_NODELAY'],
  },
  thresholds: {
    ...thresholds,
    ...ENDINGS_THRESHOLDS,
  },

  *detect(evidence) {
    for (const { server, connections } of endingsByServer(evidence).values()) {
      for (const direction of [0, 1] as const) {
        const stalled = connections.map(({ legs, conversation }) => ({
          leg: mostStalled(legs, direction),
          conversation,
        }));
        const held = stalled.filter(({ leg }) => leg.stalls[direction] > 0);
        const stalls = held.reduce((sum, { leg }) => sum + leg.stalls[direction], 0);
        const turns = held.reduce((sum, { leg }) => sum + Math.max(1, leg.turns), 0);
        if (stalls < thresholds.stalls.value || stalls < thresholds.share.value * turns) continue;
        const all = held.reduce((sum, { leg }) => sum + leg.stalls[0] + leg.stalls[1], 0);
        const seconds = held.reduce((sum, { leg }) => sum + leg.stallSeconds, 0);
        const [{ leg }] = held;
        yield {
          ...aboutConnections(evidence, server, held, ({ point, first, last }) => [
            ...packetsAt(point, [first], 'first packet of the connection', '>'),
            ...packetsAt(point, [last], 'last packet'),
          ]),
          key: `${server} ${direction === 0 ? 'client' : 'server'}`,
          grade: gradeOf({ 'leaves-with-the-acknowledgement': 'passed' }),
          measured: { stalls, turns, meanSeconds: seconds / all, by: direction === 0 ? 'client' : 'server' },
          server,
          sender: (direction === 0 ? leg.client : leg.server).address,
          receiver: (direction === 0 ? leg.server : leg.client).address,
          stalls,
          turns,
          mean: seconds / all,
        };
      }
    }
  },

  explain({ server, sender, receiver, stalls, turns, mean }, names) {
    const { address, port } = endpointParts(server);
    return {
      message: `Small writes of ${names.address(sender)} wait ${duration(mean)} for delayed acknowledgements of ${names.address(receiver)}: ${stalls} times in ${turns} exchanges`,
      why: `Nothing is lost, and the server is not slow. ${names.address(sender)} sends a small segment and has more to send; it sends it in the moment in which the acknowledgement comes, ${duration(mean)} later than a round trip.`,
      causes: [
        {
          id: 'nagle',
          cause: `the program on ${sender} writes a message in several pieces, without TCP_NODELAY`,
          telling: ['the next small segment leaves with the acknowledgement, each time'],
          for: [],
          against: [],
        },
      ],
      confirm: [
        sockets(
          names.machine(sender),
          '-tni',
          'either',
          port,
          'the connection; "nodelay" is not visible, the program’s setsockopt calls are (strace)',
        ),
      ],
      fix: ['Write each message with one call, or set TCP_NODELAY on the socket of the sender.'],
      wireshark: `${withAddress(address)} && tcp.port==${port}`,
    };
  },
});

const mostStalled = (legs: Ending['legs'], direction: 0 | 1): Connection =>
  legs.reduce((most, other) => (other.stalls[direction] > most.stalls[direction] ? other : most));
