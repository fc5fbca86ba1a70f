import type { Evidence } from '../../../flows/evidence/evidence.ts';
import { shellQuote } from '../../../text/shell-quote.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { GATES, gatesOf } from '../../facts/gates.ts';
import { ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { breakPointOf } from '../../facts/place.ts';
import { subjectOf } from '../../facts/subject.ts';
import { TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { type Ledger, ledgersOf, type Passage } from '../../facts/translations.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { masqueradeRules, ofFamily, routeTo, runs } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { between, familyOf } from '../../words/display-filter.ts';
import { againAfter, excerpt, packetsAt } from '../../words/excerpt.ts';
import { groupBy } from '../../words/group-by.ts';

const thresholds = {
  silentConnections: { value: 2, unit: 'connections', source: 'docs/thresholds.md, two-show-a-habit' },
  minimumSyns: { value: 2, unit: 'packets', source: 'docs/thresholds.md, two-show-a-habit' },
  guardSeconds: { value: 1, unit: 's', source: 'RFC 6298, 2.1: the first retransmission of a SYN' },
} as const;

interface SourceNotTranslated extends Occurrence {
  protocol: Ledger['protocol'];
  point: number;
  source: string;
  /** Source addresses of the translated connections. */
  translatedTo: string[];
  remote: string;
  remoteAddress: string;
  silent: number;
  answered: number;
  /** Some answered connections have the same source inside the node. */
  samePod: boolean;
  /** Answered and silent connections alternate. */
  alternating: boolean;
}

/** Some connections leave a node with their inside address and get no answer. Translated connections get one. */
export const sourceNotTranslated = defineRule<SourceNotTranslated>({
  meta: {
    id: 'source-not-translated',
    faultClass: 'service',
    level: 'error',
    recordedIn: 'test/pcaps/source-not-translated',
    place: 'mechanism',
    explains: ['new-connections-dropped'],
    explainsSymptomsOf: ['lost-between-points', 'silent-path'],
    summary: 'Some packets leave the node without source translation and get no answer',
    meaning:
      'Pods reach outside networks with the address of their node: the node translates the source (SNAT, masquerade). Some connections are left out. They leave with the address of the pod, to which nobody outside has a route, so no answer comes back.',
    rule: 'At one NIC two connections or more (or UDP exchanges, where two points of the node show them) of one source to one port of one address get no answer to two SYNs or requests, with time left for one; others to the same leave translated, all of those are answered. Translated: two points of the node show two sources; or the NIC alone shows forwarded packets (TTL) of one MAC and one TTL, with the address of that MAC (ARP, ND) as their source, and silent ones before the last of them.',
    notThis: [
      'A network that routes to pods: a connection with the same source is answered there.',
      'The remote host is down or filters: translated connections get no answer either.',
      'The node’s own connections are answered: their TTL is not decreased, and they say nothing of translation.',
      'Another machine behind the same router: its packets come from another MAC or with another TTL.',
      'The service goes away while the network changes: all translated connections came before the first silent one.',
      'One silent connection: it may be lost by chance.',
      'The capture ends right after the SYNs, or holds one direction only.',
    ],
    causes: [
      'The NAT table has a stale entry for the source port, and masquerade of the CNI (BPF) gives up',
      'A rule leaves this source or destination out (ip-masq-agent, non-masquerade ranges)',
      'The masquerade rule was removed or is not programmed yet',
    ],
    confirm: [
      { on: '<node>', command: 'conntrack -L -s <pod address>', expect: 'entries whose reply goes to the pod address' },
      { on: '<node>', command: 'iptables-save -t nat | grep -i masquerade', expect: 'a rule that leaves them out' },
    ],
    fix: ['Remove the stale NAT entries, or correct the masquerade rule of this node'],
    references: ['RFC 3022, 2', 'Linux Documentation/networking/nf_conntrack-sysctl.rst', 'Kubernetes: ip-masq-agent'],
  },
  thresholds: { ...thresholds, ...TRACEROUTE_THRESHOLDS, ...GATES, oneWayShare: ONE_WAY_SHARE },

  *detect(evidence) {
    for (const ledger of ledgersOf(evidence)) {
      if (!gatesOf(evidence).absence(ledger.point).ok) continue;
      for (const ofSource of groupBy(ledger.untranslated, ({ client }) => client.address).values()) {
        const found = judge(evidence, ledger, ofSource);
        if (found !== null) yield found;
      }
    }
  },

  explain(found, names) {
    const { protocol, silent, answered, source, remote, remoteAddress, samePod, alternating, translatedTo } = found;
    const own = translatedTo.map((address) => names.address(address)).join(', ');
    const host = names.host(found.point);
    return {
      message: `${counted(silent, protocol === 'tcp' ? 'connection' : 'UDP exchange')} of ${names.address(source)} to ${names.address(remote)} ${silent === 1 ? 'leaves' : 'leave'} ${names.point(found.point)} without source translation and ${silent === 1 ? 'gets' : 'get'} no answer; ${counted(answered, 'translated one')} (as ${own}) ${answered === 1 ? 'is' : 'are'} answered`,
      why: `The same port of the same address answers what comes from ${own}. Only the source address differs: nothing comes back to ${source}.`,
      causes: [
        {
          id: 'stale-nat-entry',
          cause: 'masquerade skips single connections (a stale entry of the NAT table holds their source port)',
          telling: samePod ? [`other connections of ${source} to ${remote} are translated`] : [],
          for: alternating ? ['silent and translated connections alternate'] : [],
          against: [],
          fix: [
            {
              on: host,
              command: `conntrack -D${ofFamily(source)} -s ${shellQuote(source)} -d ${shellQuote(remoteAddress)}`,
              note: 'restart its CNI agent if the entries come back',
            },
          ],
        },
        {
          id: 'source-left-out',
          cause: `a masquerade rule leaves ${source} or ${remoteAddress} out (ip-masq-agent, non-masquerade ranges)`,
          for: samePod ? [] : [`no connection of ${source} to ${remote} is seen to be translated`],
          against: samePod ? [`other connections of ${source} to ${remote} are translated`] : [],
          fix: [
            `Let the masquerade rule on ${host} take ${source} to ${remoteAddress} (ip-masq-agent, non-masquerade ranges).`,
          ],
        },
      ],
      confirm: [
        runs(host, `conntrack -L${ofFamily(source)} -s ${shellQuote(source)} -d ${shellQuote(remoteAddress)}`, {
          expect: `[UNREPLIED] entries that expect the answer at ${source}`,
          shows: { has: 'UNREPLIED' },
        }),
        masqueradeRules(host, familyOf(source), {
          expect: 'a rule that leaves this traffic out; with Cilium, cilium-dbg bpf nat list',
        }),
        routeTo(names.machine(remoteAddress), source, {
          expect: 'no route back to that address, or one that does not lead to the node',
        }),
      ],
      fix: [],
      wireshark: `${protocol === 'tcp' ? 'tcp.flags.syn==1' : 'udp'} && ${between(remoteAddress, source)}`,
    };
  },
});

function judge(evidence: Evidence, ledger: Ledger, ofSource: readonly Passage[]): SourceNotTranslated | null {
  const silent = ofSource.filter((passage) => isSilent(evidence, passage));
  if (silent.length < thresholds.silentConnections.value || ofSource.some(isAnswered)) return null;
  const alike = ledger.translated.filter((other) => isAlike(silent, other));
  const answered = alike.filter(isAnswered);
  if (answered.length === 0 || alike.some((passage) => isSilent(evidence, passage))) return null;
  return occurrenceOf(evidence, ledger, silent, answered);
}

const isAnswered = ({ outcome }: Passage): boolean => outcome === 'answered' || outcome === 'refused';

function isSilent(evidence: Evidence, { outcome, point, requests }: Passage): boolean {
  const end = indexOf(evidence).endOf(point);
  const answerable = requests.filter(({ time }) => end - time >= thresholds.guardSeconds.value);
  return outcome === 'silent' && answerable.length >= thresholds.minimumSyns.value;
}

/**
 * Both have the same source inside the node. If only the NIC shows them, both come through the same node, and this one
 * is later than the first silent one.
 */
function isAlike([first]: readonly Passage[], { inner, requests, mac, ttl }: Passage): boolean {
  if (inner !== null) return inner === first.client.address;
  return requests[0].time > first.requests[0].time && mac === first.mac && ttl === first.ttl;
}

function occurrenceOf(
  evidence: Evidence,
  { point, protocol, remote, translated }: Ledger,
  silent: readonly Passage[],
  answered: readonly Passage[],
): SourceNotTranslated {
  const conversations = silent.map(({ conversation }) => conversation);
  const [first] = silent;
  const last = silent[silent.length - 1];
  const source = first.client.address;
  const translatedTo = [...new Set(answered.map(({ client }) => client.address))].sort();
  const samePod = translated.some(({ inner }) => inner === source);
  const what = protocol === 'tcp' ? 'SYN' : 'request';
  return {
    key: `${source}>${remote}`,
    grade: gradeOf({ 'same-pod-translated-elsewhere': whereSeen(samePod) }),
    subject: subjectOf(conversations).subject,
    conversations: conversations.map(({ index }) => index),
    between: breakPointOf(conversations)?.between ?? null,
    place: `on the node of ${evidence.points[point].name}, where sources are translated`,
    ...excerpt(silent.flatMap(({ requests }) => packetsAt(point, requests, againAfter(what, requests[0]), '>'))),
    reach: silent.length,
    measured: { silentUntranslated: silent.length, answeredTranslated: answered.length, source, translatedTo },
    protocol,
    point,
    source,
    translatedTo,
    remote,
    remoteAddress: first.server.address,
    silent: silent.length,
    answered: answered.length,
    samePod,
    alternating: answered.some(
      ({ requests: [{ time }] }) => time > first.requests[0].time && time < last.requests[0].time,
    ),
  };
}
