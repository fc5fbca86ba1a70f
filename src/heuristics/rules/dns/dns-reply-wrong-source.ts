import type { DnsExchange, Evidence, IcmpError } from '../../../flows/evidence/evidence.ts';
import {
  againstTranslation,
  forTranslation,
  otherOwnAddressCause,
  type TwoAddresses,
  twoAddresses,
} from '../../causes/other-own-address.ts';
import {
  conversationsOf,
  groupLookups,
  type Lookup,
  lookupPackets,
  lookupsOf,
  serverText,
} from '../../facts/dns-lookups.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { inOrder } from '../../facts/packet-order.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type EvidencePacket, type Occurrence } from '../../rule/rule.ts';
import { bridgeFiltering, routeTo, trackedTo } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { familyOf, withAddress } from '../../words/display-filter.ts';
import { excerpt } from '../../words/excerpt.ts';
import { groupBy } from '../../words/group-by.ts';
import { filterBridge } from '../../words/repairs.ts';

const thresholds = {
  promptSeconds: { value: 2, unit: 's', source: 'docs/thresholds.md, prompt-answer' },
} as const;

interface WrongSource extends Occurrence {
  client: string;
  server: string;
  serverAddress: string;
  answerer: string;
  lookups: number;
  rejected: number;
  example: string;
  own: TwoAddresses;
}

interface Stray {
  lookup: Lookup;
  /** Address that the answer came from. */
  from: string;
  /** The exchange that holds the answer, if it is not the exchange of the query. */
  elsewhere: DnsExchange | null;
  /** The client's ICMP error about the answer. */
  error: IcmpError | null;
}

/** The answer comes from an address that the client did not ask, so the client discards it. */
export const dnsReplyWrongSource = defineRule<WrongSource>({
  meta: {
    id: 'dns-reply-wrong-source',
    faultClass: 'dns',
    level: 'error',
    recordedIn: 'lab/dns-reply-wrong-source',
    place: 'mechanism',
    explains: ['port-rejected', 'dns-server-port-closed'],
    explainsSymptomsOf: ['silent-path'],
    summary: 'DNS answers come from another address than was asked',
    meaning:
      'The server is fine and answers, but its address was not translated back to the service address. The client does not know that address and throws the answer away.',
    rule: 'The answer to a query (same client port, id, name and type) comes from another address, none comes from the address that was asked, and the client rejects it by ICMP port unreachable, or, seen at the pod itself, asks again.',
    notThis: [
      'The same point also sees the answer from the address that was asked: a bridge shows packets before and after translation.',
      'A bridge shows the way there to the pod and the way back from the service: the client does not reject that.',
      'The answer is late, and the client has closed its socket: it rejects that from any address.',
      'The client was not seen to reject the answer or to ask again.',
      'Multicast DNS: everybody answers with the own address.',
    ],
    causes: [
      'Client and DNS pod share a node and net.bridge.bridge-nf-call-iptables is 0: the answer crosses the bridge past conntrack',
      'The answer takes another way back, past the node that translated the query',
      'A server on several addresses answers from that of the outgoing interface',
    ],
    confirm: [{ on: '<node of the client>', command: 'sysctl net.bridge.bridge-nf-call-iptables', expect: '= 0' }],
    fix: ['Load br_netfilter and set net.bridge.bridge-nf-call-iptables=1'],
    references: ['RFC 5452, 9.1', 'Linux net.bridge.bridge-nf-call-iptables'],
  },
  thresholds,

  *detect(evidence) {
    const strays = new Map<Lookup, Stray>();
    for (const lookup of lookupsOf(evidence)) {
      const stray = strayOf(evidence, lookup);
      if (stray !== null) strays.set(lookup, stray);
    }
    const byPair = ({ client, server }: Lookup) => `${client.address} ${serverText(server)}`;
    for (const group of groupLookups([...strays.keys()], byPair)) {
      yield occurrenceOf(
        evidence,
        group.map((lookup) => strays.get(lookup) as Stray),
      );
    }
  },

  explain(found, names) {
    const answerer = names.address(found.answerer);
    const node = names.nodeOf(found.client);
    return {
      message: `${names.address(found.client)} asks ${names.address(found.server)}, and ${answerer} answers with its own address: ${counted(found.lookups, 'lookup')} in vain`,
      why: found.own.askedIsMachine
        ? 'A resolver takes an answer only from the address that it asked. The server has that address too, and answers from another one.'
        : 'A resolver takes an answer only from the address that it asked. The translation to the DNS pod was not undone on the way back.',
      causes: [
        {
          id: 'bridge-skips-conntrack',
          cause: 'answers cross the bridge without passing conntrack (net.bridge.bridge-nf-call-iptables is 0)',
          for: [
            ...(found.own.askedIsMachine ? [] : [`${answerer} answers with its own address`]),
            ...forTranslation(found.own),
            ...(found.rejected > 0 ? [`the client rejects ${counted(found.rejected, 'answer')}`] : []),
          ],
          against: againstTranslation(found.own),
          fix: [filterBridge(node)],
        },
        {
          id: 'other-way-back',
          cause: 'the answers take another way back, past the node that translated the query',
          for: [],
          against: againstTranslation(found.own),
          fix: [`Masquerade queries of ${found.client} on ${node}, so that the answers come back through it.`],
        },
        otherOwnAddressCause(found.own, names),
      ],
      confirm: [
        bridgeFiltering(node, familyOf(found.serverAddress)),
        trackedTo(node, 'udp', found.serverAddress, {
          expect: 'entries marked [UNREPLIED] although the answers arrive',
          shows: { has: 'UNREPLIED' },
        }),
        routeTo(names.nodeOf(found.answerer), found.client, {
          expect:
            'a way that does not lead through the node that translated the query, if the answers take another way',
        }),
      ],
      fix: [],
      wireshark: `dns && ${withAddress(found.client)} && (${withAddress(found.serverAddress)} || ${withAddress(found.answerer)})`,
    };
  },
});

function strayOf(evidence: Evidence, lookup: Lookup): Stray | null {
  const { exchange, answer, fromElsewhere } = lookup;
  if (answer !== null && !fromElsewhere) return null;
  const elsewhere = answer === null ? answeredElsewhere(evidence, exchange) : null;
  const response = answer ?? elsewhere?.responses[0];
  if (response === undefined) return null;
  const from = response.from.address;
  if (isLate(exchange, response.time)) return null;
  const error = rejectionOf(evidence, exchange, from, response.time);
  const askedAgain = exchange.queriesTotal > 1 && evidence.points[exchange.point].role === 'pod-veth';
  return error !== null || askedAgain ? { lookup, from, elsewhere, error } : null;
}

/** True if the answer came too long after the nearest earlier query. The client has closed its socket by then. */
const isLate = ({ queries }: DnsExchange, answered: number): boolean =>
  queries.every(({ time }) => time > answered || answered - time > thresholds.promptSeconds.value);

/** The answer, if it was stored as a separate exchange: same client, id, name and type, but another server. */
function answeredElsewhere(evidence: Evidence, exchange: DnsExchange): DnsExchange | null {
  const first = exchange.queries[0].time;
  const alike = byQuestion(evidence).get(questionOf(exchange)) ?? [];
  return (
    alike.find(
      (other) =>
        other !== exchange &&
        other.server.address !== exchange.server.address &&
        other.responses.some((response) => response.time >= first),
    ) ?? null
  );
}

const questionOf = ({ point, id, type, name, client }: DnsExchange): string =>
  `${point} ${id} ${type} ${client.address} ${client.port} ${name}`;

const questions = new WeakMap<Evidence, Map<string, DnsExchange[]>>();

function byQuestion(evidence: Evidence): Map<string, DnsExchange[]> {
  const known = questions.get(evidence) ?? groupBy(evidence.dns, questionOf);
  questions.set(evidence, known);
  return known;
}

/** The client's ICMP port unreachable after the answer. It quotes a packet from the answering address to the client. */
function rejectionOf(
  { icmpErrors }: Evidence,
  { point, client }: DnsExchange,
  from: string,
  answered: number,
): IcmpError | null {
  return (
    icmpErrors.find(
      ({ point: at, time, quoted }) =>
        at === point &&
        time >= answered &&
        quoted !== null &&
        quoted.source.address === from &&
        quoted.destination.address === client.address &&
        quoted.destination.port === client.port,
    ) ?? null
  );
}

function occurrenceOf(evidence: Evidence, strays: readonly Stray[]): WrongSource {
  const [{ lookup, from }] = strays;
  const { client, server, exchange } = lookup;
  const index = indexOf(evidence);
  const answers = strays.flatMap(({ elsewhere }) =>
    elsewhere === null ? [] : (index.conversationOfFlow(elsewhere.point, elsewhere.flow) ?? []),
  );
  const conversations = new Set([...conversationsOf(strays.map((stray) => stray.lookup)), ...answers]);
  const packets = strays.flatMap(packetsOf).sort(inOrder);
  const rejected = strays.filter(({ error }) => error !== null).length;
  return {
    key: `${client.address}>${serverText(server)}<${from}`,
    grade: gradeOf({ 'answer-of-the-same-query': 'passed' }),
    subject: { protocol: 'dns', client: client.address, server: from, serverBeforeNat: serverText(server) },
    conversations: [...conversations].map((conversation) => conversation.index),
    place: `on the way back to ${evidence.points[exchange.point].name}`,
    ...excerpt(packets),
    reach: strays.length,
    measured: { lookups: strays.length, asked: server.address, answeredFrom: from, rejectedByClient: rejected },
    client: client.address,
    server: serverText(server),
    serverAddress: server.address,
    answerer: from,
    lookups: strays.length,
    rejected,
    example: exchange.name,
    own: twoAddresses(evidence, exchange.point, server.address, from, server.port),
  };
}

function packetsOf({ lookup, elsewhere, error, from }: Stray): EvidencePacket[] {
  const { point } = lookup.exchange;
  const answers = (elsewhere?.responses ?? []).map(
    ({ packet, time }): EvidencePacket => ({ packet, time, point, direction: '<', note: `answer, from ${from}` }),
  );
  const rejection: EvidencePacket[] =
    error === null
      ? []
      : [{ packet: error.packet, time: error.time, point, direction: '>', note: 'the client rejects the answer' }];
  return [...lookupPackets(lookup), ...answers, ...rejection];
}
