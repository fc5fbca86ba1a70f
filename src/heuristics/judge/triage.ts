/**
 * The article's model: a pod's network fault belongs to one of five classes. Applications are the sixth: is it the
 * network, or the program? Each class gets a verdict. It is "ok" only
 * where packets show that the class works, and "not assessable" where no packet shows it.
 */
import type { Conversation, Evidence, TunnelFlow } from '../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../flows/evidence/evidence.ts';
import { indexOf } from '../facts/evidence-index.ts';
import { type ClosedGate, gatesOf } from '../facts/gates.ts';
import type { FaultClass, Level, Pending } from '../rule/rule.ts';
import type { Judgement, TriageReason, TriageRow, WorkingReason } from './judgement.ts';
import { assessApplications } from './triage-applications.ts';
import { triageClassesOf } from './triage-classes.ts';
import {
  answeredPings,
  attemptsOf,
  countLookups,
  datagramsWith,
  halfwayConnections,
  isIn,
  OFFERED,
  OPENED,
  openedUnjudged,
  udpUnjudged,
  workingConnections,
} from './triage-counts.ts';

/** The parts of a finding that the triage reads. */
interface TriagedFinding {
  ruleId: string;
  class: FaultClass;
  level: Level;
  message: string;
  subject: { protocol: string; server: string | null; serverBeforeNat: string | null };
  fingerprint: string;
  explainedBy: string | null;
  /** As in the occurrence of the finding. */
  otherClasses?: readonly FaultClass[] | undefined;
  /** Why it is only a note although it may be the fault. */
  pending?: Pending | undefined;
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
const UDP = 17;

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
  const own = findings.filter(({ class: ofRule, otherClasses = [], subject }) =>
    [ofRule, ...otherClasses].some((one) => triageClassesOf(one, subject).includes(faultClass)),
  );
  const fault = own.find(isTrouble);
  if (fault !== undefined) return foundBy(fault);
  const hidden = own.find((finding) => finding.explainedBy !== null);
  if (hidden === undefined) return pendingOf(findings, faultClass);
  const cause = findings.find((finding) => finding.fingerprint === hidden.explainedBy);
  return { code: 'explained', ruleId: hidden.ruleId, by: cause?.ruleId ?? null };
}

/** Faults of TCP have no row of their own while they are open: they are about programs that are slow. */
function pendingOf(findings: readonly TriagedFinding[], faultClass: TriageClass): TriageReason | null {
  const open = findings.find(
    (finding) =>
      finding.pending !== undefined &&
      finding.explainedBy === null &&
      triageClassesOf(finding.class === 'tcp' ? 'application' : finding.class, finding.subject).includes(faultClass),
  );
  return open?.pending === undefined ? null : { code: open.pending, ruleId: open.ruleId, message: open.message };
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
    const connections = workingConnections(evidence) + openedUnjudged(evidence);
    const echoes = answeredPings(evidence);
    const flows = datagramsWith(evidence, ({ packets }) => packets[TO_SERVER] > 0 && packets[TO_CLIENT] > 0);
    const cutFlows = flows.filter(isOf(evidence, TCP)).length;
    const udp = flows.filter(isOf(evidence, UDP)).length + udpUnjudged(evidence);
    const others = flows.filter((flow) => !isOf(evidence, TCP)(flow) && !isOf(evidence, UDP)(flow)).length;
    if (connections + echoes + cutFlows + udp + others === 0)
      return {
        code: 'nothing-both-ways',
        halfway: halfwayConnections(evidence),
        gate: gateOfAll(
          evidence,
          evidence.points.map(({ index }) => index),
        ),
      };
    return { code: 'both-ways', connections, cutFlows, echoes, udp, others };
  },

  'port-unreachable': (evidence) => {
    const tried = attemptsOf(evidence);
    const opened = tried.filter(isIn(evidence, OPENED)).length + openedUnjudged(evidence);
    if (opened > 0) return { code: 'connections-opened', connections: opened };
    const running = workingConnections(evidence);
    if (running > 0) return { code: 'connections-running', connections: running };
    const offered = tried.filter(isIn(evidence, OFFERED)).length;
    if (offered > 0) return { code: 'not-acknowledged', offered };
    const points = evidence.connections.filter(({ directions }) => directions[TO_SERVER].syns > 0);
    const gate = gateOfAll(
      evidence,
      points.map(({ point }) => point),
    );
    if (points.length > 0) return { code: 'no-syn-ack', attempts: tried.length, gate };
    return evidence.datagrams.some(({ protocol }) => protocol === TCP) ? { code: 'flags-cut' } : { code: 'no-attempt' };
  },

  dns: (evidence) => {
    if (evidence.dnsTotal === 0) return { code: 'no-dns' };
    const counts = countLookups(evidence);
    if (counts.answered > 0) return { code: 'queries-answered', ...counts };
    const points = evidence.dns.map(({ point }) => point);
    return { code: 'queries-unanswered', ...counts, gate: gateOfAll(evidence, points) };
  },

  'large-packet-loss': (evidence) => {
    const octets = largestArrived(evidence);
    const isAll = openedUnjudged(evidence) === 0 && evidence.connections.length >= evidence.connectionsTotal;
    if (octets >= TRIAGE_THRESHOLDS.largePacketOctets.value) return { code: 'large-arrived', octets };
    return octets === 0 ? { code: 'nothing-arrived' } : { code: 'no-large-packet', octets, isAll };
  },

  cni: (evidence) => {
    const { tunnels, nat, carriers } = evidence;
    if (tunnels.length + nat.length === 0) return { code: carriers.length > 0 ? 'overlay-encrypted' : 'no-overlay' };
    const ways = new Set(tunnels.map(({ source, destination }) => `${source} ${destination}`));
    if (tunnels.length > 0 && !tunnels.some(({ source, destination }) => ways.has(`${destination} ${source}`))) {
      const points = tunnels.map(({ point }) => point);
      return { code: 'tunnels-one-way', gate: gateOfAll(evidence, points) };
    }
    const nets = new Set(tunnels.map(({ source, destination, networkId }) => `${source} ${destination} ${networkId}`));
    const isOfSame = ({ source, destination, networkId }: TunnelFlow): boolean =>
      nets.has(`${destination} ${source} ${networkId}`);
    if (tunnels.length > 0 && !tunnels.some(isOfSame)) return { code: 'vnis-differ' };
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

const isOf =
  (evidence: Evidence, protocol: number) =>
  (conversation: Conversation): boolean =>
    indexOf(evidence)
      .datagrams(conversation)
      .some((flow) => flow.protocol === protocol);

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
