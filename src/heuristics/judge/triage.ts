/**
 * The article's model: a pod's network fault belongs to one of five classes. Applications are the sixth: is it the
 * network, or the program? Each class gets a verdict. It is "ok" only
 * where packets show that the class works, and "not assessable" where no packet shows it.
 */
import type { Connection, Conversation, DatagramFlow, Evidence, TunnelFlow } from '../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../flows/evidence/evidence.ts';
import { indexOf } from '../facts/evidence-index.ts';
import { type ClosedGate, gatesOf } from '../facts/gates.ts';
import { lifeOf, type Stage } from '../facts/tcp/life.ts';
import type { FaultClass, Level } from '../rule/rule.ts';
import type { Judgement, TriageReason, TriageRow, WorkingReason } from './judgement.ts';
import { assessApplications } from './triage-applications.ts';
import { triageClassesOf } from './triage-classes.ts';

/** The parts of a finding that the triage reads. */
interface TriagedFinding {
  ruleId: string;
  class: FaultClass;
  level: Level;
  message: string;
  subject: { protocol: string; server: string | null; serverBeforeNat: string | null };
  fingerprint: string;
  explainedBy: string | null;
}

/** The classes of the article, in the article's order, and applications. */
export const TRIAGE_CLASSES = [
  'network-unreachable',
  'port-unreachable',
  'dns',
  'large-packet-loss',
  'cni',
  'application',
] as const;
type TriageClass = (typeof TRIAGE_CLASSES)[number];

export const TRIAGE_THRESHOLDS = {
  /**
   * Smallest IP length that counts as large, octets. No usual overlay on a 1500 octet underlay has a smaller MTU
   * (WireGuard takes 80, VXLAN in it 50 more: 1370).
   */
  largePacketOctets: { value: 1370, unit: 'octets', source: 'docs/thresholds.md, large-packet' },
} as const;
const TCP = 6;

/**
 * Rows for these classes, then one row for each other class that has a fault.
 *
 * @param gated rules that could not be judged, by the class that they leave open
 */
export function triageOf(
  evidence: Evidence,
  findings: readonly TriagedFinding[],
  gated: NonNullable<Judgement['notAssessable']>,
): TriageRow[] {
  const rows = TRIAGE_CLASSES.map((faultClass): TriageRow => {
    const found = reasonOfFindings(findings, faultClass);
    if (found !== null) return rowOf(faultClass, found);
    const seen = assess[faultClass](evidence);
    const rules = gated[faultClass];
    return rowOf(
      faultClass,
      rules === undefined ? seen : { code: 'gated', rules, works: isWorking(seen) ? seen : null },
    );
  });
  for (const faultClass of ['tcp', 'capture'] as const) {
    const fault = findings.find((finding) => finding.class === faultClass && isTrouble(finding));
    if (fault !== undefined) rows.push(rowOf(faultClass, foundBy(fault)));
  }
  return rows;
}

const rowOf = (faultClass: FaultClass, reason: TriageReason): TriageRow => ({
  class: faultClass,
  verdict: reason.code === 'found' ? 'fault' : isWorking(reason) ? 'ok' : 'not-assessable',
  reason,
});

function reasonOfFindings(findings: readonly TriagedFinding[], faultClass: TriageClass): TriageReason | null {
  const own = findings.filter((finding) => triageClassesOf(finding.class, finding.subject).includes(faultClass));
  const fault = own.find(isTrouble);
  if (fault !== undefined) return foundBy(fault);
  const hidden = own.find((finding) => finding.explainedBy !== null);
  if (hidden === undefined) return null;
  const cause = findings.find((finding) => finding.fingerprint === hidden.explainedBy);
  return { code: 'explained', ruleId: hidden.ruleId, by: cause?.ruleId ?? null };
}

const isTrouble = (finding: TriagedFinding): boolean => finding.level !== 'note';
const foundBy = ({ ruleId, message }: TriagedFinding): TriageReason => ({ code: 'found', ruleId, message });

const WORKING: Readonly<Record<WorkingReason['code'], true>> = {
  'both-ways': true,
  'connections-opened': true,
  'connections-running': true,
  'queries-answered': true,
  'large-arrived': true,
  'overlay-works': true,
  'answers-read': true,
};
const isWorking = (reason: TriageReason): reason is WorkingReason => Object.hasOwn(WORKING, reason.code);

const assess: Record<TriageClass, (evidence: Evidence) => TriageReason> = {
  'network-unreachable': (evidence) => {
    const connections = evidence.connections.filter(isWorkingLeg(evidence)).length + openedUnjudged(evidence);
    const echoes = evidence.echoes.filter((echo) => echo.request !== null && echo.reply !== null).length;
    const flows = evidence.datagrams.filter(({ packets }) => packets[0] > 0 && packets[1] > 0);
    const cutFlows = flows.filter(isCutTcp).length;
    if (connections + echoes + flows.length === 0)
      return {
        code: 'nothing-both-ways',
        gate: gateOfAll(
          evidence,
          evidence.points.map(({ index }) => index),
        ),
      };
    return { code: 'both-ways', connections, cutFlows, echoes, datagrams: flows.length - cutFlows };
  },

  'port-unreachable': (evidence) => {
    const tried = conversationsWith(evidence, ({ syn, synAck }) => syn.length + synAck.length > 0);
    const opened = tried.filter((one) => lifeOf(evidence, one).stage === 'opened').length + openedUnjudged(evidence);
    if (opened > 0) return { code: 'connections-opened', connections: opened };
    const running = evidence.connections.filter(isWorkingLeg(evidence)).length;
    if (running > 0) return { code: 'connections-running', connections: running };
    const isAttempt = ({ directions }: Connection): boolean => directions[TO_SERVER].syns > 0;
    const offered = tried.filter((one) => OFFERED.has(lifeOf(evidence, one).stage)).length;
    if (offered > 0) return { code: 'not-acknowledged', offered };
    const attempts = conversationsWith(evidence, isAttempt).length;
    const points = evidence.connections.filter(isAttempt).map(({ point }) => point);
    if (attempts > 0) return { code: 'no-syn-ack', attempts, gate: gateOfAll(evidence, points) };
    return evidence.datagrams.some(isCutTcp) ? { code: 'flags-cut' } : { code: 'no-attempt' };
  },

  dns: (evidence) => {
    const { dns } = evidence;
    const answered = dns.filter(({ responses }) => responses.length > 0).length;
    if (dns.length === 0) return { code: 'no-dns' };
    if (answered === 0) {
      const points = dns.map(({ point }) => point);
      return { code: 'queries-unanswered', queries: dns.length, gate: gateOfAll(evidence, points) };
    }
    return { code: 'queries-answered', answered, of: dns.length };
  },

  'large-packet-loss': (evidence) => {
    const octets = largestArrived(evidence);
    if (octets === 0) return { code: 'nothing-arrived' };
    return { code: octets < TRIAGE_THRESHOLDS.largePacketOctets.value ? 'no-large-packet' : 'large-arrived', octets };
  },

  cni: (evidence) => {
    const { tunnels, nat } = evidence;
    if (tunnels.length === 0 && nat.length === 0) return { code: 'no-overlay' };
    const isAnswered = (tunnel: TunnelFlow): boolean =>
      tunnels.some(
        (back) =>
          back.source === tunnel.destination &&
          back.destination === tunnel.source &&
          back.networkId === tunnel.networkId,
      );
    if (tunnels.length > 0 && !tunnels.some(isAnswered)) {
      const points = tunnels.map(({ point }) => point);
      return { code: 'tunnels-one-way', gate: gateOfAll(evidence, points) };
    }
    return { code: 'overlay-works', tunnels: tunnels.length > 0, translations: nat.length };
  },

  application: assessApplications,
};

/** The closed gate of the first of these points, when absence proves nothing at any of them. */
function gateOfAll(evidence: Evidence, points: readonly number[]): ClosedGate | null {
  const gates = points.map((point) => gatesOf(evidence).absence(point));
  const [first] = gates;
  return first === undefined || first.ok || gates.some(({ ok }) => ok) ? null : first;
}

/** Conversations with a connection that satisfies the condition at one of their points. */
const conversationsWith = (
  { conversations, connections }: Evidence,
  isSuch: (one: Connection) => boolean,
): Conversation[] =>
  conversations.filter(({ legs }) =>
    legs.some(({ kind, index }) => kind === 'tcp' && connections[index] !== undefined && isSuch(connections[index])),
  );

const OFFERED: ReadonlySet<Stage> = new Set(['offered', 'not-taken']);

/**
 * Connections that opened and were only counted, at the point that has most of them. Other points show the same
 * connections.
 */
function openedUnjudged({ openedLeftOut, points }: Evidence): number {
  const byPoint = points.map(() => 0);
  for (const { point, times } of openedLeftOut) byPoint[point] += times.length;
  return Math.max(0, ...byPoint);
}

const isCutTcp = ({ protocol }: DatagramFlow): boolean => protocol === TCP;

/**
 * Packets of the connection pass both ways, and the client acknowledged the server's SYN-ACK. A SYN-ACK alone proves
 * nothing.
 */
const isWorkingLeg =
  (evidence: Evidence) =>
  (leg: Connection): boolean => {
    if (!isTwoWay(leg)) return false;
    const conversation = indexOf(evidence).conversationOf('tcp', leg.index);
    return conversation === undefined || !OFFERED.has(lifeOf(evidence, conversation).stage);
  };

const isTwoWay = ({ directions }: Connection): boolean =>
  directions[TO_SERVER].packets > 0 && directions[TO_CLIENT].packets > directions[TO_CLIENT].resets;

/** Largest IP length of a packet that arrived, as its receiver acknowledged or another point showed. */
function largestArrived(evidence: Evidence): number {
  let largest = 0;
  for (const { directions } of evidence.connections)
    largest = Math.max(largest, directions[TO_SERVER].largestAckedL3, directions[TO_CLIENT].largestAckedL3);
  for (const echo of evidence.echoes)
    if (echo.request !== null && echo.reply !== null) largest = Math.max(largest, echo.l3Length);
  for (const { hops } of evidence.conversations)
    for (const hop of hops) largest = Math.max(largest, hop.largestArrived);
  return largest;
}
