import { type Evidence, TO_CLIENT } from '../../../flows/evidence/evidence.ts';
import { shellQuote } from '../../../text/shell-quote.ts';
import { endpointText } from '../../facts/attempts.ts';
import { namesWithoutAnswer, nearestName, type WantedName } from '../../facts/dns/wanted-names.ts';
import { commonTime, conversationsOf, lookupPackets, serverText } from '../../facts/dns-lookups.ts';
import { GATES, gatesOf } from '../../facts/gates.ts';
import { ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { kubectl, runs } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { withAddress } from '../../words/display-filter.ts';
import { excerpt } from '../../words/excerpt.ts';

const thresholds = {
  rounds: { value: 2, unit: 'lookups', source: 'docs/thresholds.md, two-show-a-habit' },
  names: { value: 2, unit: 'lookups', source: 'docs/thresholds.md, search-walk' },
  justBeforeSeconds: { value: 1, unit: 's', source: 'docs/thresholds.md, told-a-name' },
} as const;

interface UnknownName extends Occurrence {
  client: string;
  server: string;
  serverAddress: string;
  name: string;
  tried: string[];
  rounds: number;
  nearest: string | null;
  /** The nearest one is written almost alike; otherwise only its first label differs. */
  isNear: boolean;
  /** The server that answered the client just before it asked for the first time. */
  toldBy: string | null;
}

/** A name that a client wants never resolves. */
export const dnsNameUnknown = defineRule<UnknownName>({
  meta: {
    id: 'dns-name-unknown',
    faultClass: 'dns',
    level: 'warning',
    recordedIn: 'test/pcaps/dns-name-misspelt',
    place: 'mechanism',
    summary: 'A name that a client wants does not exist under any search suffix',
    meaning:
      'DNS works: each question is answered at once, and each answer says that the name does not exist. The application asks again and again for a name that is misspelt, belongs to another namespace or zone, or was told to it by another server.',
    rule: 'A client asks twice or more for a name of a host, by at least two names (with and without suffixes of its search list), and every answer of any type is NXDOMAIN. A name that exists under one suffix, for any client, is not meant.',
    notThis: [
      'Search suffixes: the name exists under another one, or alone.',
      'The name exists and has no address of this type (NODATA).',
      'A name that was asked for in one round only, as browsers and probes do.',
      'A lookup of it failed or stayed unanswered: other rules.',
      'The capture misses packets, so that an answer may be missing.',
    ],
    causes: [
      'A misspelt name, or the wrong namespace',
      'The Service or its pods (headless) do not exist',
      'A server told the client a name of its own that only its neighbours can resolve: the advertised listener of Kafka, a replica set',
    ],
    confirm: [
      {
        on: 'a machine with kubectl',
        command: 'kubectl get svc -A',
        expect: 'the Service under another name or namespace',
      },
      { on: '<client pod>', command: 'cat /etc/resolv.conf', expect: 'the search list' },
    ],
    fix: ['Correct the name where the application is configured'],
    references: ['RFC 8020: NXDOMAIN', 'resolv.conf(5): search, ndots'],
  },
  thresholds: { ...thresholds, ...GATES, oneWayShare: ONE_WAY_SHARE },

  *detect(evidence) {
    for (const wanted of namesWithoutAnswer(evidence)) {
      if (wanted.rounds < thresholds.rounds.value || wanted.tried.length < thresholds.names.value) continue;
      if (!gatesOf(evidence).absence(wanted.lookups[0].exchange.point).ok) continue;
      yield occurrenceOf(evidence, wanted);
    }
  },

  explain(found, names) {
    const { name, tried, rounds, nearest, isNear, toldBy } = found;
    const like = nearest === null ? '' : isNear ? `; ${nearest} exists` : `; beside it ${nearest} exists`;
    return {
      message: `${names.address(found.client)} asks ${counted(rounds, 'time')} for ${name}, which exists under none of ${tried.length} names${like}`,
      why: `The DNS server ${names.address(found.serverAddress)} answers each question with NXDOMAIN: ${tried.join(', ')}.`,
      causes: [
        {
          id: 'name-misspelt',
          cause: 'the name is misspelt, or its namespace is another one',
          telling: nearest !== null && isNear ? [`${nearest} exists and is written almost alike`] : [],
          for: nearest !== null && !isNear ? [`${nearest} exists, with another first label`] : [],
          against: [],
        },
        {
          id: 'name-told-by-server',
          cause:
            'another server told the client this name, and it is one that the client cannot resolve (advertised listener, replica set, redirect)',
          telling: toldBy === null ? [] : [`the client asked right after ${toldBy} had answered it`],
          for: [],
          against: [],
        },
        {
          id: 'service-missing',
          cause: 'the Service does not exist, or a headless one has no ready pod of this name',
          for: [],
          against: [],
        },
      ],
      confirm: [
        kubectl('get svc,endpoints -A', `no ${name.split('.')[0].replace(/[^a-z0-9-]/g, '?')}, or another namespace`),
        runs(names.machine(found.client), `dig +search -q ${shellQuote(name)}`, {
          expect: 'NXDOMAIN',
          shows: { has: 'NXDOMAIN' },
        }),
        runs(names.machine(found.client), 'cat /etc/resolv.conf', { expect: 'the suffixes that were tried' }),
      ],
      fix: [
        toldBy === null
          ? 'Correct the name in the configuration of the application, or create the Service.'
          : `Let ${toldBy} announce a name that its clients can resolve (Kafka: advertised.listeners).`,
      ],
      wireshark: `dns.flags.rcode==3 && ${withAddress(found.client)}`,
    };
  },
});

function occurrenceOf(evidence: Evidence, wanted: WantedName): UnknownName {
  const { client, name, lookups, tried, rounds } = wanted;
  const [{ server }] = lookups;
  const nearest = nearestName(evidence, name);
  return {
    key: `${client} ${name}`,
    cause: `* ${name}`,
    grade: gradeOf({ 'every-name-was-answered': 'passed' }),
    subject: { protocol: 'dns', client, server: serverText(server) },
    conversations: conversationsOf(lookups).map(({ index }) => index),
    place: `in the configuration of ${client}, or of what told it the name`,
    ...excerpt(lookups.flatMap(lookupPackets)),
    reach: rounds,
    measured: { name, tried, rounds, nearest: nearest?.name ?? null },
    client,
    server: serverText(server),
    serverAddress: server.address,
    name,
    tried,
    rounds,
    nearest: nearest?.name ?? null,
    isNear: nearest?.isNear ?? false,
    toldBy: toldBy(evidence, wanted),
  };
}

/** The server whose last data to the client came just before it asked for the name for the first time. */
function toldBy(evidence: Evidence, { client, lookups }: WantedName): string | null {
  const [{ exchange }] = lookups;
  const asked = commonTime(evidence, exchange.point, exchange.queries[0].time);
  const told = evidence.connections.find(({ client: other, point, directions }) => {
    const { last, payloadOctets } = directions[TO_CLIENT];
    if (other.address !== client || last === null || payloadOctets === 0) return false;
    const before = asked - commonTime(evidence, point, last.time);
    return before >= 0 && before <= thresholds.justBeforeSeconds.value;
  });
  return told === undefined ? null : endpointText(told.server);
}
