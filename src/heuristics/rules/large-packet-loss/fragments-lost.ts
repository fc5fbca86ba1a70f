import type { Conversation, Evidence, FragmentedDatagram } from '../../../flows/evidence/evidence.ts';
import {
  explainUnansweredFragments,
  FRAGMENTS,
  fragmentCommands,
  fragmentFixes,
  hiddenByFilter,
  REASSEMBLY_SECONDS,
} from '../../causes/lost-fragments.ts';
import { hadTimeLeft } from '../../facts/counter/capture-end.ts';
import { fragmentIsLost } from '../../facts/counter/fragments.ts';
import { GATES } from '../../facts/gates.ts';
import { ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { breakPointOf } from '../../facts/place.ts';
import { countDnsAnswers } from '../../facts/sizes/dns-fragments.ts';
import { holdsOnlyRests, looksFiltered } from '../../facts/sizes/filtered-fragments.ts';
import { type FragmentedRequests, unansweredInFragments } from '../../facts/sizes/fragmented-requests.ts';
import { lastWholeAt } from '../../facts/sizes/whole-fragments.ts';
import { type Answers, gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type Names, type Occurrence } from '../../rule/rule.ts';
import { appendTo } from '../../words/append-to.ts';
import { watches } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { familyOf, fragments, fromAddress, toAddress } from '../../words/display-filter.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';
import { groupBy } from '../../words/group-by.ts';

const thresholds = {
  datagrams: { value: 3, unit: 'datagrams', source: 'docs/thresholds.md, three-cases' },
  guardSeconds: { value: 0.5, unit: 's', source: 'docs/thresholds.md, fragment-guard' },
  replySeconds: { value: 1, unit: 's', source: 'docs/thresholds.md, reply-time' },
  samePart: { value: 0.75, unit: 'share', source: 'docs/thresholds.md, same-part' },
  senders: { value: 3, unit: 'hosts', source: 'docs/thresholds.md, few-senders' },
  /** Most octets before the inner packet in a fragment: UDP, VXLAN or Geneve without options, Ethernet, VLAN. */
  tunnelOctets: { value: 34, unit: 'octets', source: 'docs/thresholds.md, largest-tunnel-header' },
} as const;

interface FragmentsLost extends Occurrence {
  /** Requests sent whole that are answered, while fragmented requests leave complete and get no answer; else 0. */
  wholeAnswered: number;
  source: string;
  /** Number of senders other than `source`. */
  others: number;
  destination: string;
  incomplete: number;
  complete: number;
  missing: 'first' | 'rest';
  /** Incomplete datagrams that are answers of a DNS server. */
  dnsAnswers: number;
  /** The point before, at which all fragments were seen; null where there is none. */
  wholeAt: number | null;
  /** A capture filter on one port seems to hide later fragments. */
  filtered: boolean;
}

/** Some fragments of a datagram arrive without the rest. */
export const fragmentsLost = defineRule<FragmentsLost>({
  meta: {
    id: 'fragments-lost',
    faultClass: 'large-packet-loss',
    level: 'error',
    recordedIn: 'test/pcaps/fragments-lost',
    place: 'last-seen',
    explains: ['tunnel-blocked'],
    explainsSymptomsOf: ['lost-between-points', 'silent-path'],
    summary: 'Fragments of a datagram arrive without the rest',
    meaning:
      'A datagram that was cut in pieces is only whole when every piece arrives. Clouds and firewalls drop later fragments, which have no ports.',
    rule: 'Three or more datagrams from one host to another of which some fragments are seen and others not, 0.5 s before the capture ends, and no more complete ones than half; three quarters of them lack the same part, the first fragment or later ones. Or three or more requests that leave in fragments, none answered, to a service that answers those sent whole.',
    notThis: [
      'The capture began or ended in the middle of a datagram.',
      'A capture filter on a port hides later fragments: where only one port and no ARP is seen and every datagram lacks them, a note is given.',
      'The receiver acknowledged the segment whose fragments are missing, or the capture misses more than a tenth of the TCP octets: then it misses fragments too.',
      'The requests whose fragments are missing are all answered, or another device of the host got the other fragments (a LAG). A capture of later fragments and nothing else gives a note.',
      'Overlapping fragments of an attack or a test.',
      'The service answers neither: that is no-reply.',
      'Loss by chance: first and later fragments are missing alike.',
    ],
    causes: ['A firewall or cloud network drops fragments', 'One of two paths loses packets'],
    confirm: [{ on: '<receiver>', command: 'nstat -az IpReasmFails IpReasmTimeout', expect: 'both rise' }],
    fix: ['Send smaller datagrams (EDNS size 1232, application setting)', 'Let fragments pass'],
    references: ['RFC 791, 3.2', 'RFC 8900'],
  },
  thresholds: { ...thresholds, ...GATES, oneWayShare: ONE_WAY_SHARE },

  *detect(evidence) {
    const groups = new Map<string, FragmentedDatagram[]>();
    for (const datagram of evidence.fragments) {
      appendTo(groups, `${datagram.point} ${datagram.source} ${datagram.destination}`, datagram);
    }
    const failing = [...groups.values()].filter((datagrams) => {
      const incomplete = datagrams.filter((datagram) => isIncomplete(evidence, datagram));
      return (
        incomplete.length >= thresholds.datagrams.value &&
        incomplete.length > datagrams.length - incomplete.length &&
        lackSamePart(incomplete)
      );
    });
    for (const datagrams of joined(failing)) {
      const incomplete = datagrams.filter((datagram) => isIncomplete(evidence, datagram));
      const occurrence = occurrenceOf(evidence, incomplete, datagrams.filter(({ complete }) => complete).length);
      yield occurrence.filtered ? { ...occurrence, level: 'note' } : occurrence;
    }
    const told = new Set(failing.map(([{ source, destination }]) => `${source} ${destination}`));
    for (const pair of unansweredInFragments(evidence, thresholds.replySeconds.value)) {
      if (pair.requests.length < thresholds.datagrams.value || told.has(`${pair.source} ${pair.destination}`)) continue;
      yield unansweredOccurrence(pair);
    }
  },

  explain(found, names) {
    const { source, others, destination, incomplete, complete, missing, wholeAnswered, dnsAnswers } = found;
    if (wholeAnswered > 0) return explainUnansweredFragments(source, destination, incomplete, wholeAnswered, names);
    const senders = `${names.address(source)}${others === 0 ? '' : ` and ${counted(others, 'other sender')}`}`;
    return {
      message: `${counted(incomplete, 'fragmented datagram')} from ${senders} to ${names.address(destination)} ${incomplete === 1 ? 'is' : 'are'} incomplete: ${missing === 'rest' ? 'the first fragment arrives, later ones do not' : 'later fragments arrive, the first does not'}`,
      why: `The receiver waits ${REASSEMBLY_SECONDS[familyOf(destination)]} s for the missing pieces and then throws the rest away. ${complete === 0 ? 'No datagram was' : `${counted(complete, 'datagram')} ${complete === 1 ? 'was' : 'were'}`} complete.${dnsAnswers === 0 ? '' : ` ${counted(dnsAnswers, 'DNS answer')} among the incomplete: these names do not resolve, until the resolver takes TCP or asks for smaller answers.`}`,
      causes: [
        ...(found.filtered ? [hiddenByFilter(names.point(found.packets[0].point), found.missing)] : []),
        {
          id: 'fragments-filtered',
          cause: 'a firewall or cloud network drops fragments',
          for: [
            missing === 'rest'
              ? 'later fragments carry no ports, so port rules do not match them'
              : 'the first fragment carries the ports: a rule on ports drops it and lets the others pass',
            ...(found.wholeAt === null ? [] : [`all fragments pass ${names.point(found.wholeAt)}`]),
          ],
          against: found.filtered
            ? [
                `the capture would not hold the ${found.missing === 'rest' ? 'later fragments' : 'first fragments'} either way`,
              ]
            : [],
          fix: fragmentFixes(source, destination, whereText(found, names), dnsAnswers > 0, names),
        },
        {
          id: 'random-loss',
          cause: 'random loss',
          for: [],
          against: [`${counted(incomplete, 'datagram lacks', 'datagrams lack')} the same part`],
        },
      ],
      confirm: [
        ...fragmentCommands(source, destination, names),
        ...(others > 0
          ? []
          : [
              watches(names.machine(source), `dst host ${destination} and ${FRAGMENTS[familyOf(source)]}`, {
                expect: 'all fragments leave; capture at the machines in between to see where they end',
              }),
            ]),
      ],
      fix: [],
      wireshark: `${others === 0 ? `${fromAddress(source)} && ` : ''}${toAddress(destination)} && ${fragments(familyOf(destination))}`,
    };
  },
});

const whereText = ({ wholeAt, packets: [first] }: FragmentsLost, names: Names): string =>
  wholeAt === null
    ? `before ${names.point(first.point)}`
    : `between ${names.point(wholeAt)} and ${names.point(first.point)}`;

/**
 * A device that drops fragments drops the same part of each datagram. Random loss hits first and later fragments alike.
 */
function lackSamePart(incomplete: readonly FragmentedDatagram[]): boolean {
  const withFirst = incomplete.filter(({ hasFirst }) => hasFirst).length;
  return Math.max(withFirst, incomplete.length - withFirst) >= incomplete.length * thresholds.samePart.value;
}

/** Many senders that fail to one receiver are one fault, at the receiver. */
function joined(failing: readonly FragmentedDatagram[][]): FragmentedDatagram[][] {
  const byReceiver = groupBy(failing, ([{ point, destination }]) => `${point} ${destination}`);
  return [...byReceiver.values()].flatMap((list) => (list.length > thresholds.senders.value ? [list.flat()] : list));
}

function isIncomplete(evidence: Evidence, datagram: FragmentedDatagram): boolean {
  const { complete, point, first } = datagram;
  const answers: Answers = {
    'time-left': hadTimeLeft(evidence, point, first.time, thresholds.guardSeconds.value),
    'not-acknowledged': fragmentIsLost(evidence, datagram),
  };
  return !complete && gradeOf(answers) !== null;
}

function occurrenceOf(evidence: Evidence, datagrams: readonly FragmentedDatagram[], complete: number): FragmentsLost {
  const [{ point, source, destination }] = datagrams;
  const sources = new Set(datagrams.map((datagram) => datagram.source));
  const conversations = datagrams[0].outer
    ? carriedIn(evidence, datagrams)
    : between(evidence, point, sources, destination);
  const dnsAnswers = countDnsAnswers(evidence, point, datagrams);
  const wholeAt = lastWholeAt(evidence, datagrams, conversations);
  return {
    wholeAnswered: 0,
    dnsAnswers,
    wholeAt,
    filtered: wholeAt === null && (looksFiltered(evidence, point) || holdsOnlyRests(evidence, point)),
    key: sources.size === 1 ? `${source}>${destination}` : `>${destination}`,
    grade: gradeOf({ 'whole-at-an-earlier-point': whereSeen(wholeAt !== null) }),
    subject: { protocol: 'ip', client: sources.size === 1 ? source : `${sources.size} senders`, server: destination },
    conversations: conversations.map((conversation) => conversation.index),
    between: wholeAt === null ? null : [wholeAt, point],
    place: `before ${evidence.points[point].name}`,
    ...excerpt(
      packetsAt(
        point,
        datagrams.map((datagram) => datagram.first),
        (_, at) => seenText(datagrams[at]),
      ),
    ),
    reach: datagrams.length,
    measured: { incomplete: datagrams.length, complete, ...(dnsAnswers > 0 && { dnsAnswers }) },
    source,
    others: sources.size - 1,
    destination,
    incomplete: datagrams.length,
    complete,
    missing: datagrams.filter((datagram) => datagram.hasFirst).length * 2 >= datagrams.length ? 'rest' : 'first',
  };
}

const seenText = ({ seenOctets, totalOctets }: FragmentedDatagram): string =>
  totalOctets === null
    ? `${seenOctets} octets; the last fragment is missing`
    : `${seenOctets} of ${totalOctets} octets`;

function between(evidence: Evidence, point: number, sources: ReadonlySet<string>, destination: string): Conversation[] {
  return evidence.conversations.filter((conversation) =>
    conversation.legs.some(
      (leg) =>
        leg.point === point &&
        ((sources.has(leg.client.address) && leg.server.address === destination) ||
          (leg.client.address === destination && sources.has(leg.server.address))),
    ),
  );
}

/**
 * Conversations inside the tunnel between the two nodes. Their packets are as large as those in the first fragments.
 */
function carriedIn(evidence: Evidence, datagrams: readonly FragmentedDatagram[]): Conversation[] {
  const [{ point, destination }] = datagrams;
  const sources = new Set(datagrams.map(({ source }) => source));
  const tunnels = new Set(
    evidence.tunnels
      .filter((flow) => flow.point === point && sources.has(flow.source) && flow.destination === destination)
      .map(({ index }) => index),
  );
  const least = Math.min(...datagrams.map(({ seenOctets }) => seenOctets)) - thresholds.tunnelOctets.value;
  return evidence.conversations.filter(({ legs }) =>
    legs.some((leg) => {
      if (leg.kind === 'tcp')
        return evidence.connections[leg.index].directions.some(
          (direction) => direction.largestL3 >= least && direction.tunnels.some((tunnel) => tunnels.has(tunnel)),
        );
      if (leg.kind !== 'datagram') return false;
      const { largestL3, tunnels: carriers } = evidence.datagrams[leg.index];
      return Math.max(...largestL3) >= least && carriers.some((tunnel) => tunnels.has(tunnel));
    }),
  );
}

function unansweredOccurrence({
  point,
  source,
  destination,
  requests,
  conversations,
  wholeAnswered,
}: FragmentedRequests): FragmentsLost {
  return {
    key: `${source}>${destination}`,
    grade: 'inferred',
    subject: { protocol: 'ip', client: source, server: destination },
    conversations: conversations.map((conversation) => conversation.index),
    between: breakPointOf(conversations)?.between ?? null,
    ...excerpt(packetsAt(point, requests, 'first fragment of a request without answer', '>')),
    reach: requests.length,
    measured: { incomplete: requests.length, wholeAnswered },
    source,
    others: 0,
    destination,
    incomplete: requests.length,
    complete: 0,
    missing: 'rest',
    wholeAnswered,
    dnsAnswers: 0,
    wholeAt: null,
    filtered: false,
  };
}
