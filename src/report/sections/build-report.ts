import type { ClockRelation, Evidence } from '../../flows/evidence/evidence.ts';
import type { Judged, Judgement, TriageReason, TriageRow, UnaskedRule } from '../../heuristics/judge/judgement.ts';
import { nextCaptureOf } from '../../heuristics/judge/next-capture.ts';
import { triageOf } from '../../heuristics/judge/triage.ts';
import type { EvidencePacket, Occurrence } from '../../heuristics/rule/rule.ts';
import { advise } from '../../heuristics/rule/weigh.ts';
import { addressOf } from '../../text/addresses.ts';
import { endText } from '../../text/end-text.ts';
import { captureId, pointId } from '../../text/ids.ts';
import { sanitizeAll } from '../../text/sanitize.ts';
import type { ReportPictures } from '../model/pictures.ts';
import type {
  FindingBase,
  Report,
  ReportCapture,
  ReportEvidence,
  ReportFinding,
  ReportLadder,
  ReportPath,
  ReportPoint,
  ReportRule,
  ReportTriage,
  ReportVerdict,
} from '../model/report.ts';
import { SCHEMA_VERSION } from '../model/report.ts';
import { alikePlaces, alikeWords } from './alike-words.ts';
import { type CutShort, leftOutOf, partialOf, unreadOf } from './cut-short.ts';
import { isoTime } from './iso-time.ts';
import { restsOnPart } from './kept-words.ts';
import { ladderOf } from './ladder.ts';
import { networkProofWords } from './network-proof.ts';
import { pointWords } from './point-words.ts';
import { clockReasonWords, gatedWords } from './reason-words.ts';
import { withinLimit } from './size-limit.ts';
import { triageWords } from './triage-words.ts';
import { unasked, unseenOf } from './unseen.ts';

/** Packets listed per finding; `evidenceTotal` counts all. A person opens a few, and a program rarely needs more. */
export const EVIDENCE_LIMIT = 50;

export interface ReportOptions {
  /** Present when reading was stopped early. */
  cut?: CutShort | undefined;
  /** Nothing is left out, however long the report becomes. */
  isWhole?: boolean | undefined;
  pictures?: ReportPictures | undefined;
}

/** Words and facts put together as schema version 1. Finds nothing, drops nothing; every text in it is safe to print. */
export function buildReport(
  evidence: Evidence,
  judgement: Judgement,
  toolVersion: string,
  { cut, isWhole = false, pictures }: ReportOptions = {},
): Report {
  const off = (judgement.off ?? []).map(({ ruleId }) => ruleId);
  const findings = judgement.findings.map((judged) => findingOf(evidence, judged));
  const report = sanitizeAll<Report>({
    schemaVersion: SCHEMA_VERSION,
    tool: { name: 'pcapdiag', version: toolVersion },
    ...(cut !== undefined && { partial: partialOf(evidence, cut) }),
    captures: evidence.captures.map((_, index) => captureOf(evidence, index)),
    points: evidence.points.map((_, index) => pointOf(evidence, index)),
    verdict: verdictOf(findings, judgement),
    triage: triageOf(evidence, asOccurrences(findings, judgement), judgement.notAssessable ?? {})
      .map((row) => unlessUnasked(row, judgement))
      .map((row) => triageRow(evidence, row)),
    findings,
    failureDomain: judgement.failureDomain ?? null,
    nat: evidence.nat.map((mapping) => ({
      kind: mapping.kind,
      protocol: mapping.protocol,
      before: endText(mapping.before),
      after: endText(mapping.after),
      between: pairIds(mapping.between),
      conversations: mapping.conversations,
    })),
    clocks: evidence.clocks.map(({ unknown, ...clock }) => ({
      ...clock,
      because: unknown === null ? null : clockReasonWords(unknown),
      code: unknown?.code ?? null,
    })),
    paths: evidence.paths.map(
      (path): ReportPath => ({
        points: path.points.map(pointId),
        conversations: path.conversations,
        packets: [[...path.packets[0]], [...path.packets[1]]],
        lost: [[...path.lost[0]], [...path.lost[1]]],
      }),
    ),
    ladder: ladderIn(evidence, judgement),
    nextCapture: nextCaptureOf(evidence, judgement),
    unseen: [
      ...(cut === undefined ? [] : unreadOf(evidence, cut)),
      ...unseenOf(evidence),
      ...unasked(evidence, judgement.gated ?? []),
      ...(cut === undefined ? [] : leftOutOf(judgement, cut)),
      ...(off.length === 0 ? [] : [`not looked for, since these rules are off: ${[...off].sort().join(', ')}`]),
    ],
    rules: rulesOf(evidence, judgement, off),
  });
  const bounded = isWhole ? report : withinLimit(report, judgement.findingsLeftOut);
  // Bounded by themselves, and escaped.
  return pictures === undefined ? bounded : { ...bounded, pictures };
}

/** @param findings in the order of the judgement */
const asOccurrences = (findings: readonly ReportFinding[], judgement: Judgement) =>
  findings.map((finding, at) => {
    const { otherClasses, pending } = judgement.findings[at].occurrence;
    return { ...finding, otherClasses, pending };
  });

const pairIds = ([from, to]: [number, number]): [string, string] => [pointId(from), pointId(to)];

export function captureOf(evidence: Pick<Evidence, 'captures'>, index: number): ReportCapture {
  const capture = evidence.captures[index];
  const time = (relative: number) =>
    capture.packets === 0 ? null : isoTime(capture.baseSeconds, capture.baseNanoseconds, relative);
  return {
    id: captureId(index),
    path: capture.path,
    format: capture.format,
    packets: capture.packets,
    firstTime: time(0),
    lastTime: time(capture.duration),
    snaplen: capture.snaplen,
    dropped: capture.dropped,
    ...(capture.isPartial && { partial: true as const }),
    truncated: capture.problems.some(({ kind }) => kind !== 'corrupt'),
    problems: capture.problems.map(({ kind, offset, message }) => ({ kind, offset, message })),
  };
}

export function pointOf(evidence: Pick<Evidence, 'captures' | 'points' | 'clocks'>, index: number): ReportPoint {
  const point = evidence.points[index];
  return {
    id: pointId(index),
    capture: captureId(point.capture),
    interface: point.interfaceName,
    name: point.name,
    host: point.host,
    role: point.role,
    namedBy: point.namedBy,
    packets: point.quality.packets,
    clock: clockOf(evidence.clocks, point.host ?? evidence.captures[point.capture].path),
  };
}

/** A host whose clock is compared with no other keeps its own time: offset 0. */
function clockOf(clocks: readonly ClockRelation[], host: string): ReportPoint['clock'] {
  const relation = clocks.find((clock) => clock.host === host && clock.reference !== host);
  if (relation === undefined) return { offsetSeconds: 0, errorSeconds: 0, skewPpm: 0 };
  return {
    offsetSeconds: relation.offsetSeconds,
    errorSeconds: relation.errorSeconds,
    skewPpm: relation.skewPpm,
  };
}

/** A finding in words; its texts are not yet safe to print. */
export function findingOf(evidence: Evidence, judged: Judged): ReportFinding {
  const { meta, occurrence, explanation } = judged;
  const finding: FindingBase = {
    ruleId: meta.id,
    class: meta.faultClass,
    level: judged.level,
    grade: occurrence.grade,
    message: explanation.message + alikeWords(judged),
    why: explanation.why + restsOnPart(evidence, occurrence),
    subject: subjectOf(evidence, occurrence),
    location: locationOf(evidence, judged),
    measured: occurrence.measured,
    evidence: evidencePackets(evidence, occurrence.packets),
    evidenceTotal: Math.max(occurrence.packetsTotal, occurrence.packets.length),
    ...advise(explanation),
    wireshark: explanation.wireshark,
    explains: judged.explains,
    explainedBy: judged.explainedBy,
    reach: occurrence.reach,
    ...(judged.alike && { alike: { end: judged.alike.end, others: judged.alike.others, listed: judged.alike.listed } }),
    fingerprint: judged.fingerprint,
  };
  // The rule of this id measured it: the rule tables of the tests hold the types against the values.
  return finding as ReportFinding;
}

function subjectOf(evidence: Evidence, { subject }: Occurrence): ReportFinding['subject'] {
  const { protocol, client, server } = subject;
  const serverBeforeNat = subject.serverBeforeNat ?? null;
  const names: Record<string, string> = {};
  for (const end of [client, server, serverBeforeNat]) {
    if (end === null) continue;
    const address = addressOf(end);
    const name = evidence.known.names[address];
    if (name !== undefined) names[address] = name;
  }
  return { protocol, client, server, serverBeforeNat, names };
}

function locationOf(evidence: Evidence, { occurrence, alike }: Judged): ReportFinding['location'] {
  const { between, place } = occurrence;
  if (between === undefined || between === null) return { between: null, text: alikePlaces(place ?? '', alike) };
  const [from, to] = between;
  return {
    between: [pointId(from), pointId(to)],
    text: alikePlaces(`after ${pointWords(evidence.points[from])}, before ${pointWords(evidence.points[to])}`, alike),
  };
}

/** Sorted by the common clock, then by capture and packet number, so that the order of the rule does not matter. */
function evidencePackets(evidence: Evidence, packets: readonly EvidencePacket[]): ReportEvidence[] {
  const onCommonClock = (packet: EvidencePacket) => packet.time + evidence.points[packet.point].timeShift;
  const captureIndex = (packet: EvidencePacket) => evidence.points[packet.point].capture;
  return [...packets]
    .sort(
      (a, b) =>
        onCommonClock(a) - onCommonClock(b) ||
        captureIndex(a) - captureIndex(b) ||
        a.packet - b.packet ||
        a.point - b.point,
    )
    .slice(0, EVIDENCE_LIMIT)
    .map((packet) => {
      const capture = evidence.captures[captureIndex(packet)];
      return {
        capture: captureId(captureIndex(packet)),
        point: pointId(packet.point),
        packet: packet.packet,
        relativeSeconds: packet.time,
        time: isoTime(capture.baseSeconds, capture.baseNanoseconds, packet.time),
        direction: packet.direction ?? '',
        note: packet.note,
      };
    });
}

function ladderIn(evidence: Evidence, judgement: Judgement): ReportLadder | null {
  const ladder = ladderOf(evidence, judgement);
  return ladder === null ? null : { ...ladder, points: ladder.points.map(pointId) };
}

/** The first finding, when it says that something is wrong. A note is never the verdict. */
function verdictOf([first]: readonly ReportFinding[], { networkProof }: Judgement): ReportVerdict | null {
  if (first === undefined || first.level === 'note') return null;
  const { ruleId, level, message } = first;
  const proof = networkProof === null || networkProof === undefined ? null : networkProofWords(networkProof);
  return { ruleId, class: first.class, level, summary: message, notTheNetwork: proof };
}

/** A class is not well only because nobody looked for its faults. */
function unlessUnasked(row: TriageRow, { off = [], leftOut = [] }: Judgement): TriageRow {
  if (row.verdict !== 'ok') return row;
  const ofClass = (rules: readonly UnaskedRule[]) => rules.filter(({ classes }) => classes.includes(row.class));
  const open = (reason: TriageReason): TriageRow => ({ class: row.class, verdict: 'not-assessable', reason });
  const rules = ofClass(off).map(({ ruleId }) => ruleId);
  if (rules.length > 0) return open({ code: 'switched-off', rules });
  const stopped = ofClass(leftOut).length;
  return stopped > 0 ? open({ code: 'stopped', rules: stopped }) : row;
}

function triageRow(evidence: Evidence, { class: faultClass, verdict, reason }: TriageRow): ReportTriage {
  return {
    class: faultClass,
    verdict,
    because: triageWords(evidence, reason),
    code: reason.code,
    ruleId: reason.code === 'found' ? reason.ruleId : null,
  };
}

function rulesOf(evidence: Evidence, judgement: Judgement, off: readonly string[]): ReportRule[] {
  const gated = (judgement.gated ?? []).map(({ ruleId, gates }) => ({
    ruleId,
    status: 'gated' as const,
    because: gatedWords(evidence, { gates }),
    code: gates[0]?.code ?? null,
  }));
  const skipped = new Set(gated.map(({ ruleId }) => ruleId));
  const ran = (judgement.ran ?? [])
    .filter((ruleId) => !skipped.has(ruleId))
    .map((ruleId) => ({ ruleId, status: 'ran' as const, because: null, code: null }));
  const unused = off.map((ruleId) => ({ ruleId, status: 'off' as const, because: null, code: null }));
  const stopped = (judgement.leftOut ?? []).map(({ ruleId }) => ({
    ruleId,
    status: 'stopped' as const,
    because: null,
    code: null,
  }));
  return [...ran, ...gated, ...unused, ...stopped].sort((a, b) => (a.ruleId < b.ruleId ? -1 : 1));
}
