import {
  type Connection,
  type Evidence,
  type IcmpError,
  type PacketRef,
  type Probe,
  TO_CLIENT,
} from '../../../flows/evidence/evidence.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { inOrder } from '../../facts/packet-order.ts';
import { subjectOf } from '../../facts/subject.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { firewallRules, watches } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { familyOf, hopLimit, timeExceeded, withAddress } from '../../words/display-filter.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';
import { groupBy } from '../../words/group-by.ts';

const thresholds = {
  smallTtl: { value: 5, unit: 'hops', source: 'docs/thresholds.md, small-ttl' },
  sends: { value: 2, unit: 'packets', source: 'docs/thresholds.md, two-show-a-habit' },
  expired: { value: 2, unit: 'count', source: 'docs/thresholds.md, two-show-a-habit' },
  usualTtl: { value: 32, unit: 'hops', source: 'docs/thresholds.md, small-ttl' },
} as const;
const TCP = 6;
const UDP = 17;
const BGP_PORT = 179;
/** UDP ports of traceroute: 33434 and up (traceroute(8)). Traceroute may probe only the first hops. */
const TRACEROUTE_PORTS = { first: 33_434, last: 33_534 };

interface TtlTooSmallOccurrence extends Occurrence {
  /** True for SYN-ACKs of a server, from `port`; false for requests, to `port`. */
  answers: boolean;
  source: string;
  destination: string;
  protocol: number;
  port: number;
  ttl: number;
  sends: number;
  expired: number;
  routers: string[];
  /** Packets with an ordinary TTL between the same two machines were answered. */
  worksOtherwise: boolean;
}

/** Packets expire on the way because their sender gave them a small TTL. They do not belong to a traceroute. */
export const ttlTooSmall = defineRule<TtlTooSmallOccurrence>({
  meta: {
    id: 'ttl-too-small',
    faultClass: 'network-unreachable',
    level: 'error',
    recordedIn: 'test/pcaps/ebgp-ttl-1',
    place: 'mechanism',
    explains: ['routing-loop'],
    explainsSymptomsOf: ['lost-between-points', 'silent-path'],
    summary: 'Packets expire on the way: their sender gives them too small a TTL',
    meaning:
      'The program limits how far its packets go, as eBGP does by default (1 hop). The peer is further away, so a router throws them away and says so.',
    rule: 'Two SYNs or datagrams or more of one machine to one port, all with the same TTL of 5 or less and none answered, and a router says twice or more that one expired. SYN-ACKs of a server that nobody acknowledges likewise.',
    notThis: [
      'Traceroute and mtr: their TTLs rise, and datagrams to ports 33434 to 33534 are theirs.',
      'An echo request with a small TTL is sent by a person who means it.',
      'The peer answers: it is near enough.',
      'A single time exceeded.',
      'The TTL is ordinary where the packets pass: they circle, routing-loop.',
    ],
    causes: [
      'eBGP without multihop to a peer that is no neighbour',
      'A program that sets IP_TTL',
      'A TTL rule of a firewall',
    ],
    confirm: [{ on: '<sender>', command: 'tcpdump -nvi any host <peer>', expect: 'ttl 1' }],
    fix: ['Set the TTL of the session (ebgp-multihop), or peer with the neighbour itself'],
    references: ['RFC 791, 3.2', 'RFC 4271', 'RFC 5082'],
  },
  thresholds,

  *detect(evidence) {
    const found = new Map<string, TtlTooSmallOccurrence>();
    const groups = groupBy(
      evidence.probes.filter(isOfProgram),
      ({ point, protocol, source, destination }) => `${point} ${protocol} ${source.address} ${destination.address}`,
    );
    for (const probes of groups.values()) {
      const ttls = new Set(probes.map(({ ttl }) => ttl));
      if (ttls.size > 1 || probes[0].ttl > thresholds.smallTtl.value) continue;
      for (const sends of groupBy(probes, ({ destination }) => `${destination.port}`).values()) {
        const occurrence = occurrenceOf(evidence, sends);
        if (occurrence === null) continue;
        const known = found.get(occurrence.key);
        if (known === undefined || known.expired < occurrence.expired) found.set(occurrence.key, occurrence);
      }
    }
    for (const legs of groupBy(evidence.connections.filter(isOfferInVain), offersKey).values()) {
      const occurrence = answersOccurrence(evidence, legs);
      if (occurrence === null) continue;
      const known = found.get(occurrence.key);
      if (known === undefined || known.expired < occurrence.expired) found.set(occurrence.key, occurrence);
    }
    yield* found.values();
  },

  explain({ answers, source, destination, protocol, port, ttl, sends, expired, routers, worksOtherwise }, names) {
    const isBgp = protocol === TCP && port === BGP_PORT;
    const at = routers.map((router) => names.address(router)).join(', ');
    return {
      message: answers
        ? `${names.address(source)} port ${port} answers ${names.address(destination)} with a TTL of ${ttl}: its SYN-ACKs expire at ${at}`
        : `${names.address(source)} sends to ${names.address(destination)} port ${port} with a TTL of ${ttl}: its packets expire at ${at}`,
      why: `${counted(sends, answers ? 'SYN-ACK' : 'packet')} left with the same TTL, none was ${answers ? 'acknowledged' : 'answered'}, and ${counted(expired, 'time')} a router said that one expired.${worksOtherwise ? ' Other packets between the two, with an ordinary TTL, are answered: the path is sound.' : ''}`,
      causes: [
        {
          id: 'ebgp-without-multihop',
          cause: 'an eBGP session without multihop: it sends with TTL 1, and the peer is no neighbour',
          telling: isBgp ? [`port ${BGP_PORT} is BGP, and the TTL is ${ttl}`] : [],
          for: [],
          against: isBgp ? [] : [`port ${port} is not BGP`],
        },
        {
          id: 'small-ttl-set',
          cause: 'the program sets a small TTL, or a rule rewrites it',
          for: [`TTL ${ttl} in each of ${counted(sends, 'packet')}`],
          against: [],
        },
      ],
      confirm: [
        watches(
          names.machine(source),
          `dst host ${destination} and ${answers ? 'src ' : ''}port ${port}`,
          {
            expect: `ttl ${ttl} in the packets that leave`,
            shows: { has: `(ttl|hlim) ${ttl}\\b` },
          },
          { how: ' -v' },
        ),
        firewallRules(names.machine(source), familyOf(source), '[^a-z]ttl|hl-set', {
          expect: 'no rule that sets a TTL, if the program does it',
        }),
      ],
      fix: [
        isBgp
          ? `Set ebgp-multihop on ${names.address(source)} to the distance of ${destination} (in Calico: BGPPeer, ttlSecurity), or peer with the neighbour.`
          : `Raise the TTL that the program on ${names.address(source)} sets.`,
      ],
      wireshark: `${withAddress(destination)} && (${timeExceeded(familyOf(destination))} || ${hopLimit(familyOf(destination), `<=${ttl}`)})`,
    };
  },
});

const isOfProgram = ({ protocol, destination: { port } }: Probe): boolean =>
  protocol === TCP || (protocol === UDP && (port < TRACEROUTE_PORTS.first || port > TRACEROUTE_PORTS.last));

/** Occurrence for the packets of one machine to one port of another, as seen at one point. */
function occurrenceOf(evidence: Evidence, sends: readonly Probe[]): TtlTooSmallOccurrence | null {
  const [{ point, protocol, source, destination, ttl }] = sends;
  if (sends.length < thresholds.sends.value) return null;
  const errors = evidence.icmpErrors.filter((error) => isExpiryOf(error, sends[0]));
  if (errors.length < thresholds.expired.value || isAnswered(evidence, sends)) return null;
  const index = indexOf(evidence);
  const conversations = [
    ...new Set(
      sends.flatMap(({ flow }) => {
        const conversation = index.conversationOfFlow(point, flow);
        return conversation === undefined ? [] : [conversation];
      }),
    ),
  ];
  const packets = [
    ...packetsAt(point, sends, `to port ${destination.port}, TTL ${ttl}`, '>'),
    ...errors.flatMap((error) => packetsAt(point, [error], `expired, says ${error.from}`, '<')),
  ];
  return {
    answers: false,
    key: `${source.address}>${destination.address}:${destination.port}`,
    grade: gradeOf({ 'error-quotes-the-packet': 'passed' }),
    subject:
      conversations.length > 0
        ? subjectOf(conversations).subject
        : { protocol: protocol === TCP ? 'tcp' : 'udp', client: source.address, server: destination.address },
    conversations: conversations.map((conversation) => conversation.index),
    ...excerpt(packets.sort(inOrder)),
    reach: sends.length,
    measured: { ttl, sends: sends.length, expired: errors.length },
    source: source.address,
    destination: destination.address,
    protocol,
    port: destination.port,
    ttl,
    sends: sends.length,
    expired: errors.length,
    routers: [...new Set(errors.map(({ from }) => from))],
    worksOtherwise: worksOtherwise(evidence, point, source.address, destination.address),
  };
}

const offersKey = ({ point, client, server }: Connection): string =>
  `${point} ${client.address} ${server.address} ${server.port}`;

/** SYN-ACKs that leave with one small TTL, and that nothing acknowledges. */
const isOfferInVain = ({ synAck, handshakeAck, directions: [there, back] }: Connection): boolean =>
  synAck.length > 0 &&
  handshakeAck === null &&
  there.ackHigh === null &&
  back.ttls.length === 1 &&
  back.ttls[0].value <= thresholds.smallTtl.value;

/** Occurrence for the SYN-ACKs of one server to one client, as seen at one point. */
function answersOccurrence(evidence: Evidence, legs: readonly Connection[]): TtlTooSmallOccurrence | null {
  const [{ point, client, server, directions }] = legs;
  const [{ value: ttl }] = directions[TO_CLIENT].ttls;
  const sends = legs.reduce((sum, { synAck }) => sum + synAck.length, 0);
  if (sends < thresholds.sends.value || legs.some((leg) => leg.directions[TO_CLIENT].ttls[0].value !== ttl))
    return null;
  const errors = evidence.icmpErrors.filter(
    (error) =>
      error.point === point &&
      isExpiry(error, TCP, server.address, client.address) &&
      error.quoted.source.port === server.port,
  );
  if (errors.length < thresholds.expired.value) return null;
  const conversations = legs.flatMap((leg) => indexOf(evidence).conversationOfFlow(point, leg.flow) ?? []);
  const packets = [
    ...packetsAt(
      point,
      legs.flatMap(({ synAck }): PacketRef[] => synAck),
      `SYN-ACK, TTL ${ttl}`,
      '<',
    ),
    ...errors.flatMap((error) => packetsAt(point, [error], `expired, says ${error.from}`, '>')),
  ];
  return {
    answers: true,
    key: `${server.address}:${server.port}>${client.address}`,
    grade: gradeOf({ 'error-quotes-the-packet': 'passed' }),
    subject: subjectOf(conversations).subject,
    conversations: conversations.map((conversation) => conversation.index),
    ...excerpt(packets.sort(inOrder)),
    reach: legs.length,
    measured: { ttl, sends, expired: errors.length },
    source: server.address,
    destination: client.address,
    protocol: TCP,
    port: server.port,
    ttl,
    sends,
    expired: errors.length,
    routers: [...new Set(errors.map(({ from }) => from))],
    worksOtherwise: worksOtherwise(evidence, point, client.address, server.address),
  };
}

/** Time exceeded in transit (RFC 792; RFC 4443, 3.3) that quotes a packet of `source` and comes from a router on its way. */
const isExpiry = (
  error: IcmpError,
  protocol: number,
  source: string,
  destination: string,
): error is IcmpError & { quoted: NonNullable<IcmpError['quoted']> } =>
  error.code === 0 &&
  error.type === (error.version === 4 ? 11 : 3) &&
  error.quoted !== null &&
  error.from !== destination &&
  error.quoted.protocol === protocol &&
  error.quoted.source.address === source &&
  error.quoted.destination.address === destination;

const isExpiryOf = (error: IcmpError, { point, protocol, source, destination }: Probe): boolean =>
  error.point === point &&
  isExpiry(error, protocol, source.address, destination.address) &&
  error.quoted.destination.port === destination.port;

function isAnswered(evidence: Evidence, sends: readonly Probe[]): boolean {
  const index = indexOf(evidence);
  return sends.some(({ point, flow }) => {
    const conversation = index.conversationOfFlow(point, flow);
    return (
      conversation !== undefined &&
      (index.connections(conversation).some(({ directions }) => directions[TO_CLIENT].packets > 0) ||
        index.datagrams(conversation).some(({ packets }) => packets[TO_CLIENT] > 0))
    );
  });
}

/** The same two machines exchange packets with ordinary TTLs and get answers. */
const worksOtherwise = ({ connections, echoes }: Evidence, point: number, client: string, server: string): boolean =>
  connections.some(
    ({ point: at, client: from, server: to, directions: [there, back] }) =>
      at === point &&
      from.address === client &&
      to.address === server &&
      back.packets > back.resets &&
      there.ttls.some(({ value }) => value >= thresholds.usualTtl.value),
  ) ||
  echoes.some(
    ({ point: at, source, destination, reply, ttl }) =>
      at === point && source === client && destination === server && reply !== null && ttl >= thresholds.usualTtl.value,
  );
