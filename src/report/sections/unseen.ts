/** What could not be seen, as sentences. An empty list would be a lie: the report says at least what it rests on. */
import type { CapturePoint, CaptureSummary, Connection, Evidence, Hop } from '../../flows/evidence/evidence.ts';
import type { GatedRule } from '../../heuristics/judge/judgement.ts';
import { counted, grouped } from '../../text/counted.ts';

/** Sentences of one kind that are told one by one; the rest is counted. */
const TOLD_EACH = 8;

export function unseenOf(evidence: Evidence): string[] {
  return [
    ...evidence.captures.flatMap(ofCapture),
    ...evidence.points.flatMap((point) => ofPoint(evidence, point)),
    ...ofBudgets(evidence),
    ...ofConnections(evidence.connections),
    ...ofSpans(evidence),
    ...ofHops(evidence),
    ...evidence.notes,
    ...ofPointCount(evidence),
  ];
}

function ofCapture(capture: CaptureSummary): string[] {
  const told: string[] = [];
  if (capture.packets === 0) told.push(`${capture.path} holds no packets`);
  if (capture.parts !== undefined)
    told.push(
      `${capture.path} was read together with ${counted(capture.parts.length - 1, 'further file')} of the same capture, up to ${capture.parts.at(-1)}; packet numbers count through them all`,
    );
  for (const { offset, message } of capture.problems.slice(0, TOLD_EACH))
    told.push(`${capture.path} is damaged at offset ${offset}: ${message}; packets may be missing from there`);
  const more = capture.problemsTotal - Math.min(capture.problems.length, TOLD_EACH);
  if (more > 0) told.push(`${capture.path} has ${counted(more, 'more damaged place')}`);
  if (capture.dropped !== null && capture.dropped > 0)
    told.push(
      `${counted(capture.dropped, 'packet')} dropped while ${capture.path} was being captured, by its own count`,
    );
  for (const filter of capture.filters)
    told.push(`${capture.path} was captured with the filter "${filter}": nothing else is in it`);
  for (const [name, packets] of Object.entries(capture.undecodedLinkTypes).sort(([a], [b]) => (a < b ? -1 : 1)))
    told.push(`${counted(packets, 'packet')} of ${capture.path} not decoded: link type ${name}`);
  return told;
}

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
    `${quality.oneWayConnections} of ${counted(quality.connections, 'connection')} seen in one direction only`,
  );
  say(
    quality.timeSteps,
    `time stamps go back ${counted(quality.timeSteps, 'time')}, by up to ${quality.largestTimeStepBack.toFixed(3)} s: the order of packets is not certain`,
  );
  say(
    quality.superSegments,
    `${counted(quality.superSegments, 'segment')} larger than the path allows (TSO or GRO merged them): sizes and counts on the wire differ`,
  );
  if (evidence.points.length > 1 && (host === null || role === 'unknown'))
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

function ofBudgets(evidence: Evidence): string[] {
  const told: string[] = [];
  const missing = (total: number, kept: number, what: string) => {
    if (total > kept)
      told.push(
        `${counted(total - kept, what)} of ${grouped(total)} only counted, not judged one by one: those in trouble come first`,
      );
  };
  if (evidence.connectionsEvicted > 0)
    told.push(
      `${counted(evidence.connectionsEvicted, 'connection')} of ${grouped(evidence.connectionsTotal)} forgotten early within the memory budget: what is missing of them proves nothing`,
    );
  missing(evidence.connectionsTotal, evidence.connections.length + evidence.connectionsEvicted, 'connection');
  missing(evidence.dnsTotal, evidence.dns.length, 'DNS exchange');
  missing(evidence.echoesTotal, evidence.echoes.length, 'ping exchange');
  missing(evidence.icmpErrorsTotal, evidence.icmpErrors.length, 'ICMP error');
  return told;
}

function ofConnections(connections: readonly Connection[]): string[] {
  const guessed = connections.filter(({ rolesFrom }) => rolesFrom === 'guess').length;
  if (guessed === 0) return [];
  return [
    `${guessed} of ${counted(connections.length, 'connection')} began before the capture: who is the client is guessed, window scale and MSS are not known`,
  ];
}

/** Points whose captures have no common time cannot show the same packet. */
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

/** Stretches of a path where missing packets may not be called lost, with the reason; each pair of points once. */
function ofHops(evidence: Evidence): string[] {
  const reasons = new Map<string, { hop: Hop; because: string; conversations: number }>();
  for (const { hops } of evidence.conversations) {
    for (const hop of hops) {
      if (hop.assessable) continue;
      const because = hop.because ?? 'no reason given';
      const key = `${hop.from} ${hop.to} ${because}`;
      const known = reasons.get(key);
      if (known === undefined) reasons.set(key, { hop, because, conversations: 1 });
      else known.conversations++;
    }
  }
  const told = [...reasons.values()].map(
    ({ hop, because, conversations }) =>
      `loss between ${evidence.points[hop.from].name} and ${evidence.points[hop.to].name} cannot be told for ${counted(conversations, 'conversation')}: ${because}`,
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

/** Rules that could not be asked, by reason. */
export function unasked(gated: readonly GatedRule[]): string[] {
  const byReason = new Map<string, string[]>();
  for (const { ruleId, because } of gated) byReason.set(because, [...(byReason.get(because) ?? []), ruleId]);
  return [...byReason].map(([because, rules]) => `not looked for: ${rules.sort().join(', ')} (${because})`);
}
