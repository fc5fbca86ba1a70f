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
  /** The alias (CNAME) among the names; it leads to a name that does not exist. Null without one. */
  alias: string | null;
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
    rule: 'A client asks twice or more for a name of a host, by at least two names (with and without suffixes of its search list) or by an alias (CNAME) whose target does not exist, and every answer of any type is NXDOMAIN. A name that exists under one suffix, for any client, is not meant.',
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
      'An alias (CNAME, ExternalName) leads to a name that was removed or is misspelt',
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
    references: [
      'RFC 8020: NXDOMAIN',
      'RFC 2308, 2.1: NXDOMAIN for the target of an alias',
      'resolv.conf(5): search, ndots',
    ],
  },
  thresholds: { ...thresholds, ...GATES, oneWayShare: ONE_WAY_SHARE },

  *detect(evidence) {
    for (const wanted of namesWithoutAnswer(evidence)) {
      if (wanted.rounds < thresholds.rounds.value) continue;
      if (wanted.tried.length < thresholds.names.value && aliasAmong(wanted) === null) continue;
      if (!gatesOf(evidence).absence(wanted.lookups[0].exchange.point).ok) continue;
      yield occurrenceOf(evidence, wanted);
    }
  },

  explain(found, names) {
    const { name, tried, rounds, alias, nearest, isNear, toldBy } = found;
    const label = (alias ?? name).split('.')[0].replace(/[^a-z0-9-]/g, '?');
    const beside =
      nearest !== null && !isNear ? [`${nearest} exists, with another first label: its namespace is there`] : [];
    const like = nearest === null ? '' : isNear ? `; ${nearest} exists` : `; beside it ${nearest} exists`;
    return {
      message: `${names.address(found.client)} asks ${counted(rounds, 'time')} for ${name}, which ${alias === null ? `exists under none of ${counted(tried.length, 'name')}${like}` : `${alias === name ? 'is' : `as ${alias} is`} an alias of a name that does not exist`}`,
      why: `The DNS server ${names.address(found.serverAddress)} answers each question with NXDOMAIN: ${tried.join(', ')}.${alias === null ? '' : ` With it comes an alias (CNAME): ${alias} itself exists, and the name that it leads to does not.`}`,
      causes: [
        {
          id: 'name-misspelt',
          cause: 'the name is misspelt, or its namespace is another one',
          telling:
            alias === null && nearest !== null && isNear ? [`${nearest} exists and is written almost alike`] : [],
          for: beside,
          against: alias === null ? [] : [`${alias} itself exists, as an alias`],
        },
        {
          id: 'alias-leads-nowhere',
          cause: 'the alias (CNAME, ExternalName) leads to a name that was removed or is misspelt',
          telling:
            alias === null ? [] : [`the answers for ${alias} hold an alias and say that its target does not exist`],
          for: [],
          against: alias === null ? ['no answer holds an alias'] : [],
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
          for: beside,
          against: [],
        },
      ],
      confirm: [
        alias === null
          ? kubectl('get svc,endpoints -A', `no ${label}, or another namespace`)
          : kubectl('get svc -A', `${label} is an ExternalName, if the alias is a Service: EXTERNAL-IP is its target`),
        runs(names.machine(found.client), `dig +search -q ${shellQuote(name)}`, {
          expect: 'NXDOMAIN',
          shows: { has: 'NXDOMAIN' },
        }),
        runs(names.machine(found.client), 'cat /etc/resolv.conf', { expect: 'the suffixes that were tried' }),
      ],
      fix: [
        alias !== null
          ? `Correct the target of the alias ${alias}, where the zone or the Service (ExternalName) is kept.`
          : toldBy === null
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
  const alias = aliasAmong(wanted);
  return {
    key: `${client} ${name}`,
    cause: `* ${name}`,
    grade: gradeOf({ 'every-name-was-answered': 'passed' }),
    subject: { protocol: 'dns', client, server: serverText(server) },
    conversations: conversationsOf(lookups).map(({ index }) => index),
    place: `in the configuration of ${client}, or of what told it the name`,
    ...excerpt(lookups.flatMap(lookupPackets)),
    reach: rounds,
    measured: { name, tried, rounds, alias, nearest: nearest?.name ?? null },
    client,
    server: serverText(server),
    serverAddress: server.address,
    name,
    tried,
    rounds,
    alias,
    nearest: nearest?.name ?? null,
    isNear: nearest?.isNear ?? false,
    toldBy: toldBy(evidence, wanted),
  };
}

/** NXDOMAIN with records in its answer is about the target of an alias; the name asked for exists (RFC 2308, 2.1). */
const aliasAmong = ({ lookups }: WantedName): string | null =>
  lookups.find(({ answer }) => answer !== null && answer.answers > 0)?.exchange.name.toLowerCase() ?? null;

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
