import { type Connection, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { shellQuote } from '../../../text/shell-quote.ts';
import { machineOfClient } from '../../facts/subject.ts';
import { aboutConnections } from '../../facts/tcp/about-endings.ts';
import { ENDINGS_THRESHOLDS, endingsByServer } from '../../facts/tcp/endings.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { runs } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { withAddress } from '../../words/display-filter.ts';
import { endpointParts } from '../../words/endpoint-parts.ts';
import { packetsAt } from '../../words/excerpt.ts';

const thresholds = {
  segments: { value: 20, unit: 'segments', source: 'docs/thresholds.md, tiny-segments' },
  octets: { value: 8, unit: 'octets', source: 'docs/thresholds.md, tiny-segments' },
  requests: { value: 2, unit: 'requests', source: 'docs/thresholds.md, two-show-a-habit' },
} as const;

/** Every receiver takes this much in one segment, octets (RFC 9293, 3.7.1). */
const DEFAULT_MSS = 536;

interface Tiny extends Occurrence {
  server: string;
  /** The only client, or one of several. */
  sender: string;
  clients: number;
  segments: number;
  octets: number;
  requests: number;
}

/** Requests are written octet by octet, with Nagle’s algorithm switched off. */
export const tinySegments = defineRule<Tiny>({
  meta: {
    id: 'tiny-segments',
    faultClass: 'application',
    level: 'warning',
    recordedIn: null,
    place: 'mechanism',
    acquitsNetwork: true,
    summary: 'Requests are sent in very many tiny segments',
    meaning:
      'The program writes its request in pieces of a few octets, and each leaves in a packet of its own because Nagle’s algorithm is off (TCP_NODELAY). Both ends and all between them handle dozens of packets for one request.',
    rule: 'Twenty segments or more for each answered request of a connection, of eight octets or fewer on average: two requests to one server or more. One alone is a note.',
    notThis: [
      'A person who types: each key is echoed, so there is an answer to each segment.',
      'Streams of small messages that nobody answers.',
      'Heartbeats, and lines that a person types: pauses lie between the segments, not only between the requests.',
      'Many small requests, each with its answer.',
      'Segments that wait for late acknowledgements (delayed-ack-nagle), or are sent again.',
      'One request alone: a note.',
    ],
    causes: ['Writes without a buffer (a stream that is flushed for each octet)', 'TCP_NODELAY with many small writes'],
    confirm: [{ on: '<client>', command: 'strace -e trace=write,sendto -p <pid>', expect: 'writes of a few octets' }],
    fix: ['Write the request through a buffer, or in one call', 'Leave Nagle’s algorithm on where writes are small'],
    references: ['RFC 9293, 3.7.4: Nagle', 'RFC 1122, 4.2.3.4: silly window syndrome of the sender'],
  },
  thresholds: {
    ...thresholds,
    ...ENDINGS_THRESHOLDS,
  },

  *detect(evidence) {
    for (const { server, connections } of endingsByServer(evidence).values()) {
      const tiny = connections.filter(({ leg }) => isTiny(leg));
      if (tiny.length === 0) continue;
      const sum = (of: (leg: Connection) => number): number => tiny.reduce((total, { leg }) => total + of(leg), 0);
      const requests = sum(({ turns }) => turns);
      const segments = sum(({ directions }) => directions[TO_SERVER].dataSegments);
      const octets = sum(({ directions }) => directions[TO_SERVER].payloadOctets);
      yield {
        ...aboutConnections(evidence, server, tiny, ({ point, first, last }) => [
          ...packetsAt(point, [first], 'first packet of the connection', '>'),
          ...packetsAt(point, [last], 'last packet'),
        ]),
        ...(requests < thresholds.requests.value && { level: 'note' as const, pending: 'seen-once' as const }),
        grade: gradeOf({ 'answered-only-at-the-end': 'passed', 'nothing-sent-again': 'passed' }),
        measured: { segments, octets, requests },
        server,
        sender: tiny[0].leg.client.address,
        clients: new Set(tiny.map(({ leg }) => leg.client.address)).size,
        segments,
        octets,
        requests,
      };
    }
  },

  explain({ server, subject, sender, clients, segments, octets, requests }, names) {
    const { address, port } = endpointParts(server);
    const sends = clients === 1 ? `${names.address(sender)} sends` : `${clients} clients send`;
    // The rest of each request may begin one more.
    const enough = requests + Math.floor(octets / DEFAULT_MSS);
    return {
      message: `${sends} ${counted(requests, 'request')} to ${server} in ${segments} segments of ${(octets / segments).toFixed(1)} octets on average`,
      why: `${octets} octets would fit into ${enough === 1 ? 'one segment' : `${enough} segments`}. The server answers when the request is complete; none of the segments is sent again or waits for an acknowledgement.`,
      causes: [
        {
          id: 'unbuffered-writes',
          cause: 'the program writes without a buffer, and Nagle’s algorithm is off',
          telling: [`${(segments / requests).toFixed(0)} segments for each answer`],
          for: [],
          against: [],
        },
      ],
      confirm: [
        runs(machineOfClient(subject, names), `ss -tni ${shellQuote(`dst ${address}`)}`, {
          expect: 'data_segs_out far above what the octets need',
        }),
      ],
      fix: ['Write each request in one call, through a buffer.'],
      wireshark: `${withAddress(address)} && tcp.port==${port} && tcp.len>0 && tcp.len<=${thresholds.octets.value}`,
    };
  },
});

/** Where segments wait for late acknowledgements, or are lost, the time has another reason. */
function isTiny({ turns, directions, stalls, idleGaps }: Connection): boolean {
  const { dataSegments, payloadOctets, resentSegments } = directions[TO_SERVER];
  const pauses = idleGaps.filter(
    ({ direction, octets, keepAlive }) => direction === TO_SERVER && octets > 0 && !keepAlive,
  );
  return (
    turns > 0 &&
    // One before each request, and one before a request that is not answered yet.
    pauses.length <= turns + 1 &&
    stalls[TO_SERVER] === 0 &&
    resentSegments === 0 &&
    dataSegments >= thresholds.segments.value * turns &&
    payloadOctets <= thresholds.octets.value * dataSegments
  );
}
