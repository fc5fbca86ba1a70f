import type { Connection, Direction } from '../../../flows/evidence/evidence.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { GATES, gatesOf } from '../../facts/gates.ts';
import { ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { subjectOf } from '../../facts/subject.ts';
import { lateOf } from '../../facts/tcp/background-loss.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { counters } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { oneWay } from '../../words/display-filter.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';

const thresholds = {
  events: { value: 5, unit: 'segments', source: 'docs/thresholds.md, reordering-events' },
  episodeSeconds: { value: 0.002, unit: 's', source: 'docs/thresholds.md, reordering-events' },
  share: { value: 0.005, unit: 'share', source: 'docs/thresholds.md, reordering-share' },
} as const;

interface Reordered extends Occurrence {
  sender: string;
  receiver: string;
  late: number;
  segments: number;
  spurious: number;
}

/** Packets overtake each other, and all of them arrive. */
export const reordering = defineRule<Reordered>({
  meta: {
    id: 'reordering',
    faultClass: 'tcp',
    level: 'warning',
    recordedIn: 'lab/perf-reordering',
    place: 'mechanism',
    explains: ['server-slow'],
    summary: 'Packets arrive out of order, none is lost',
    meaning: 'TCP takes a late packet for a lost one, sends it again and slows down for nothing.',
    rule: 'Five or more segments, and 0.5 % of all, come after later ones without having been sent again, at five times or more that lie 2 ms apart; or the receiver tells by D-SACK that it got them again while nothing is lost. With several points the place is where matched packets changed their order.',
    notThis: [
      'Retransmissions after loss come late too: they have a new IP ID or timestamp.',
      'Copies and any-captures.',
      'The capture misses a tenth of the data: what came late is as little known as what was lost.',
      'Fewer than five.',
      'One burst: the flow was moved to another CPU or queue.',
      'Acknowledgements that overtake each other between two points: no data comes late.',
      'Data that the receiver had is sent again by timeout: the acknowledgement was lost or late.',
    ],
    causes: [
      'Packets of one flow take parallel paths (ECMP by packet, bonding in round-robin)',
      'Multi-queue NIC or software switch without flow affinity',
    ],
    confirm: [
      {
        on: '<receiver>',
        command: 'nstat -az TcpExtTCPSACKReorder TcpExtTCPDSACKRecv',
        expect: 'both rise during the transfer',
      },
    ],
    fix: ['Balance by flow, not by packet'],
    references: ['RFC 4737', 'RFC 5236'],
  },
  thresholds: { ...thresholds, ...GATES, oneWayShare: ONE_WAY_SHARE },

  *detect(evidence) {
    const index = indexOf(evidence);
    for (const conversation of index.tcp) {
      for (const direction of [0, 1] as const) {
        const legs = index.connections(conversation);
        const leg = legs.reduce((most, other) =>
          lateOf(other.directions[direction]) > lateOf(most.directions[direction]) ? other : most,
        );
        const stats = leg.directions[direction];
        const byHops = Math.max(
          0,
          ...conversation.hops.filter((hop) => hop.direction === direction).map((hop) => hop.reordered),
        );
        const lost = Math.max(
          0,
          ...conversation.hops
            .filter((hop) => hop.direction === direction && hop.unknown === null)
            .map((hop) => hop.lostData),
        );
        const unseen = conversation.hops.length === 0 ? stats.resentSegments - spuriousOf(leg, direction) : 0;
        const isOften = episodesOf(leg, direction) >= thresholds.events.value;
        const late = Math.max(isOften ? lateOf(stats) : 0, spuriousOf(leg, direction));
        if (late < thresholds.events.value || late < stats.dataSegments * thresholds.share.value) continue;
        if (Math.max(lost, unseen) >= late || !gatesOf(evidence).loss(leg.point).ok) continue;
        const [sender, receiver] =
          direction === 0 ? [leg.client.address, leg.server.address] : [leg.server.address, leg.client.address];
        const hop = conversation.hops.find(
          (candidate) => candidate.direction === direction && candidate.reordered === byHops && byHops > 0,
        );
        yield {
          key: `${sender}>${receiver}`,
          grade: gradeOf({ 'order-differs-between-points': whereSeen(hop !== undefined) }),
          subject: subjectOf([conversation]).subject,
          conversations: [conversation.index],
          between: hop === undefined ? null : [hop.from, hop.to],
          place: `on the path of ${sender} to ${receiver}, seen from ${evidence.points[leg.point].name}`,
          ...excerpt(lateEvents(leg, direction)),
          reach: late,
          measured: { late, segments: stats.dataSegments, spurious: stats.spuriousRetransmissions },
          sender,
          receiver,
          late,
          segments: stats.dataSegments,
          spurious: stats.spuriousRetransmissions,
        };
      }
    }
  },

  explain({ sender, receiver, late, segments, spurious }, names) {
    return {
      message: `${late} of ${counted(segments, 'segment')} from ${names.address(sender)} to ${names.address(receiver)} ${late === 1 ? 'comes' : 'come'} late, behind later ones; all arrive`,
      why: `A late packet makes the receiver send duplicate ACKs, and after three the sender repeats what was never lost${spurious > 0 ? ` (${counted(spurious, 'time')} here)` : ''}.`,
      causes: [
        {
          id: 'parallel-paths',
          cause: 'packets of one flow take parallel paths',
          for: ['the late packets are originals, not repetitions'],
          against: [],
        },
        { id: 'no-flow-affinity', cause: 'a software switch or NIC without flow affinity', for: [], against: [] },
      ],
      confirm: [
        counters(names.machine(receiver), ['TcpExtTCPSACKReorder', 'TcpExtTCPOFOQueue'], 4, {
          expect: 'both rise during the transfer',
          shows: { rises: 'TcpExtTCPOFOQueue' },
        }),
      ],
      fix: [
        `Balance by flow, not by packet, on bonds and equal-cost routes between ${names.address(sender)} and ${names.address(receiver)} (bond mode other than balance-rr; flow hash of the router).`,
      ],
      wireshark: `tcp.analysis.out_of_order && ${oneWay(sender, receiver)}`,
    };
  },
});

/**
 * Retransmissions that duplicate ACKs asked for and that the receiver then reported as needless (RFC 2883). From the
 * sender's side, these are originals that arrived late. Needless retransmissions by timeout are not counted: they
 * indicate lost or late acknowledgements.
 */
function spuriousOf({ directions }: Connection, direction: Direction): number {
  const { fastRetransmissions, retransmissions, timeoutRetransmissions } = directions[direction];
  if (fastRetransmissions === 0) return 0;
  return Math.min(directions[1 - direction].duplicateSacks, retransmissions - timeoutRetransmissions);
}

/** Counts times at which late segments came; times a moment apart are one. Infinity if not all events were kept. */
function episodesOf(leg: Connection, direction: Direction): number {
  if (leg.eventsTotal > leg.events.length) return Number.POSITIVE_INFINITY;
  let episodes = 0;
  let last = Number.NEGATIVE_INFINITY;
  for (const { kind, time, direction: of } of leg.events) {
    if (kind !== 'outOfOrder' || of !== direction) continue;
    if (time - last >= thresholds.episodeSeconds.value) episodes++;
    last = time;
  }
  return episodes;
}

const lateEvents = (leg: Connection, direction: Direction) =>
  leg.events
    .filter(
      (event) =>
        event.direction === direction && (event.kind === 'outOfOrder' || event.kind === 'spuriousRetransmission'),
    )
    .flatMap((event) =>
      packetsAt(
        leg.point,
        [event],
        event.kind === 'outOfOrder'
          ? `${event.seqStart}:${event.seqEnd} late, behind later octets`
          : `${event.seqStart}:${event.seqEnd} needlessly sent again`,
        direction === 0 ? '>' : '<',
      ),
    );
