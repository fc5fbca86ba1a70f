import type { Evidence } from '../../../flows/evidence/evidence.ts';
import {
  conversationsOf,
  groupLookups,
  type Lookup,
  lookupPackets,
  lookupsOf,
  serverText,
  typeName,
} from '../../facts/dns-lookups.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { GATES, gatesOf } from '../../facts/gates.ts';
import { ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { inOrder } from '../../facts/packet-order.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { digs, runs } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { withAddress } from '../../words/display-filter.ts';
import { excerpt } from '../../words/excerpt.ts';

const thresholds = {
  truncated: { value: 2, unit: 'count', source: 'docs/thresholds.md, two-show-a-habit' },
  guardSeconds: { value: 1, unit: 's', source: 'docs/thresholds.md, tcp-retry' },
} as const;

interface NotRetried extends Occurrence {
  client: string;
  server: string;
  serverAddress: string;
  name: string;
  types: string[];
  truncated: number;
  /** Largest number of records in a truncated answer. */
  answers: number;
  /** The point saw TCP connections, so it would have seen an attempt by TCP. */
  seesTcp: boolean;
}

/** The client gets a truncated answer and asks again by UDP instead of TCP. */
export const dnsTruncatedNotRetried = defineRule<NotRetried>({
  meta: {
    id: 'dns-truncated-not-retried',
    faultClass: 'dns',
    level: 'error',
    recordedIn: 'test/pcaps/dns-truncated-not-retried',
    place: 'mechanism',
    summary: 'Truncated DNS answers, and the client never asks by TCP',
    meaning:
      'The answer does not fit into a datagram. The client must ask again by TCP; this one takes the cut answer for all there is, or asks by UDP again. Only names with many records fail.',
    rule: 'Two or more truncated UDP answers about one name, which is asked again after the first of them, and no TCP connection of that client to the DNS port of any server.',
    notThis: [
      'The client opens TCP to port 53: dns-tcp-fallback-blocked judges that.',
      'The name is not asked again: what came was enough.',
      'A later UDP answer about the name is whole: the client asked for larger datagrams (EDNS).',
      'The client connects to an address out of the truncated answer.',
      'The capture ends within a second of the second answer.',
      'The capture holds no TCP at all: a filter may hide it, told as a note.',
    ],
    causes: [
      'A resolver without TCP: musl before 1.2.4, small embedded resolvers',
      'A rule in the pod or node of the client drops TCP 53 before the capture point',
    ],
    confirm: [{ on: '<client pod>', command: 'dig +tcp @<server> -q <name>', expect: 'the whole answer' }],
    fix: ['Use a resolver that asks by TCP (musl 1.2.4, glibc), or make the answer smaller'],
    references: ['RFC 7766, 5', 'RFC 2181, 9', 'RFC 6891'],
  },
  thresholds: { ...thresholds, ...GATES, oneWayShare: ONE_WAY_SHARE },

  *detect(evidence) {
    const byUdp = lookupsOf(evidence).filter(({ exchange }) => exchange.transport === 'udp');
    const keyOf = ({ client, server, exchange }: Lookup): string =>
      `${client.address} ${serverText(server)} ${exchange.name}`;
    for (const group of groupLookups(byUdp, keyOf)) {
      const cut = group.filter(({ answer }) => answer?.truncated);
      if (cut.length < thresholds.truncated.value || !isAskedAgain(group, cut)) continue;
      if (group.some((lookup) => isWholeAnswer(lookup, cut))) continue;
      const [{ client, exchange }] = cut;
      if (!gatesOf(evidence).absence(exchange.point).ok || asksByTcp(evidence, client.address)) continue;
      if (usesAnswer(evidence, client.address, cut)) continue;
      const last = cut[thresholds.truncated.value - 1].answer!;
      if (indexOf(evidence).endOf(exchange.point) - last.time < thresholds.guardSeconds.value) continue;
      yield occurrenceOf(evidence, cut);
    }
  },

  explain({ client, server, serverAddress, name, types, truncated, answers, seesTcp }, names) {
    return {
      message: `The answers about ${name} (${types.join(', ')}) do not fit into UDP, and ${names.address(client)} never asks ${names.address(server)} by TCP`,
      why: `${counted(truncated, 'answer')} came truncated with ${counted(answers, 'record')} at most, and the same question was asked again by UDP.${seesTcp ? ' The capture holds TCP, and none of it goes to port 53.' : ' The capture holds no TCP at all: it may be filtered.'}`,
      causes: [
        {
          id: 'resolver-without-tcp',
          cause: 'the resolver of the client does not know DNS over TCP (musl before 1.2.4)',
          for: [`the question was asked again by UDP after ${counted(truncated, 'truncated answer')}`],
          against: [],
        },
        {
          id: 'tcp-53-blocked-at-client',
          cause: 'a rule in the client’s own pod or node drops TCP 53 before this point',
          for: [],
          against: [],
        },
      ],
      confirm: [
        digs(
          client,
          { server: serverAddress, name, tcp: true },
          {
            expect: 'the whole answer: then only the resolver of the program is at fault',
            shows: { has: 'status: NOERROR' },
          },
        ),
        runs(client, 'ldd --version 2>&1 | head -n 2', { expect: 'musl older than 1.2.4' }),
      ],
      fix: [
        'Use an image whose resolver asks by TCP (musl 1.2.4 and later, glibc), or put a caching resolver such as NodeLocal DNSCache between.',
        'Make the answer smaller: fewer records, or a larger EDNS size on both ends.',
      ],
      wireshark: `dns.flags.truncated==1 && ${withAddress(client)}`,
    };
  },
});

/** The client asked for the same name and type again after a truncated answer. */
const isAskedAgain = (group: readonly Lookup[], cut: readonly Lookup[]): boolean =>
  group.some(({ exchange }) =>
    cut.some(
      (other) =>
        other.exchange !== exchange &&
        other.exchange.type === exchange.type &&
        other.exchange.point === exchange.point &&
        exchange.queries[0].time > other.answer!.time,
    ),
  );

/** A complete answer for a type whose answer was truncated before. */
const isWholeAnswer = ({ exchange, answer }: Lookup, cut: readonly Lookup[]): boolean =>
  answer !== null && !answer.truncated && cut.some((other) => other.exchange.type === exchange.type);

const asksByTcp = ({ connections, dns }: Evidence, client: string): boolean =>
  connections.some(({ client: { address }, server: { port } }) => address === client && port === DNS_PORT) ||
  dns.some((exchange) => exchange.transport === 'tcp' && exchange.client.address === client);

function usesAnswer({ connections, datagrams }: Evidence, client: string, cut: readonly Lookup[]): boolean {
  const addresses = new Set(cut.flatMap(({ answer }) => answer!.addresses));
  return [...connections, ...datagrams].some(
    (flow) => flow.client.address === client && addresses.has(flow.server.address),
  );
}

const DNS_PORT = 53; // RFC 1035, 4.2

function occurrenceOf(evidence: Evidence, cut: readonly Lookup[]): NotRetried {
  const [{ client, server, exchange }] = cut;
  const types = [...new Set(cut.map((lookup) => typeName(lookup.exchange.type)))];
  const seesTcp = evidence.connections.some(({ point }) => point === exchange.point);
  return {
    key: `${client.address}>${serverText(server)} ${exchange.name}`,
    ...(seesTcp ? {} : { level: 'note' as const }),
    grade: 'inferred',
    subject: { protocol: 'dns', client: client.address, server: serverText(server) },
    conversations: conversationsOf(cut).map(({ index }) => index),
    ...excerpt(cut.flatMap(lookupPackets).sort(inOrder)),
    reach: cut.length,
    measured: { truncated: cut.length, name: exchange.name },
    client: client.address,
    server: serverText(server),
    serverAddress: server.address,
    name: exchange.name,
    types,
    truncated: cut.length,
    answers: Math.max(...cut.map(({ answer }) => answer!.answers)),
    seesTcp,
  };
}
