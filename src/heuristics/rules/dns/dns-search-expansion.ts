import { shellQuote } from '../../../text/shell-quote.ts';
import {
  conversationsOf,
  groupLookups,
  type Lookup,
  lookupPackets,
  lookupsOf,
  NXDOMAIN,
} from '../../facts/dns-lookups.ts';
import { inOrder } from '../../facts/packet-order.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { runs } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { toAddress } from '../../words/display-filter.ts';
import { excerpt } from '../../words/excerpt.ts';

const thresholds = {
  minimumSuffixes: { value: 2, unit: 'count', source: 'docs/thresholds.md, two-show-a-habit' },
  windowSeconds: { value: 2, unit: 's', source: 'docs/thresholds.md, search-window' },
  minimumDots: { value: 2, unit: 'count', source: 'docs/thresholds.md, search-dots' },
} as const;

interface Expansion extends Occurrence {
  client: string;
  names: number;
  wasted: number;
  useful: number;
  example: string;
}

/** The resolver tries each outside name with all search suffixes first. */
export const dnsSearchExpansion = defineRule<Expansion>({
  meta: {
    id: 'dns-search-expansion',
    faultClass: 'dns',
    level: 'note',
    recordedIn: 'test/pcaps/case-3',
    place: 'mechanism',
    summary: 'Names are looked up with every search suffix first',
    meaning:
      'With ndots:5 a name with fewer than five dots is first tried with each suffix of the search list. It works, and multiplies the DNS load and the time of each lookup.',
    rule: 'A client gets NXDOMAIN for a name with two or more suffixes, and within 2 s an answer for the name itself.',
    notThis: [
      'Short names (fewer than two dots): the search list is there for them.',
      'Names that do not exist at all.',
    ],
    causes: ['ndots:5, the default of Kubernetes'],
    confirm: [{ on: '<client pod>', command: 'cat /etc/resolv.conf', expect: 'options ndots:5' }],
    fix: ['dnsConfig option ndots:2, or a dot at the end of the name'],
    references: ['resolv.conf(5): ndots, search'],
  },
  thresholds,

  *detect(evidence) {
    for (const group of groupLookups(lookupsOf(evidence), ({ client }) => client.address)) {
      const missed = group.filter(({ answer }) => answer?.rcode === NXDOMAIN);
      const found = group.filter((lookup) => wastedOn(lookup, missed).length > 0);
      if (found.length > 0) yield occurrenceOf(found, missed);
    }
  },

  explain(found, names) {
    return {
      message: `${names.address(found.client)} needs ${found.wasted + found.useful} queries for ${counted(found.useful, 'answer')}: search suffixes are tried first`,
      why: 'The names have fewer dots than ndots asks for, so each suffix of the search list is tried before the name itself. Nothing is broken.',
      causes: [
        {
          id: 'ndots',
          cause: 'ndots:5, the default of Kubernetes',
          for: [`${found.wasted} queries answered NXDOMAIN`],
          against: [],
        },
      ],
      confirm: [
        runs(found.client, 'cat /etc/resolv.conf', { expect: 'options ndots:5', shows: { has: 'ndots:[2-9]' } }),
        runs(found.client, `dig -q ${shellQuote(`${found.example}.`)}`, { expect: 'one query, one answer' }),
      ],
      fix: [
        `Set dnsConfig option ndots:2 in the pod ${found.client}, or write the name with a dot at its end: ${found.example}.`,
      ],
      wireshark: `dns.flags.rcode==3 && ${toAddress(found.client)}`,
    };
  },
});

/** NXDOMAIN lookups of the same name with a suffix, shortly before. Empty unless two suffixes were tried. */
function wastedOn({ exchange, answer }: Lookup, missed: readonly Lookup[]): Lookup[] {
  if (answer === null || answer.rcode !== 0 || answer.answers === 0) return [];
  if (exchange.name.split('.').length <= thresholds.minimumDots.value) return [];
  const at = exchange.queries[0].time;
  const tried = missed.filter(
    (other) =>
      other.exchange.point === exchange.point &&
      other.exchange.name.toLowerCase().startsWith(`${exchange.name.toLowerCase()}.`) &&
      at - other.exchange.queries[0].time >= 0 &&
      at - other.exchange.queries[0].time <= thresholds.windowSeconds.value,
  );
  return new Set(tried.map((other) => other.exchange.name)).size >= thresholds.minimumSuffixes.value ? tried : [];
}

function occurrenceOf(found: readonly Lookup[], missed: readonly Lookup[]): Expansion {
  const wasted = [...new Set(found.flatMap((lookup) => wastedOn(lookup, missed)))];
  const involved = [...wasted, ...found];
  return {
    key: found[0].client.address,
    grade: gradeOf({ 'answers-for-each-suffix': 'passed' }),
    subject: { protocol: 'dns', client: found[0].client.address, server: found[0].server.address },
    conversations: conversationsOf(involved).map((conversation) => conversation.index),
    ...excerpt(involved.flatMap(lookupPackets).sort(inOrder)),
    reach: found.length,
    measured: { answers: found.length, nxdomain: wasted.length },
    client: found[0].client.address,
    names: new Set(found.map(({ exchange }) => exchange.name)).size,
    wasted: wasted.length,
    useful: found.length,
    example: found[0].exchange.name,
  };
}
