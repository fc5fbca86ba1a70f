import type { Report, ReportFinding } from '../report/model/report.ts';
import { addressOf } from '../text/addresses.ts';
import { counted } from '../text/counted.ts';
import { couldSpeak, lacksEvidence } from './decide.ts';
import { lossOf, percentile, valueText } from './measures.ts';
import type { TrafficMeasures } from './traffic-measures.ts';

/** What can differ between two recordings. */
export const DIFFERENCE_KINDS = ['finding', 'nat', 'mss', 'path-mtu', 'hops', 'loss', 'round-trip'] as const;
/** One of them. */
export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number];

/** One thing that is not as it was. */
export interface Difference {
  /** What differs. */
  kind: DifferenceKind;
  /** `changed`: neither is better in itself. */
  is: 'worse' | 'changed' | 'better';
  /** One sentence. */
  text: string;
  /** The level and the fingerprint of a finding. */
  finding?: {
    /** Its rule. */
    ruleId: string;
    /** Its level, as it is now or was. */
    level: ReportFinding['level'];
    /** What it keeps from one report to the next. */
    fingerprint: string;
  };
}

/** A report with what was measured of its captures. */
export interface Recording {
  /** All captures together. */
  report: Report;
  /** What was measured, once for each capture. */
  measures: readonly TrafficMeasures[];
}

/** A loss that differs by less is the luck of the day. A share. */
const LOSS_CHANGES_BY = 0.001;
/** A round trip is another one when it is so many times as long or short, and differs by so much. */
const ROUND_TRIP_CHANGES = { factor: 1.5, seconds: 0.001 } as const;

/** What is not as it was in the golden recording, worst first. */
export function compareRecordings(golden: Recording, now: Recording): Difference[] {
  const all = [
    ...findings(golden.report, now.report),
    ...losses(golden.report, now.report),
    ...roundTrips(golden, now),
    ...nat(golden, now),
    ...byAddress('mss', 'the MSS that @ offers', golden, now, ({ mss }) => mss),
    ...byAddress('path-mtu', 'the path MTU that ICMP tells @', golden, now, ({ toldMtu }) => toldMtu),
    ...hops(golden, now),
  ];
  const rank = { worse: 0, changed: 1, better: 2 } as const;
  return all.sort((a, b) => rank[a.is] - rank[b.is]);
}

/** Symptoms come and go with their causes. Notes are no faults. */
function findings(golden: Report, now: Report): Difference[] {
  const told = ({ findings: list }: Report) =>
    list.filter(({ explainedBy, level }) => explainedBy === null && level !== 'note');
  const has = ({ findings: list }: Report, { fingerprint }: ReportFinding) =>
    list.some((other) => other.fingerprint === fingerprint && other.level !== 'note');
  const difference = (word: string, is: Difference['is'], { ruleId, level, message, fingerprint }: ReportFinding) => ({
    kind: 'finding' as const,
    is,
    text: `${word} ${level}: ${ruleId}: ${message}`,
    finding: { ruleId, level, fingerprint },
  });
  return [
    ...told(now).flatMap((finding) => (has(golden, finding) ? [] : [difference('new', 'worse', finding)])),
    // A rule that could not speak has not shown that it is gone.
    ...told(golden).flatMap((finding) =>
      has(now, finding) || !couldSpeak(now, finding.ruleId) ? [] : [difference('gone', 'better', finding)],
    ),
  ];
}

function losses(golden: Report, now: Report): Difference[] {
  const [before, after] = [lossOf(golden), lossOf(now)];
  if (before === null || after === null || Math.abs(after - before) < LOSS_CHANGES_BY) return [];
  const text = `loss between capture points: ${valueText('share', after)}, before ${valueText('share', before)}`;
  return [{ kind: 'loss', is: after > before ? 'worse' : 'better', text }];
}

function roundTrips(golden: Recording, now: Recording): Difference[] {
  const sorted = ({ measures }: Recording) => measures.flatMap(({ tcp }) => tcp.roundTrips).sort((a, b) => a - b);
  const [old, fresh] = [sorted(golden), sorted(now)];
  return ([0.5, 0.95] as const).flatMap((share): Difference[] => {
    const [before, after] = [percentile(old, share), percentile(fresh, share)];
    if (before === null || after === null || !isOtherTime(before, after)) return [];
    const text = `round trips, p${share * 100}: ${valueText('time', after)}, before ${valueText('time', before)}`;
    return [{ kind: 'round-trip', is: after > before ? 'worse' : 'better', text }];
  });
}

const isOtherTime = (before: number, after: number): boolean =>
  Math.abs(after - before) >= ROUND_TRIP_CHANGES.seconds &&
  Math.max(before, after) >= ROUND_TRIP_CHANGES.factor * Math.min(before, after);

interface Translations {
  end: string;
  to: Set<string>;
}

/** Where one recording has no packet of an end, it does not tell that the end is not translated. */
function nat(golden: Recording, now: Recording): Difference[] {
  const [before, after] = [translationsOf(golden.report), translationsOf(now.report)];
  const [endsBefore, endsAfter] = [endsOf(golden), endsOf(now)];
  return [...new Map([...before, ...after])].sort().flatMap(([key, { end }]): Difference[] => {
    const [old, fresh] = [before, after].map((map) => [...(map.get(key)?.to ?? [])].sort().join(', '));
    if (old === fresh || (old === '' && !endsBefore.has(end)) || (fresh === '' && !endsAfter.has(end))) return [];
    const text = `${key} → ${fresh || NOT_TRANSLATED}, before ${old || NOT_TRANSLATED}`;
    return [{ kind: 'nat', is: 'changed', text }];
  });
}

const NOT_TRANSLATED = 'no translation seen';

/** Of translated sources the port is another one for each conversation. */
function translationsOf({ nat: list }: Report): Map<string, Translations> {
  const map = new Map<string, Translations>();
  for (const { kind, protocol, before, after } of list) {
    const [from, to] = kind === 'snat' ? [addressOf(before), addressOf(after)] : [before, after];
    const end = `${protocol} ${from}`;
    const known = map.get(`${kind} ${end}`);
    if (known === undefined) map.set(`${kind} ${end}`, { end, to: new Set([to]) });
    else known.to.add(to);
  }
  return map;
}

const endsOf = ({ measures }: Recording): Set<string> => new Set(measures.flatMap(({ ends }) => ends));

/** The smallest value of each address over all captures of a recording. */
function smallest({ measures }: Recording, of: (one: TrafficMeasures) => Record<string, number>): Map<string, number> {
  const least = new Map<string, number>();
  for (const [address, value] of measures.flatMap((one) => Object.entries(of(one))))
    least.set(address, Math.min(value, least.get(address) ?? value));
  return least;
}

function byAddress(
  kind: DifferenceKind,
  words: string,
  golden: Recording,
  now: Recording,
  of: (one: TrafficMeasures) => Record<string, number>,
): Difference[] {
  const [before, after] = [smallest(golden, of), smallest(now, of)];
  // An address that is in one recording only has nothing to be compared with; a path MTU is told only where it is small.
  const inBoth = kind === 'path-mtu' ? addressesOfBoth(golden, now) : new Set<string>();
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((address): Difference[] => {
    const [old, fresh] = [before.get(address), after.get(address)];
    if (old === fresh || ((old === undefined || fresh === undefined) && !inBoth.has(address))) return [];
    const is = fresh === undefined ? 'better' : old === undefined || fresh < old ? 'worse' : 'better';
    return [{ kind, is, text: `${words.replace('@', address)}: ${fresh ?? 'none'}, before ${old ?? 'none'}` }];
  });
}

function addressesOfBoth(golden: Recording, now: Recording): Set<string> {
  const [before, after] = [golden, now].map(
    (recording) => new Set([...endsOf(recording)].map((end) => addressOf(end.slice(end.indexOf(' ') + 1)))),
  );
  return new Set([...before].filter((address) => after.has(address)));
}

/** How far a packet has come depends on where it is seen. */
const isAtAsManyPoints = ({ report: golden }: Recording, { report: now }: Recording): boolean =>
  golden.points.length === now.points.length;

/** Each router takes one from the TTL. */
function hops(golden: Recording, now: Recording): Difference[] {
  if (!isAtAsManyPoints(golden, now)) return [];
  const [before, after] = [golden, now].map((recording) => smallest(recording, ({ ttl }) => ttl));
  return [...after].sort().flatMap(([address, ttl]): Difference[] => {
    const old = before.get(address);
    if (old === undefined || old === ttl) return [];
    const text = `packets of ${address} arrive with TTL ${ttl}, before ${old}: ${counted(Math.abs(old - ttl), 'hop')} ${old > ttl ? 'more' : 'fewer'}`;
    return [{ kind: 'hops', is: 'changed', text }];
  });
}

/** What "nothing is different" does not cover: classes on which this recording allows no verdict any more, addresses, hops. */
export function notCompared(golden: Recording, now: Recording): string[] {
  const wasJudged = new Set(
    golden.report.triage.flatMap((row) => (row.verdict === 'not-assessable' ? [] : [row.class])),
  );
  const unjudged = now.report.triage.filter((row) => lacksEvidence(row) && wasJudged.has(row.class));
  const [before, after] = [golden, now].map((recording) => smallest(recording, ({ ttl }) => ttl));
  const [pointsBefore, pointsAfter] = [golden, now].map(({ report }) => report.points.length);
  return [
    ...unjudged.map((row) => `${row.class} is judged in the golden recording, and not in this one: ${row.because}`),
    ...([...before.keys()].some((address) => after.has(address))
      ? []
      : ['no address is in both recordings: nat, mss, path-mtu and hops are not compared']),
    ...(isAtAsManyPoints(golden, now)
      ? []
      : [`hops are not compared: ${pointsBefore} capture points in the golden recording, ${pointsAfter} in this one`]),
  ];
}
