import type { Conversation, Evidence } from '../../../flows/evidence/evidence.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { GATES, gatesOf } from '../../facts/gates.ts';
import { HOP_THRESHOLDS, type HopFinding, judgeHops, type ProbedHop } from '../../facts/judge-hops.ts';
import { ONE_WAY_SHARE } from '../../facts/one-way.ts';
import {
  hopsOf,
  isProbing,
  PROBE_ANSWER_THRESHOLDS,
  TRACEROUTE_THRESHOLDS,
  type Traceroute,
  traceroutesOf,
} from '../../facts/traceroutes.ts';
import { defineRule, type Level, type Occurrence } from '../../rule/rule.ts';
import { mtr } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { familyOf, hopLimit, timeExceeded, withAddress } from '../../words/display-filter.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';
import { groupBy } from '../../words/group-by.ts';

const thresholds = {
  probes: { value: 10, unit: 'probes', source: 'docs/thresholds.md, ten-probes' },
  lost: { value: 2, unit: 'probes', source: 'docs/thresholds.md, two-show-a-habit' },
  ...HOP_THRESHOLDS,
} as const;

const LEVELS: readonly Level[] = ['error', 'warning', 'note'];
const TCP = 6;
const UDP = 17;

interface TracerouteLoss extends Occurrence {
  source: string;
  target: string;
  protocol: 'tcp' | 'udp' | 'icmp';
  /** Port of the target, for TCP probes. */
  port: number;
  kind: HopFinding['kind'];
  said: string;
  /** Other findings about the hops. */
  also: string[];
  probes: number;
  /** The hop where the loss begins, and the hop before it. Null if the hop has no name. */
  begins: string | null;
  before: string | null;
  /** What answers although the probes are lost; null where nothing does. */
  works: string | null;
}

interface Judged {
  trace: Traceroute;
  hops: ProbedHop[];
  finding: HopFinding;
  also: HopFinding[];
}

/** Judges a traceroute or mtr run inside a capture by the rules for traceroute and mtr reports. */
export const tracerouteLoss = defineRule<TracerouteLoss>({
  meta: {
    id: 'traceroute-loss',
    faultClass: 'network-unreachable',
    level: 'warning',
    recordedIn: 'test/pcaps/traceroute-loss',
    place: 'mechanism',
    symptomOf: 'silent-path',
    explains: ['reordering'],
    explainsSymptomsOf: ['silent-path'],
    summary: 'Probes of a traceroute in the capture are lost from one hop on up to the target',
    meaning:
      'Somebody ran traceroute or mtr while this was captured. Its probes tell at which hop packets begin to be lost, which no other traffic of one capture point can.',
    rule: 'Probes of one sender to one target whose TTLs rise hop by hop. Loss at a hop counts when all later hops lose too, and the last hop loses two of ten probes or more. When nothing answers behind a hop: an error when all else between both ends fails also, else a warning, and a note for UDP alone. Loss that does not go on, delays, and too few probes are notes.',
    notThis: [
      'Loss at a hop behind which nothing is lost: the router limits its answers (told as a note).',
      'A router that answers nothing and forwards everything (told as a note).',
      'UDP probes in a hurry: a host sends one port unreachable a second; only the first of them counts.',
      'Three probes to a hop, one of them lost: too few to tell (told as a note).',
      'Probes shortly before the end of the capture: their answers may have come later.',
      'UDP probes that the target does not answer: firewalls drop these ports (told as a note).',
      'The target answers probes of another protocol: only these are dropped (told as a note).',
      'Somebody refuses the probes with an ICMP error: that is a finding of its own (no-route, firewall-reject).',
    ],
    causes: [
      'A full or broken line between the hop where loss begins and the one before it',
      'That router is overloaded or drops by a rule',
      'The way back from there is another one, and loses the answers',
    ],
    confirm: [
      { on: '<sender>', command: 'mtr -n -r -c 100 <target>', expect: 'loss from the same hop on, in each hop behind' },
      { on: '<target>', command: 'mtr -n -r -c 100 <sender>', expect: 'no loss: then the way back is sound' },
    ],
    fix: ['Capture on both sides of the hop where loss begins, and look at errors and drops of its interfaces'],
    references: ['RFC 792, time exceeded', 'RFC 1812, 4.3.2.8: routers limit the rate of ICMP errors'],
  },
  thresholds: {
    ...thresholds,
    ...TRACEROUTE_THRESHOLDS,
    ...PROBE_ANSWER_THRESHOLDS,
    ...GATES,
    oneWayShare: ONE_WAY_SHARE,
  },

  *detect(evidence) {
    const byWay = groupBy(traceroutesOf(evidence), ({ source, target }) => `${source} ${target}`);
    for (const way of byWay.values()) {
      const nearest = [...groupBy(way, ({ protocol }) => `${protocol}`).values()].map(nearestToSender);
      const isReached = nearest.some(({ probes }) => probes.some(({ answer }) => answer?.kind === 'arrived'));
      const found = nearest
        .flatMap((trace) => judgedOf(evidence, trace))
        .map((judged) => occurrenceOf(evidence, judged, isReached));
      const worst = LEVELS.map((level) => found.find((one) => one.level === level)).find((one) => one !== undefined);
      if (worst !== undefined) yield worst;
    }
  },

  explain({ source, target, protocol, port, kind, said, also, probes, begins, before, works }, names) {
    const lost = kind === 'loss' || kind === 'unreachable';
    const how = protocol === 'tcp' ? ` --tcp --port ${port}` : protocol === 'udp' ? ' --udp' : '';
    return {
      message: `Traceroute from ${names.address(source)} to ${names.address(target)} (${counted(probes, `${protocol.toUpperCase()} probe`)}): ${said}`,
      why: `${
        lost
          ? 'Each probe expires one hop further on. Where loss begins and does not end any more, packets are lost; routers that only answer slowly or seldom lose nothing behind them.'
          : 'Routers answer probes beside their work, late or not at all, and forward as ever: only what goes on up to the target counts.'
      }${also.map((more) => ` Also: ${more}.`).join('')}`,
      causes: lost
        ? [
            {
              id: 'line-or-router',
              cause: `the line or router between ${before ?? 'the sender'} and ${begins ?? 'what comes behind'} loses packets`,
              for: [said],
              against: works === null ? [] : [works],
            },
            {
              id: 'answers-lost',
              cause: 'the answers are lost on their way back, which may be another one',
              for: [],
              against: [],
            },
            {
              id: 'probes-filtered',
              cause: 'a firewall drops these probes and lets the application pass',
              telling: works === null ? [] : [works],
              for: [],
              fix:
                works === null
                  ? []
                  : [
                      'Nothing to mend for the application. Probe by its protocol and port (mtr --tcp --port) to see the hops.',
                    ],
              against: [
                ...(kind === 'loss' ? ['some probes get through'] : []),
                ...(protocol === 'tcp' ? ['the probes are TCP SYNs, as an application sends them'] : []),
              ],
            },
          ]
        : [],
      confirm: [
        mtr(
          names.machine(source),
          target,
          lost ? 'loss from the same hop on, in each hop behind it' : 'no loss at the last hop',
          how,
        ),
        ...(lost ? [mtr(names.machine(target), source, 'where the way back loses')] : []),
      ],
      fix: lost
        ? works !== null
          ? []
          : [
              `Look at errors and drops of the interfaces between ${before ?? names.address(source)} and ${begins ?? 'what comes behind'}, and capture on both sides of them.`,
            ]
        : ['Nothing to mend as long as the last hop answers.'],
      wireshark: `${withAddress(target)} && ${hopLimit(familyOf(target), '<=30')} || ${timeExceeded(familyOf(target))}`,
    };
  },
});

/** The point nearest to the sender sees the most probes. */
const nearestToSender = (same: readonly Traceroute[]): Traceroute =>
  same.reduce((most, one) => (one.probes.length > most.probes.length ? one : most));

function judgedOf(evidence: Evidence, trace: Traceroute): Judged[] {
  if (!isWhole(evidence) || !gatesOf(evidence).absence(trace.point).ok) return [];
  const kinds = new Set(trace.probes.flatMap(({ answer }) => (answer ? [answer.kind] : [])));
  // If no router answers, the capture may lack the answers. A refusal belongs to another rule.
  if (!kinds.has('expired') || (kinds.has('refused') && !kinds.has('arrived'))) return [];
  const hops = hopsOf(evidence, trace);
  const [finding, ...also] = hops.length === 0 ? [] : judgeHops(hops).filter(({ kind }) => kind !== 'few-probes');
  return finding === undefined ? [] : [{ trace, hops, finding, also }];
}

/** True if the evidence kept all probes and errors. Otherwise, an answer that was not kept would look like silence. */
const isWhole = (evidence: Evidence): boolean =>
  evidence.icmpErrorsTotal === evidence.icmpErrors.length && evidence.probesTotal === evidence.probes.length;

function levelOf(
  { trace, hops, finding }: Judged,
  others: readonly Conversation[],
  isSilent: boolean,
  isReached: boolean,
): Level {
  if (finding.kind === 'unreachable') {
    if (isReached) return 'note';
    if (others.length > 0) return isSilent ? 'error' : 'note';
    return trace.protocol === UDP ? 'note' : 'warning';
  }
  const { loss, sent } = hops[hops.length - 1];
  const enough = sent !== null && sent >= thresholds.probes.value && Math.round(loss * sent) >= thresholds.lost.value;
  return finding.kind === 'loss' && enough ? 'warning' : 'note';
}

/** Other conversations between source and target, and whether the target answers none of them. */
function othersOf(evidence: Evidence, { source, target }: Traceroute): { others: Conversation[]; isSilent: boolean } {
  const others = evidence.conversations.filter(
    (conversation) =>
      conversation.client.address === source &&
      conversation.server.address === target &&
      !isProbing(evidence, conversation),
  );
  const index = indexOf(evidence);
  const isAnswered = (conversation: Conversation): boolean =>
    index.connections(conversation).some(({ directions }) => directions[1].packets > 0) ||
    index.datagrams(conversation).some(({ packets }) => packets[1] > 0) ||
    index.echoes(conversation).some(({ reply }) => reply !== null);
  return { others, isSilent: !others.some(isAnswered) };
}

function occurrenceOf(evidence: Evidence, judged: Judged, isReached: boolean): TracerouteLoss {
  const { trace, hops, finding, also } = judged;
  const { source, target, point, probes } = trace;
  const protocol = trace.protocol === TCP ? 'tcp' : trace.protocol === UDP ? 'udp' : 'icmp';
  const { others, isSilent } = othersOf(evidence, trace);
  const at = hops.findIndex(({ hop }) => hop === finding.hops[0]);
  const nameOf = (hop: ProbedHop | undefined) => (hop?.host == null ? null : `hop ${hop.hop} (${hop.host})`);
  const begins = nameOf(hops[at]);
  const before = nameOf(hops[at - 1]);
  const lost = probes.filter(({ answer }) => answer === null);
  const shown = finding.kind === 'slow-hop' || finding.kind === 'unstable-delay' ? probes : lost;
  return {
    key: `${source}>${target}`,
    level: levelOf(judged, others, isSilent, isReached),
    grade: 'inferred',
    subject: { protocol, client: source, server: target },
    conversations: conversationsOf(evidence, trace, others),
    place: [begins === null ? '' : `at ${begins}`, before === null ? '' : `behind ${before}`]
      .filter(Boolean)
      .join(', '),
    ...excerpt(
      packetsAt(
        point,
        shown.map(({ probe }) => probe),
        (_, index) => `probe, TTL ${shown[index].probe.ttl}${shown[index].answer ? '' : ', no answer'}`,
        '>',
      ),
    ),
    reach: 1,
    measured: {
      probes: probes.length,
      hops: hops.map(({ host }) => host ?? '???'),
      lossPercent: hops.map(({ loss }) => Number((loss * 100).toFixed(1))),
      averageMs: hops.map(({ average }) => (average === null ? '-' : Number(average.toFixed(3)))),
      point: evidence.points[point].name,
    },
    source,
    target,
    protocol,
    port: probes[0].probe.destination.port,
    kind: finding.kind,
    said: finding.message,
    also: also.map(({ message }) => message),
    probes: probes.length,
    begins,
    before,
    works: finding.kind === 'unreachable' ? worksText(target, isReached, others.length > 0 && !isSilent) : null,
  };
}

const worksText = (target: string, isReached: boolean, isAnswered: boolean): string | null =>
  isAnswered
    ? `other traffic to ${target} is answered`
    : isReached
      ? `probes of another protocol reach ${target}`
      : null;

/** Conversations that the loss explains: other traffic on the same way, or else the conversations of the probes. */
function conversationsOf(evidence: Evidence, { probes, point }: Traceroute, others: readonly Conversation[]): number[] {
  if (others.length > 0) return others.map(({ index }) => index);
  const index = indexOf(evidence);
  const own = probes.flatMap(({ probe }) => index.conversationOfFlow(point, probe.flow)?.index ?? []);
  return [...new Set(own)];
}
