import type { Direction, Evidence } from '../../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { duration } from '../../../text/duration.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { gatesOf } from '../../facts/gates.ts';
import { aboutConnections, endPacket } from '../../facts/tcp/about-endings.ts';
import { ENDINGS_THRESHOLDS, type Ending, endingsByServer, type ServerEndings } from '../../facts/tcp/endings.ts';
import { hasEnded } from '../../facts/tcp/fins-in-vain.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { sockets } from '../../words/commands.ts';
import { withAddress } from '../../words/display-filter.ts';
import { endpointParts } from '../../words/endpoint-parts.ts';

const thresholds = {
  connections: { value: 2, unit: 'connections', source: 'docs/thresholds.md, two-show-a-habit' },
  clientConnections: { value: 3, unit: 'connections', source: 'docs/thresholds.md, half-closed' },
  seconds: { value: 3, unit: 's', source: 'docs/thresholds.md, half-closed' },
  share: { value: 0.5, unit: 'share', source: 'docs/thresholds.md, majority' },
} as const;

interface HalfClosed extends Occurrence {
  server: string;
  /** The side that never ends. */
  side: 'server' | 'client';
  who: string;
  open: number;
  all: number;
  longest: number;
}

const SIDES = [TO_CLIENT, TO_SERVER] as const;

/** One side has ended and the other never does. */
export const halfClosed = defineRule<HalfClosed>({
  meta: {
    id: 'half-closed',
    faultClass: 'application',
    level: 'warning',
    recordedIn: null,
    place: 'mechanism',
    acquitsNetwork: true,
    summary: 'One side has ended connections and the other never does',
    meaning:
      'The FIN is acknowledged by the system of the other side, and its program never closes. Sockets pile up there in CLOSE-WAIT until file descriptors run out.',
    rule: 'A FIN is acknowledged, nothing is open, and the other side sends neither data nor FIN nor reset for three seconds or longer: two connections of a server and half of those that the client ended, or three of a client that opens further connections to the same server meanwhile. One connection of a server alone is a note.',
    notThis: [
      'A half-close: the other side sends data afterwards, or still owes an answer.',
      'Idle pools: the server ended it, and the client has no use for further connections.',
      'The end of the capture: less than three seconds are left.',
      'The FIN was lost: nobody acknowledged it. Or that of the other side was: its last number tells that it sent one.',
      'The other side ends a little later.',
    ],
    causes: [
      'The program never closes the socket (no close on the path of an error, a leaked response body)',
      'The program hangs',
    ],
    confirm: [{ on: '<pod>', command: 'ss -tn state close-wait', expect: 'sockets that only grow in number' }],
    fix: ['Close the connection when the read returns end of file'],
    references: ['RFC 9293, 3.6: CLOSE-WAIT', 'Linux net.ipv4.tcp_fin_timeout'],
  },
  thresholds: {
    ...thresholds,
    ...ENDINGS_THRESHOLDS,
  },

  *detect(evidence) {
    for (const { server, connections } of endingsByServer(evidence).values()) {
      const found = SIDES.flatMap((side) => neverEnded(evidence, { server, connections }, side));
      const habits = found.filter(({ level }) => level !== 'note');
      yield* habits.length > 0 ? habits : found;
    }
  },

  explain({ server, side, who, open, all, longest }, names) {
    const { address, port } = endpointParts(server);
    const other = side === 'server' ? 'client' : 'server';
    return {
      message: `${names.address(who)} never ends connections that the ${other} has ended: ${open} of ${all} to ${server} stay half closed`,
      why: `The system of ${names.address(who)} acknowledged the FIN, so it arrived. Its program sent nothing for up to ${duration(longest)} since then, and owes no answer.`,
      causes: [
        {
          id: 'socket-leak',
          cause: 'the program does not close the socket when the other side has ended',
          telling: [open === 1 ? 'one socket is left' : `${open} sockets are left, one after the other`],
          for: [],
          against: [],
        },
        { id: 'program-hangs', cause: 'the program hangs and reads nothing', for: [], against: [] },
      ],
      confirm: [
        sockets(
          names.machine(who),
          '-tnp state close-wait',
          side === 'server' ? 'sport' : 'dport',
          port,
          'these connections, and the process that holds them',
        ),
      ],
      fix: ['Close the connection when a read returns end of file; close response bodies on every path.'],
      wireshark: `${withAddress(address)} && tcp.port==${port} && tcp.flags.fin==1`,
    };
  },
});

/** The FIN was acknowledged, nothing is owed, and `side` is silent to the end of the capture. @param side that did not end */
function staysOpen(evidence: Evidence, { leg }: Ending, side: Direction): boolean {
  const { end, directions, resets } = leg;
  const [mine, peer] = [directions[side], directions[side === TO_SERVER ? TO_CLIENT : TO_SERVER]];
  if (end === null || end.byReset || end.openRequest || end.unread || end.crossed || end.ignored) return false;
  // What it owes may have been asked before the capture.
  if (leg.turns === 0 && !gatesOf(evidence).beginning(leg).ok) return false;
  if (hasEnded(leg, side) || resets.length > 0 || mine.ackHigh === null || mine.ackHigh !== peer.seqHigh) return false;
  return indexOf(evidence).endOf(leg.point) - end.time >= thresholds.seconds.value;
}

/** The client opened another connection to the server later, so it has work and does not use or close this one. */
const isFollowed = ({ leg }: Ending, connections: readonly Ending[]): boolean =>
  connections.some(
    (other) =>
      other.leg.client.address === leg.client.address &&
      other.leg.point === leg.point &&
      other.leg.first.time > leg.end!.time,
  );

function neverEnded(evidence: Evidence, { server, connections }: ServerEndings, side: Direction): HalfClosed[] {
  const ended = connections.filter(({ leg }) => leg.end !== null && leg.end.direction !== side);
  const silent = ended.filter((one) => staysOpen(evidence, one, side));
  // The latest connections of a client may still be used: only those count after which it opened another.
  const open = side === TO_CLIENT ? silent : silent.filter((one) => isFollowed(one, connections));
  const least = side === TO_CLIENT ? thresholds.connections.value : thresholds.clientConnections.value;
  if (open.length === 0 || open.length < thresholds.share.value * ended.length) return [];
  if (open.length < thresholds.share.value * silent.length) return [];
  const found = occurrenceOf(evidence, server, side, open, ended.length);
  if (open.length >= least) return [found];
  // A client keeps connections that it may still use.
  return side === TO_SERVER ? [] : [{ ...found, level: 'note', pending: 'seen-once' }];
}

function occurrenceOf(
  evidence: Evidence,
  server: string,
  side: Direction,
  open: readonly Ending[],
  all: number,
): HalfClosed {
  const longest = Math.max(...open.map(({ leg }) => indexOf(evidence).endOf(leg.point) - leg.end!.time));
  return {
    ...aboutConnections(evidence, server, open, (leg) =>
      endPacket(leg, 'FIN, acknowledged; the other side never ends'),
    ),
    grade: gradeOf({ 'fin-acknowledged': 'passed', 'nothing-owed': 'passed' }),
    measured: { halfClosed: open.length, ended: all, longestSeconds: longest },
    server,
    side: side === TO_CLIENT ? 'server' : 'client',
    who: side === TO_CLIENT ? open[0].leg.server.address : open[0].leg.client.address,
    open: open.length,
    all,
    longest,
  };
}
