import type { Evidence } from '../../../flows/evidence/evidence.ts';
import {
  commonTime,
  conversationsOf,
  groupLookups,
  type Lookup,
  lookupPackets,
  lookupsOf,
  NXDOMAIN,
  serverText,
  typeName,
} from '../../facts/dns-lookups.ts';
import { inOrder } from '../../facts/packet-order.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { digs } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { withAddress } from '../../words/display-filter.ts';
import { excerpt } from '../../words/excerpt.ts';

const thresholds = {
  pairSeconds: {
    value: 5,
    unit: 's',
    source: 'resolv.conf(5), timeout: A and AAAA are sent together, and again after 5 s',
  },
  pairs: { value: 2, unit: 'count', source: 'docs/thresholds.md, two-show-a-habit' },
} as const;
const A = 1;
const AAAA = 28;
const NOERROR = 0;
const SERVFAIL = 2;
/** Errors that make a resolver give up on the name (musl), as dig prints them. REFUSED only turns it to the next server. */
const RCODES: Readonly<Record<number, string>> = { [SERVFAIL]: 'SERVFAIL', [NXDOMAIN]: 'NXDOMAIN' };

interface Contradiction extends Occurrence {
  client: string;
  server: string;
  serverAddress: string;
  name: string;
  names: number;
  pairs: number;
  exists: number;
  denied: number;
  /** What the denied type is answered: "NXDOMAIN", "SERVFAIL" … */
  rcode: string;
}

/** One server answers both that a name exists and that it does not exist. */
export const dnsAnswersContradict = defineRule<Contradiction>({
  meta: {
    id: 'dns-answers-contradict',
    faultClass: 'dns',
    level: 'warning',
    recordedIn: 'test/pcaps/dns-answers-contradict',
    place: 'mechanism',
    summary: 'A and AAAA of one name contradict: one has an address, the other is an error',
    meaning:
      'NXDOMAIN says that the name does not exist for any type. A server that has an A record and says so for AAAA makes resolvers that believe it (musl, caching ones) fail; others work. A SERVFAIL for one of the two is repeated, and fails the lookup in musl.',
    rule: 'A and AAAA of one name, asked by one client of one server within 5 s: one is answered by an address, the other each time by NXDOMAIN or SERVFAIL; twice or more.',
    notThis: [
      'NOERROR without records (NODATA) for AAAA is right: the name exists and has no such address.',
      'Both say NXDOMAIN: the search list.',
      'REFUSED for AAAA: a server without an upstream (dnsmasq); resolvers go on with the address that they have.',
      'The types of two names, or of two servers.',
      'Once: the name was made or removed in between, told as a note.',
      'The same type is answered both ways: the name comes and goes.',
    ],
    causes: [
      'A load balancer or appliance that knows A records only (RFC 4074, 4.2)',
      'A CoreDNS template or rewrite for A without one for AAAA',
    ],
    confirm: [
      { on: '<client>', command: 'dig @<server> AAAA -q <name>', expect: 'NXDOMAIN for AAAA, an address for A' },
    ],
    fix: ['Answer NOERROR without records for the type that the name has not'],
    references: ['RFC 4074, 4.2', 'RFC 8020', 'RFC 2308, 2'],
  },
  thresholds,

  *detect(evidence) {
    const answered = lookupsOf(evidence).filter(
      ({ exchange, answer, fromElsewhere }) =>
        answer !== null && !fromElsewhere && (exchange.type === A || exchange.type === AAAA),
    );
    const byServer = groupLookups(answered, ({ client, server }) => `${client.address} ${serverText(server)}`);
    for (const asked of byServer) {
      const pairs = groupLookups(asked, ({ exchange }) => exchange.name.toLowerCase()).flatMap((group) =>
        contradictionsOf(evidence, group),
      );
      if (pairs.length > 0) yield occurrenceOf(pairs);
    }
  },

  explain({ client, server, serverAddress, name, names: count, pairs, exists, denied, rcode }, names) {
    const others = count > 1 ? ` and ${counted(count - 1, 'other name')}` : '';
    return {
      message: `${names.address(server)} contradicts itself about ${name}${others}: ${typeName(exists)} has an address, ${typeName(denied)} is ${rcode}`,
      why: `${rcode === 'NXDOMAIN' ? 'NXDOMAIN speaks of the name and not of the type (RFC 8020)' : 'A name that has one type can be asked for the other (RFC 4074, 4)'}: with an address for ${typeName(exists)} the answer for ${typeName(denied)} had to be NOERROR, with records or without. It was ${rcode} ${counted(pairs, 'time')}, in reply to ${names.address(client)}.`,
      causes: [
        {
          id: 'denies-other-types',
          cause:
            rcode === 'NXDOMAIN'
              ? `the server that has the name knows ${typeName(exists)} only and denies all else`
              : `the server that has the name, or the one that asks it, fails for ${typeName(denied)}`,
          for: [counted(pairs, 'pair of answers contradicts', 'pairs of answers contradict')],
          against: [],
        },
        {
          id: 'answer-replaced',
          cause: 'a template, rewrite or policy answers one of the two types in its place',
          for: [],
          against: [],
        },
      ],
      confirm: [denied, exists].map((type) =>
        digs(
          client,
          { server: serverAddress, name, type: typeName(type) },
          {
            expect: type === denied ? `status: ${rcode}` : 'an address',
            shows: { has: type === denied ? `status: ${rcode}` : 'ANSWER: [1-9]' },
          },
        ),
      ),
      fix: [
        `Make ${names.address(server)} answer NOERROR without records for ${typeName(denied)} of names that have ${typeName(exists)} (template or rewrite of CoreDNS, the view or policy of its upstream).`,
      ],
      wireshark: `dns.flags.rcode!=0 && ${withAddress(serverAddress)}`,
    };
  },
});

interface Pair {
  exists: Lookup;
  denied: Lookup;
}

/** Pairs of an answer with an address and a denial of another type. Empty if one type was answered both ways. */
function contradictionsOf(evidence: Evidence, group: readonly Lookup[]): Pair[] {
  const denied = group.filter(({ answer }) => RCODES[answer!.rcode] !== undefined);
  const exists = group.filter(({ answer }) => answer!.rcode === NOERROR && answer!.addresses.length > 0);
  if (denied.some(({ exchange }) => exists.some((other) => other.exchange.type === exchange.type))) return [];
  return denied.flatMap((lookup) => {
    const near = exists.find((other) => secondsBetween(evidence, lookup, other) <= thresholds.pairSeconds.value);
    return near === undefined ? [] : [{ exists: near, denied: lookup }];
  });
}

const timeOf = (evidence: Evidence, { exchange }: Lookup): number =>
  commonTime(evidence, exchange.point, exchange.queries[0].time);

const secondsBetween = (evidence: Evidence, one: Lookup, other: Lookup): number =>
  Math.abs(timeOf(evidence, one) - timeOf(evidence, other));

function occurrenceOf(pairs: readonly Pair[]): Contradiction {
  const [{ exists, denied }] = pairs;
  const { client, server, exchange } = denied;
  const lookups = [...new Set(pairs.flatMap((pair) => [pair.exists, pair.denied]))];
  return {
    key: `${client.address}>${serverText(server)}`,
    ...(pairs.length < thresholds.pairs.value ? { level: 'note' as const } : {}),
    grade: gradeOf({ 'both-answers-seen': 'passed' }),
    subject: { protocol: 'dns', client: client.address, server: serverText(server) },
    conversations: conversationsOf(lookups).map(({ index }) => index),
    ...excerpt(lookups.flatMap(lookupPackets).sort(inOrder)),
    reach: pairs.length,
    measured: { pairs: pairs.length, name: exchange.name },
    client: client.address,
    server: serverText(server),
    serverAddress: server.address,
    name: exchange.name,
    names: new Set(pairs.map((pair) => pair.denied.exchange.name.toLowerCase())).size,
    pairs: pairs.length,
    exists: exists.exchange.type,
    denied: exchange.type,
    rcode: RCODES[denied.answer!.rcode],
  };
}
