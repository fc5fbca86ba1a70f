import { type Endpoint, type Evidence, TO_CLIENT, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { GATES } from '../../facts/gates.ts';
import { ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { subjectOf } from '../../facts/subject.ts';
import { OVERDUE_THRESHOLDS, type OverdueRepair, overdueRepairs } from '../../facts/tcp/overdue-repairs.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { appendTo } from '../../words/append-to.ts';
import { sockets } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { oneWay } from '../../words/display-filter.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';

interface Overdue extends Occurrence {
  sender: string;
  receiver: string;
  port: number;
  isServer: boolean;
  asked: number;
  seconds: number;
  repaired: boolean;
  /** The connections that lack the repair have ended, so none will come. */
  ended: boolean;
  /** Octets were missing at this point before the receiver could miss them: the path before it loses some. */
  holes: number;
}

/** A sender goes on with newer data, and leaves octets unrepaired that the receiver asks for. */
export const retransmissionOverdue = defineRule<Overdue>({
  meta: {
    id: 'retransmission-overdue',
    faultClass: 'tcp',
    level: 'warning',
    recordedIn: 'corpus/seabhull+SharkFestTraces/SF20_Trace3.pcapng',
    place: 'mechanism',
    explains: ['packet-loss', 'server-slow'],
    summary: 'Lost data is not sent again for seconds, although the receiver asks for it',
    meaning:
      'A segment is lost, and its receiver says so with each segment that follows. The sender sends newer data instead, and the transfer stands still until it repairs the hole.',
    rule: 'Three duplicate ACKs or more for octets that were sent at this point, the last of them at least three retransmission timeouts (1 s or more each) after that sending, and the octets are not sent again before it. An error where they are never sent again.',
    notThis: [
      'Sent again in time, and lost again: packet-loss.',
      'No newer data passes when the repair is overdue: the sender or the path may be gone (peer-vanished).',
      'Fewer than three duplicate ACKs ask for the octets.',
      'Another point, nearer to the sender, shows that they were sent again: lost on the way.',
      'Duplicate ACKs that answer SYNs of a reused port, or probes: as few segments with data were sent.',
      'The capture missed packets at this point: what is sent again may be among them.',
      'Round trips of seconds: the timeout of the sender is as long.',
    ],
    causes: [
      'The TCP of the sender, or of a proxy that speaks for it, stands still or has lost its timer',
      'A device between the sender and this point drops what is sent again',
    ],
    confirm: [
      { on: '<sender>', command: "ss -tnoi 'dst <receiver>'", expect: 'retrans and the timer of the connection' },
    ],
    fix: ['Find what keeps the sender from sending again; capture at the sender itself'],
    references: ['RFC 5681, 3.2', 'RFC 6298, 5'],
  },
  thresholds: { ...OVERDUE_THRESHOLDS, ...GATES, oneWayShare: ONE_WAY_SHARE },

  *detect(evidence) {
    const told = new Map<string, OverdueRepair[]>();
    for (const found of overdueRepairs(evidence)) {
      const [from, to] = endsOf(found);
      appendTo(told, `${from.address}>${to.address}`, found);
    }
    for (const [key, all] of told) yield occurrenceOf(evidence, key, all);
  },

  explain({ sender, receiver, port, isServer, asked, seconds, repaired, ended, holes }, names) {
    const [from, to] = [names.address(sender), names.address(receiver)];
    return {
      message: `${from} leaves lost data to ${to} unrepaired for ${seconds.toFixed(1)} s: ${counted(asked, 'duplicate ACK asks', 'duplicate ACKs ask')} for it${repaired ? '' : ended ? ', and it is never sent again' : ', and it is not sent again before the capture ends'}`,
      why: `Each duplicate ACK answers newer data of ${from} that arrived. So both and the path were working when the retransmission was overdue, and it did not pass here.`,
      causes: [
        {
          id: 'sender-stalls',
          cause: `the TCP of ${from}, or of a proxy that speaks for it, does not send again in time`,
          telling: holes === 0 ? ['no octets were missing here before: what it sends gets to this point'] : [],
          for: ['newer data passes while the repair is overdue'],
          against: [],
          fix: [
            `Find what holds ${from} back: a machine that is paused or short of CPU, a kernel bypass or proxy with a TCP of its own.`,
          ],
        },
        {
          id: 'repair-dropped',
          cause: `a device between ${from} and this point drops what is sent again (a firewall that takes it for out of window)`,
          for: [
            'newer data passes while the repair is overdue',
            ...(holes > 0 ? [`${counted(holes, 'hole')} in its data ${holes === 1 ? 'was' : 'were'} seen here`] : []),
          ],
          against: [],
          fix: [`Capture at ${from} itself: if the retransmission is there, find what drops it before this point.`],
        },
      ],
      confirm: [
        sockets(
          names.machine(sender),
          '-tnoi',
          isServer ? 'sport' : 'dport',
          port,
          `the connection with ${receiver}: retrans counts up, or its timer is long`,
        ),
      ],
      fix: [],
      wireshark: `(${oneWay(sender, receiver)}) || tcp.analysis.duplicate_ack`,
    };
  },
});

/** The sender of the missing octets, and who asks for them. */
const endsOf = ({ leg: { client, server }, direction }: OverdueRepair): [Endpoint, Endpoint] =>
  direction === TO_SERVER ? [client, server] : [server, client];

function occurrenceOf(evidence: Evidence, key: string, all: readonly OverdueRepair[]): Overdue {
  const worst = all.reduce((a, b) => (b.seconds > a.seconds ? b : a));
  const { leg, direction, sent, asked, repaired, seconds } = worst;
  const [from, to] = endsOf(worst);
  const [there, back] = direction === TO_SERVER ? (['>', '<'] as const) : (['<', '>'] as const);
  const conversations = [...new Set(all.map(({ conversation }) => conversation))];
  const isRepaired = all.every((one) => one.repaired !== null);
  return {
    key,
    ...(!isRepaired && { level: 'error' as const }),
    grade: 'inferred',
    subject: subjectOf(conversations).subject,
    conversations: conversations.map(({ index }) => index),
    place: `on ${from.address}, or before ${evidence.points[leg.point].name}`,
    ...excerpt([
      ...packetsAt(leg.point, [sent], 'lost after this point', there),
      ...packetsAt(leg.point, asked, 'asked for again', back),
      ...packetsAt(leg.point, repaired === null ? [] : [repaired], `sent again after ${seconds.toFixed(1)} s`, there),
    ]),
    reach: all.length,
    measured: { seconds, duplicateAcks: asked.length, repaired: isRepaired },
    sender: from.address,
    receiver: to.address,
    port: leg.server.port,
    isServer: direction === TO_CLIENT,
    asked: asked.length,
    seconds,
    repaired: isRepaired,
    ended: all.every((one) => one.repaired !== null || one.leg.end !== null),
    holes: leg.directions[direction].holesTotal,
  };
}
