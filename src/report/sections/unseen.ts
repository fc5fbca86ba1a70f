/** What could not be seen, as sentences. The list is never empty: the report at least says what it rests on. */
import type { CapturePoint, CaptureSummary, Evidence, Hop, HopReason } from '../../flows/evidence/evidence.ts';
import type { GatedRule } from '../../heuristics/judge/judgement.ts';
import { counted, grouped } from '../../text/counted.ts';
import { dropsUnknown, lacksOf } from './incompleteness.ts';
import { letGo } from './kept-words.ts';
import { gatedWords, hopReasonWords, incompletenessWords, noteWords } from './reason-words.ts';
import { unreadOf } from './unread.ts';

/** Most sentences of one kind; the others are counted. */
const TOLD_EACH = 8;

export function unseenOf(evidence: Evidence): string[] {
  return [
    ...evidence.captures.flatMap((_, capture) => ofCapture(evidence, capture)),
    ...evidence.points.flatMap((point) => ofPoint(evidence, point)),
    ...lacksOf(evidence).map((lack) => incompletenessWords(evidence, lack)),
    ...ofSpans(evidence),
    ...ofHops(evidence),
    ...unreadOf(evidence),
    ...evidence.notes.map((note) => noteWords(evidence, note)),
    ...ofPointCount(evidence),
    // The last one, because it is so of nearly every capture.
    ...dropsUnknown(evidence).map((lack) => incompletenessWords(evidence, lack)),
  ];
}

function ofCapture(evidence: Evidence, index: number): string[] {
  const capture: CaptureSummary = evidence.captures[index];
  const told: string[] = [];
  if (capture.packets === 0)
    told.push(
      isPlaceless(evidence, index)
        ? `${capture.path} holds no packets; what others show and it lacks counts only where --point FILE=HOST/INTERFACE says where it was taken`
        : `${capture.path} holds no packets`,
    );
  if (capture.parts !== undefined)
    told.push(
      `${capture.path} was read together with ${counted(capture.parts.length - 1, 'further file')} of the same capture, up to ${capture.parts.at(-1)}; packet numbers count through them all`,
    );
  for (const { offset, message } of capture.problems.slice(0, TOLD_EACH))
    told.push(`${capture.path} is damaged at offset ${offset}: ${message}; packets may be missing from there`);
  const more = capture.problemsTotal - Math.min(capture.problems.length, TOLD_EACH);
  if (more > 0) told.push(`${capture.path} has ${counted(more, 'more damaged place')}`);
  if (capture.dropped !== null && capture.dropped > 0)
    told.push(incompletenessWords(evidence, { code: 'dropped', capture: index, packets: capture.dropped }));
  if (capture.doubtedDrops !== undefined)
    told.push(
      `${capture.path} claims ${counted(capture.doubtedDrops, 'dropped packet')}, more than could be in its ${capture.duration.toFixed(3)} s: the count is not believed`,
    );
  told.push(...letGo(capture));
  for (const filter of capture.filters)
    told.push(
      filter === capture.selected
        ? `${capture.path} was looked at with the filter "${filter}": what else is in it counts nowhere`
        : `${capture.path} was captured with the filter "${filter}": nothing else is in it`,
    );
  for (const [name, packets] of Object.entries(capture.undecodedLinkTypes).sort(([a], [b]) => (a < b ? -1 : 1)))
    told.push(`${counted(packets, 'packet')} of ${capture.path} not decoded: link type ${name}`);
  return told;
}

/** Whether an empty capture stands beside others and nothing says where it was taken. */
const isPlaceless = ({ points }: Evidence, index: number): boolean =>
  points.length > 1 &&
  points.some(({ capture, host, role }) => capture === index && (host === null || role === 'unknown'));

function ofPoint(evidence: Evidence, { name, host, role, namedBy, quality }: CapturePoint): string[] {
  const told: string[] = [];
  const say = (count: number, sentence: string) => {
    if (count > 0) told.push(`${name}: ${sentence}`);
  };
  say(
    quality.unreadable,
    `${counted(quality.unreadable, 'packet')} cut too short to read addresses or ports (raise the snapshot length: tcpdump -s 0)`,
  );
  say(quality.cut, `${counted(quality.cut, 'packet')} cut by the snapshot length; sizes come from the headers`);
  say(
    quality.malformedTotal,
    `${counted(quality.malformedTotal, 'packet')} with malformed headers (${byLayer(quality.malformed)})`,
  );
  say(quality.notDecoded, `${counted(quality.notDecoded, 'packet')} of protocols that are not decoded`);
  say(
    quality.gapOctets,
    `${counted(quality.gapOctets, 'octet')} acknowledged but never captured, beside ${grouped(quality.tcpOctets)} captured: the capture misses packets that did travel`,
  );
  say(
    quality.oneWayConnections,
    `${grouped(quality.oneWayConnections)} of ${counted(quality.connections, 'connection')} seen in one direction only`,
  );
  say(
    quality.timeSteps,
    `time stamps go back ${counted(quality.timeSteps, 'time')}, by up to ${quality.largestTimeStepBack.toFixed(3)} s: the order of packets is not certain`,
  );
  say(
    quality.superSegments,
    `${counted(quality.superSegments, 'segment')} larger than the path allows (TSO or GRO merged them): sizes and counts on the wire differ`,
  );
  if (quality.packets > 0 && evidence.points.length > 1 && (host === null || role === 'unknown'))
    told.push(
      `${name}: ${host === null ? 'the host' : 'the role of the interface'} is not known; name it with --point FILE=HOST/INTERFACE`,
    );
  else if (evidence.points.length > 1 && namedBy === 'traffic')
    told.push(`${name}: host and role are guessed from the traffic`);
  return told;
}

const byLayer = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([layer, count]) => `${layer} ${grouped(count)}`)
    .join(', ');

/** Points whose captures do not overlap in time cannot show the same packet. */
function ofSpans(evidence: Evidence): string[] {
  const told: string[] = [];
  let more = 0;
  const { points } = evidence;
  for (let a = 0; a < points.length; a++) {
    for (let b = a + 1; b < points.length; b++) {
      if (points[a].capture === points[b].capture || overlap(points[a], points[b])) continue;
      if (told.length < TOLD_EACH)
        told.push(
          `${points[a].name} and ${points[b].name} were not captured at the same time: they cannot be compared`,
        );
      else more++;
    }
  }
  if (more > 0) told.push(`${counted(more, 'more pair')} of capture points without common time`);
  return told;
}

function overlap(a: CapturePoint, b: CapturePoint): boolean {
  if (a.quality.packets === 0 || b.quality.packets === 0) return true;
  const start = Math.max(a.quality.firstTime + a.timeShift, b.quality.firstTime + b.timeShift);
  return start <= Math.min(a.quality.lastTime + a.timeShift, b.quality.lastTime + b.timeShift);
}

/**
 * Stretches of a path where missing packets must not be called lost, with the reason: once for each pair of points and
 * reason.
 */
function ofHops(evidence: Evidence): string[] {
  const stretches = new Map<string, { hop: Hop; unknown: HopReason; conversations: number }>();
  for (const { hops } of evidence.conversations) {
    for (const hop of hops) {
      const { from, to, unknown } = hop;
      if (unknown === null) continue;
      const key = `${from} ${to} ${unknown.code}`;
      const known = stretches.get(key);
      if (known === undefined) stretches.set(key, { hop, unknown, conversations: 1 });
      else known.conversations++;
    }
  }
  const told = [...stretches.values()].map(
    ({ hop, unknown, conversations }) =>
      `loss between ${evidence.points[hop.from].name} and ${evidence.points[hop.to].name} cannot be told for ${counted(conversations, 'conversation')}: ${hopReasonWords(unknown)}`,
  );
  if (told.length <= TOLD_EACH) return told;
  return [
    ...told.slice(0, TOLD_EACH),
    `${counted(told.length - TOLD_EACH, 'more stretch', 'more stretches')} of path where loss cannot be told`,
  ];
}

function ofPointCount({ points }: Evidence): string[] {
  if (points.length !== 1) return [];
  return [
    `only one capture point: where packets get lost beyond ${points[0].name} cannot be told; capture at a second point at the same time`,
  ];
}

/** Rules that could not be judged, by reason. */
export function unasked(evidence: Evidence, gated: readonly GatedRule[]): string[] {
  const byReason = new Map<string, string[]>();
  for (const { ruleId, gates } of gated) {
    const reason = gatedWords(evidence, { gates });
    byReason.set(reason, [...(byReason.get(reason) ?? []), ruleId]);
  }
  return [...byReason].map(([reason, rules]) => `not judged: ${rules.sort().join(', ')} (${reason})`);
}
