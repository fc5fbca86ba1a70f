import type { AddressLease, DhcpClient, Evidence, PacketRef } from '../../../flows/evidence/evidence.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { GATES, gatesOf } from '../../facts/gates.ts';
import { ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { appendTo } from '../../words/append-to.ts';
import { watches } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { againAfter, excerpt, packetsAt } from '../../words/excerpt.ts';
import { sum } from '../../words/quality-note.ts';

const thresholds = {
  discovers: { value: 3, unit: 'packets', source: 'docs/thresholds.md, three-sendings' },
  guardSeconds: { value: 1, unit: 's', source: 'docs/thresholds.md, reply-time' },
  /** One OFFER may have come when the capture ended, or lose a race with the next DISCOVER. */
  offers: { value: 2, unit: 'packets', source: 'RFC 2131, 4.4.1: a client goes on with a REQUEST for an offer' },
} as const;

const DHCP = 'udp port 67 or udp port 68';

interface Unanswered extends Occurrence {
  mac: string;
  discovers: number;
  clients: number;
  /** OFFERs that were seen at this point, and that none of these clients took up. */
  offers: number;
  /** The point that shows OFFERs for the client, where this one shows none. */
  offeredAt: number | null;
  /** Other clients that got an address meanwhile. */
  othersServed: number;
  /** A server that gave an address to another client, or to one of these before. */
  server: string | null;
  /** Whether a server answers anybody in the capture. */
  isServerHeard: boolean;
  point: number;
}

/** Clients repeat DHCPDISCOVER and get no address. */
export const dhcpUnanswered = defineRule<Unanswered>({
  meta: {
    id: 'dhcp-unanswered',
    faultClass: 'network-unreachable',
    level: 'error',
    recordedIn: 'corpus/the-tcpdump-group+tcpdump/hist_28b293f3_tests__QinQpacket.pcap',
    place: 'last-seen',
    summary: 'DHCP clients ask for an address and get none',
    meaning: 'A pod (DHCP IPAM, macvlan) or node that gets no address by DHCP does not get into the network at all.',
    rule: 'Three DHCPDISCOVERs or more of one client without a DHCPREQUEST after them, the third at least 1 s before the capture ends; and no DHCPOFFER to it, or two or more that it does not take up. A warning where other machines are answered at that point, unless it is the device of the pod: the broadcast may be that of a neighbour.',
    notThis: [
      'The client goes on with a REQUEST, which it broadcasts: it got an OFFER that may have passed unseen.',
      'One or two DISCOVERs, or the last ones right before the end of the capture: the server may still answer.',
      'One OFFER right before the end: the client may still take it up.',
      'The options are cut off: the type of the message is not known.',
    ],
    causes: [
      'No DHCP server or relay hears the broadcast: none in this network, wrong VLAN, a switch port or hypervisor that drops the MAC addresses of macvlan',
      'The server has no address for the client: its pool is used up, the subnet is unknown to it, the MAC address is not allowed',
      'OFFERs do not reach the client',
    ],
    confirm: [
      {
        on: '<node>',
        command: `tcpdump -nn -c 20 -i <parent device> '${DHCP}'`,
        expect: 'the DISCOVERs leave, and no OFFER comes',
      },
    ],
    fix: ['Let a server or relay of this network hear the client, and give its pool enough addresses'],
    references: ['RFC 2131, 3.1 and 4.1', 'RFC 1542, 4.1'],
  },
  thresholds: { ...thresholds, ...GATES, oneWayShare: ONE_WAY_SHARE },

  *detect(evidence) {
    const byMac = new Map<string, DhcpClient[]>();
    for (const client of evidence.dhcpClients) appendTo(byMac, client.mac, client);
    const failing = new Map<string, Failing[]>();
    for (const sightings of byMac.values()) {
      const found = failingAt(evidence, sightings);
      if (found !== null) appendTo(failing, `${found.client.point} ${found.kind} ${found.offeredAt}`, found);
    }
    for (const alike of failing.values()) yield occurrenceOf(evidence, alike, byMac);
  },

  explain({ mac, discovers, clients, offers, offeredAt, othersServed, server, isServerHeard, point }, names) {
    const who = clients === 1 ? `${mac} asks` : `${clients} clients, ${mac} among them, ask`;
    const outcome =
      offeredAt !== null
        ? `the OFFERs that ${names.point(offeredAt)} shows do not get back to ${names.point(point)}`
        : offers > 0
          ? `${counted(offers, 'OFFER is', 'OFFERs are')} not taken up`
          : 'no server offers one';
    const isOffered = offeredAt !== null || offers > 0;
    return {
      message: `DHCP: ${who} ${counted(discovers, 'time')} for an address, and ${outcome}`,
      why: 'A client that gets an OFFER goes on with a REQUEST, as a broadcast. This one begins anew each time: it got none that it could use, and without an address it cannot send anything else.',
      causes: isOffered
        ? [
            {
              id: 'offers-dropped',
              cause: `the OFFERs do not reach ${mac}: a bridge, a device in passthru or a rule drops what is sent to it`,
              for: [
                offeredAt === null
                  ? 'each OFFER is followed by another DISCOVER'
                  : 'a point nearer to the server shows OFFERs',
              ],
              against: [],
              fix: [`Let UDP port 68 and broadcasts reach the device with ${mac}.`],
            },
            {
              id: 'offer-unusable',
              cause: `the client cannot use what is offered (an option that it needs is missing, another server is wanted)`,
              for: offeredAt === null ? ['each OFFER is followed by another DISCOVER'] : [],
              against: [],
              fix: [`Read the log of the DHCP client of ${mac}.`],
            },
          ]
        : [
            {
              id: 'no-server-hears',
              cause:
                'no DHCP server or relay hears the broadcast: none in this network, a wrong VLAN, a switch port or hypervisor that drops frames of this MAC address',
              for: isServerHeard ? [] : ['no DHCP server answers anybody in the capture'],
              against: othersServed > 0 ? [`${server} serves ${counted(othersServed, 'other client')} meanwhile`] : [],
              fix: [
                `Let the network of ${mac} have a DHCP server or relay, and its switch port take this MAC address (promiscuous mode, forged transmits, port security).`,
              ],
            },
            {
              id: 'server-declines',
              cause:
                'the server has no address for this client: its pool is used up, the subnet is unknown to it, the MAC address is not allowed',
              telling: othersServed > 0 ? [`${server} serves ${counted(othersServed, 'other client')} meanwhile`] : [],
              for: [],
              against: [],
              fix: ['Read the log of the DHCP server for this MAC address, and enlarge its pool.'],
            },
          ],
      confirm: [
        watches(names.host(point), DHCP, {
          expect: isOffered ? `OFFERs to ${mac}, and DISCOVERs again` : `DISCOVERs of ${mac}, and no OFFER`,
        }),
        ...(server === null
          ? []
          : [watches(names.machine(server), DHCP, { expect: `whether the DISCOVERs of ${mac} come here` })]),
      ],
      fix: [],
      wireshark: `dhcp && dhcp.hw.mac_addr == ${mac}`,
    };
  },
});

interface Failing {
  client: DhcpClient;
  discovers: readonly PacketRef[];
  offeredAt: number | null;
  kind: 'no-offer' | 'offered';
}

/** The sighting of a client that shows it fail; null where one of them shows it go on, or leaves it open. */
function failingAt(evidence: Evidence, sightings: readonly DhcpClient[]): Failing | null {
  if (sightings.some(({ discoversTotal, requests, acks }) => discoversTotal === 0 && requests + acks > 0)) return null;
  const client = sightings.reduce((a, b) => (b.discoversTotal > a.discoversTotal ? b : a));
  const latest = indexOf(evidence).endOf(client.point) - thresholds.guardSeconds.value;
  if (client.discovers.filter(({ time }) => time <= latest).length < thresholds.discovers.value) return null;
  const most = Math.max(...sightings.map(({ offers }) => offers));
  if (most > 0 && most < thresholds.offers.value) return null;
  // A capture that missed packets may have missed the OFFERs.
  if (!gatesOf(evidence).loss(client.point).ok) return null;
  const offered = sightings.find(({ offers }) => offers === most) as DhcpClient;
  return {
    client,
    discovers: client.discovers,
    offeredAt: most > 0 && client.offers === 0 ? offered.point : null,
    kind: most > 0 ? 'offered' : 'no-offer',
  };
}

/** Whether others are answered at a point that is not the client's own: it may be a neighbour whose broadcast is seen. */
const isAmongOthers = ({ points, connections, datagrams }: Evidence, at: number): boolean =>
  points[at].role !== 'pod-veth' &&
  (connections.some(({ point, directions: [to, back] }) => point === at && to.packets > 0 && back.packets > 0) ||
    datagrams.some(({ point, packets: [to, back] }) => point === at && to > 0 && back > 0));

/** Leases given at the point while these clients asked, from the first DISCOVER of any of them to the last. */
function leasedMeanwhile({ leases }: Evidence, alike: readonly Failing[]): AddressLease[] {
  const [{ client }] = alike;
  const times = alike.flatMap(({ discovers }) => discovers.map(({ time }) => time));
  const [from, to] = [Math.min(...times), Math.max(...times)];
  return leases.filter(({ point, time }) => point === client.point && time >= from && time <= to);
}

function occurrenceOf(
  evidence: Evidence,
  alike: readonly Failing[],
  byMac: ReadonlyMap<string, readonly DhcpClient[]>,
): Unanswered {
  const [{ client, discovers, offeredAt, kind }] = alike;
  const { mac, point } = client;
  const all = [...byMac.values()].flat();
  const served = all.filter(({ acks }) => acks > 0);
  const own = new Set(alike.map((one) => one.client.mac));
  const others = leasedMeanwhile(evidence, alike).filter((lease) => !own.has(lease.mac));
  const othersServed = new Set(others.map((one) => one.mac)).size;
  const total = sum(alike, ({ client: { discoversTotal } }) => discoversTotal);
  const offers = sum(alike, ({ client: { offers: ofOne } }) => ofOne);
  return {
    ...(isAmongOthers(evidence, point) && { level: 'warning' as const }),
    key: alike.length === 1 ? `${mac} ${kind}` : kind,
    // Broadcasts are seen by bystanders, and what is offered to one client need not be.
    grade: gradeOf({
      'no-request-follows': 'passed',
      'others-are-served': whereSeen(othersServed > 0 || kind === 'offered'),
    }),
    subject: { protocol: 'udp', client: mac, server: null },
    conversations: [],
    between: offeredAt === null ? null : [offeredAt, point],
    place: `between ${mac} and the DHCP server, as seen from ${evidence.points[point].name}`,
    ...excerpt(packetsAt(point, discovers, againAfter('DISCOVER', discovers[0]), '>')),
    reach: alike.length,
    measured: { discovers: total, clients: alike.length, offers, othersServed },
    mac,
    discovers: total,
    clients: alike.length,
    offers,
    offeredAt,
    othersServed,
    server: others[0]?.server ?? served.flatMap(({ servers }) => servers)[0] ?? null,
    isServerHeard: all.some(({ servers }) => servers.length > 0),
    point,
  };
}
