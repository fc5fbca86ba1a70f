/**
 * The article's model: a pod's network trouble belongs to one of five classes. Each gets a verdict, and "ok" is said
 * only where packets show that it works; what no packet shows is "not assessable".
 */
import type { Connection, DatagramFlow, Evidence, Leg } from '../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../flows/evidence/evidence.ts';
import { counted, grouped } from '../../text/counted.ts';
import type { FaultClass, Level } from '../rule/rule.ts';
import type { TriageRow } from './judgement.ts';

/** What the triage reads of a finding. */
interface TriagedFinding {
  ruleId: string;
  class: FaultClass;
  level: Level;
  message: string;
  subject: { protocol: string; server: string | null; serverBeforeNat: string | null };
  fingerprint: string;
  explainedBy: string | null;
}

/** The classes of the article, in its order. */
export const TRIAGE_CLASSES = ['network-unreachable', 'port-unreachable', 'dns', 'large-packet-loss', 'cni'] as const;
type TriageClass = (typeof TRIAGE_CLASSES)[number];

/**
 * IP length that counts as large, octets: no usual overlay on a 1500 octet underlay leaves less
 * (WireGuard 80, VXLAN in it 50 more: 1370).
 */
const LARGE_PACKET = 1370;
const DNS_PORT = 53;
const TCP = 6;

/** Rows for the five classes, then one for each other class in which something is wrong. */
export function triageOf(
  evidence: Evidence,
  findings: readonly TriagedFinding[],
  notAssessable: Partial<Record<FaultClass, string>>,
): TriageRow[] {
  const rows = TRIAGE_CLASSES.map((faultClass) => {
    const row = rowOf(evidence, findings, faultClass);
    const because = notAssessable[faultClass];
    if (row.verdict !== 'ok' || because === undefined) return row;
    return { class: faultClass, verdict: 'not-assessable' as const, because };
  });
  for (const faultClass of ['tcp', 'capture'] as const) {
    const fault = findings.find((finding) => finding.class === faultClass && isTrouble(finding));
    if (fault !== undefined) rows.push({ class: faultClass, verdict: 'fault', because: toldBy(fault) });
  }
  return rows;
}

function rowOf(evidence: Evidence, findings: readonly TriagedFinding[], faultClass: TriageClass): TriageRow {
  const own = findings.filter((finding) => classesOf(finding).includes(faultClass));
  const fault = own.find(isTrouble);
  if (fault !== undefined) return { class: faultClass, verdict: 'fault', because: toldBy(fault) };
  const hidden = own.find((finding) => finding.explainedBy !== null);
  if (hidden !== undefined) {
    const cause = findings.find((finding) => finding.fingerprint === hidden.explainedBy);
    const because = `${hidden.ruleId} was found, but follows from ${cause?.ruleId ?? 'another finding'}; capture again without that`;
    return { class: faultClass, verdict: 'not-assessable', because };
  }
  return { class: faultClass, ...assess[faultClass](evidence) };
}

const isTrouble = (finding: TriagedFinding): boolean => finding.level !== 'note';
const toldBy = (finding: TriagedFinding): string => `${finding.ruleId}: ${finding.message}`;

/** The article has services under CNI; a service that carries DNS is what the article calls a DNS fault, too. */
function classesOf(finding: TriagedFinding): FaultClass[] {
  if (finding.class !== 'service') return [finding.class];
  const ends = [finding.subject.server, finding.subject.serverBeforeNat];
  const isDns = finding.subject.protocol === 'dns' || ends.some((end) => end?.endsWith(`:${DNS_PORT}`));
  return isDns ? ['cni', 'dns'] : ['cni'];
}

type Assessment = Pick<TriageRow, 'verdict' | 'because'>;
const ok = (because: string): Assessment => ({ verdict: 'ok', because });
const notAssessable = (because: string): Assessment => ({ verdict: 'not-assessable', because });

const assess: Record<TriageClass, (evidence: Evidence) => Assessment> = {
  'network-unreachable': (evidence) => {
    const connections = evidence.connections.filter(isTwoWay).length + openedUnjudged(evidence);
    const echoes = evidence.echoes.filter((echo) => echo.request !== null && echo.reply !== null).length;
    const flows = evidence.datagrams.filter(({ packets }) => packets[0] > 0 && packets[1] > 0);
    const cut = flows.filter(isCutTcp).length;
    const datagrams = flows.length - cut;
    const parts = [
      connections > 0 && counted(connections, 'TCP connection'),
      cut > 0 && counted(cut, 'TCP flow with cut headers', 'TCP flows with cut headers'),
      echoes > 0 && counted(echoes, 'ping'),
      datagrams > 0 && counted(datagrams, 'UDP flow'),
    ].filter((part) => part !== false);
    if (parts.length > 0) return ok(`packets both ways in ${parts.join(', ')}`);
    return notAssessable('no packets both ways between any two addresses were captured');
  },

  'port-unreachable': (evidence) => {
    const isOpened = ({ kind, index }: Leg): boolean =>
      kind === 'tcp' && (evidence.connections[index]?.synAck.length ?? 0) > 0;
    const opened = evidence.conversations.filter(({ legs }) => legs.some(isOpened)).length + openedUnjudged(evidence);
    if (opened > 0) return ok(`${counted(opened, 'connection')} opened`);
    const running = evidence.connections.filter(isTwoWay).length;
    if (running > 0)
      return ok(`no connection was opened, but ${counted(running, 'running one')} carried packets both ways`);
    if (evidence.datagrams.some(isCutTcp))
      return notAssessable('the flags of TCP segments were cut away (raise the snapshot length: tcpdump -s 0)');
    return notAssessable('no attempt to open a TCP connection was captured');
  },

  dns: (evidence) => {
    const answered = evidence.dns.filter(({ responses }) => responses.length > 0).length;
    if (evidence.dns.length === 0) return notAssessable('no DNS packets were captured');
    if (answered === 0) return notAssessable('DNS queries were captured, but no answer, and too little else to judge');
    return ok(`${grouped(answered)} of ${counted(evidence.dns.length, 'DNS query', 'DNS queries')} answered`);
  },

  'large-packet-loss': (evidence) => {
    const largest = largestArrived(evidence);
    if (largest === 0) return notAssessable('no packet was seen to arrive');
    if (largest < LARGE_PACKET)
      return notAssessable(`the largest packet that was seen to arrive had ${largest} octets; no large one was tried`);
    return ok(`packets of up to ${largest} octets arrived`);
  },

  cni: (evidence) => {
    const tunnels = evidence.tunnels.length;
    if (tunnels === 0 && evidence.nat.length === 0)
      return notAssessable('no tunnel packets and no translated service address were captured');
    const answered = evidence.tunnels.filter((tunnel) =>
      evidence.tunnels.some(
        (back) =>
          back.source === tunnel.destination &&
          back.destination === tunnel.source &&
          back.networkId === tunnel.networkId,
      ),
    );
    if (tunnels > 0 && answered.length === 0)
      return notAssessable('tunnel packets were captured in one direction only');
    const parts = [
      tunnels > 0 && 'tunnels carry packets both ways',
      evidence.nat.length > 0 && `${counted(evidence.nat.length, 'address translation')} seen at work`,
    ].filter((part) => part !== false);
    return ok(parts.join(', '));
  },
};

/** Connections that opened and were only counted: at the point that has most of them, as others show the same ones. */
function openedUnjudged({ openedLeftOut, points }: Evidence): number {
  const byPoint = points.map(() => 0);
  for (const { point, times } of openedLeftOut) byPoint[point] += times.length;
  return Math.max(0, ...byPoint);
}

const isCutTcp = ({ protocol }: DatagramFlow): boolean => protocol === TCP;

const isTwoWay = ({ directions }: Connection): boolean =>
  directions[TO_SERVER].packets > 0 && directions[TO_CLIENT].packets > directions[TO_CLIENT].resets;

/** Largest IP length of which the receiver said, or another point showed, that it got there. */
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
