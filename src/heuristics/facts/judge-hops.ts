/** One hop of a path, as probes with rising TTL saw it. Times are milliseconds; null when not known. */
export interface ProbedHop {
  /** Number of the hop: TTL of the probes, from 1. */
  hop: number;
  /** Name or address; null when nothing answered. */
  host: string | null;
  /** Share of probes without an answer, 0 to 1. */
  loss: number;
  /** Number of probes that were sent. */
  sent: number | null;
  /** Last round trip, milliseconds. */
  last: number | null;
  /** Average round trip, milliseconds. */
  average: number | null;
  /** Shortest round trip, milliseconds. */
  best: number | null;
  /** Longest round trip, milliseconds. */
  worst: number | null;
  /** Standard deviation of the round trips, milliseconds. */
  deviation: number | null;
}

/** The thresholds by which the hops of a path are judged. */
export const HOP_THRESHOLDS = {
  hopLoss: { value: 0, unit: 'share', source: 'docs/thresholds.md, not-zero-loss' },
  hopDeviationShare: { value: 0.5, unit: 'share', source: 'docs/thresholds.md, hop-deviation' },
  hopSpreadMs: { value: 100, unit: 'ms', source: 'docs/thresholds.md, hop-spread' },
  hopDelayStepMs: { value: 100, unit: 'ms', source: 'docs/thresholds.md, hop-spread' },
  hopProbes: { value: 100, unit: 'probes', source: 'docs/thresholds.md, hundred-probes' },
} as const;

/** What a finding about hops says. */
export type HopFindingKind = 'loss' | 'unreachable' | 'unstable-delay' | 'slow-hop' | 'rate-limited' | 'few-probes';

/** Something that the hops of a path show. */
export interface HopFinding {
  /** What it says. */
  kind: HopFindingKind;
  /** A fault is worth acting on. A note explains something that is not a fault. */
  level: 'fault' | 'note';
  /** Numbers of the hops that it is about. The first is the hop where the problem begins. */
  hops: number[];
  /** The finding in words. */
  message: string;
  /** What to do next; null where there is nothing to do. */
  next: string | null;
}

/**
 * Judges a path by its hops, from a report of mtr or from probes in a capture. Loss at a hop counts only when all later
 * hops lose too, and the real loss is that of the last hop. Where the deviation is high, the average says nothing; the
 * best and worst times do.
 *
 * @param hops at least one, by rising TTL
 * @returns faults first
 */
export const judgeHops = (hops: readonly ProbedHop[]): HopFinding[] =>
  [...lossOf(hops), ...delayOf(hops), ...rateLimits(hops), ...probesOf(hops)].sort(
    (a, b) => Number(a.level === 'note') - Number(b.level === 'note'),
  );

const answers = ({ loss }: ProbedHop): boolean => loss < 1;
const loses = ({ loss }: ProbedHop): boolean => loss > HOP_THRESHOLDS.hopLoss.value;
const nameOf = ({ hop, host }: ProbedHop): string => `hop ${hop}${host === null ? '' : ` (${host})`}`;
const percent = (share: number): string => `${Number((share * 100).toFixed(1))} %`;
const milliseconds = (value: number): string => `${Number(value.toFixed(1))} ms`;

/**
 * The last hops of the path that all lose probes. A router that answers no probe at all is skipped and does not end the
 * row.
 */
function losingTail(hops: readonly ProbedHop[]): ProbedHop[] {
  const answering = hops.filter(answers);
  const clean = answering.findLastIndex((hop) => !loses(hop));
  return answering.slice(clean + 1);
}

function lossOf(hops: readonly ProbedHop[]): HopFinding[] {
  const last = hops[hops.length - 1];
  if (!answers(last)) return [unreachable(hops)];
  if (!loses(last)) return [];
  const tail = losingTail(hops);
  const before = hops[hops.indexOf(tail[0]) - 1];
  const others =
    tail.length > 1 ? ` and goes on to the end; the last hop's ${percent(last.loss)} is the real loss` : '';
  const sent = last.sent === null ? '' : ` of ${last.sent} probes`;
  return [
    {
      kind: 'loss',
      level: 'fault',
      hops: tail.map(({ hop }) => hop),
      message: `${percent(last.loss)}${sent} are lost: loss begins at ${nameOf(tail[0])}${others}`,
      next: `capture on both sides of ${nameOf(tail[0])}${before === undefined ? '' : `, the side before it is ${nameOf(before)}`}; run mtr back from the other end, answers may be what is lost`,
    },
  ];
}

function unreachable(hops: readonly ProbedHop[]): HopFinding {
  const reached = hops.findLast(answers);
  const silent = hops.filter(({ hop }) => hop > (reached?.hop ?? 0)).map(({ hop }) => hop);
  return {
    kind: 'unreachable',
    level: 'fault',
    hops: silent,
    message: `nothing answers after ${reached === undefined ? 'the sender' : nameOf(reached)}: the way ends there, or what comes behind drops probes`,
    next: 'probe with the protocol of the application (mtr --tcp --port PORT): a firewall may drop ICMP only',
  };
}

/**
 * Loss that does not continue at later hops: routers answer probes late or not at all, and still forward packets
 * normally.
 */
function rateLimits(hops: readonly ProbedHop[]): HopFinding[] {
  const last = hops[hops.length - 1];
  if (!answers(last)) return [];
  const tail = new Set(losingTail(hops));
  const limited = hops.filter((hop) => hop !== last && loses(hop) && !tail.has(hop));
  if (limited.length === 0) return [];
  return [
    {
      kind: 'rate-limited',
      level: 'note',
      hops: limited.map(({ hop }) => hop),
      message: `loss at ${limited.map((hop) => `${nameOf(hop)} ${percent(hop.loss)}`).join(', ')} does not go on behind: the router limits its answers, no fault`,
      next: null,
    },
  ];
}

const isUnstable = ({ average, deviation, best, worst }: ProbedHop): boolean =>
  average !== null &&
  deviation !== null &&
  best !== null &&
  worst !== null &&
  deviation > average * HOP_THRESHOLDS.hopDeviationShare.value &&
  worst - best >= HOP_THRESHOLDS.hopSpreadMs.value;

/** As with loss, a slow answer of a router counts only when the last hop is slow too. */
function delayOf(hops: readonly ProbedHop[]): HopFinding[] {
  const answering = hops.filter(answers);
  const last = answering.at(-1);
  if (last === undefined) return [];
  if (isUnstable(last)) return [unstable(answering, last)];
  const from = answering.findLastIndex((hop) => isUnstable(hop) || !isSlow(hop, answering));
  const slow = answering[from + 1];
  const before = answering[from];
  if (slow === undefined || slow.average === null || last.average === null) return [];
  return [
    {
      kind: 'slow-hop',
      level: 'fault',
      hops: answering.slice(from + 1).map(({ hop }) => hop),
      message: `the delay grows to ${milliseconds(slow.average)} on average at ${nameOf(slow)}${before?.average == null ? '' : ` (${milliseconds(before.average)} at ${nameOf(before)})`} and stays so to the end (${milliseconds(last.average)})`,
      next: 'look for a long or a full line there; between sites this may be distance',
    },
  ];
}

/**
 * Whether a hop is slower on average than the fastest hop by the threshold. The problem begins at the first such hop.
 */
function isSlow({ average }: ProbedHop, hops: readonly ProbedHop[]): boolean {
  const fastest = Math.min(...hops.map((hop) => hop.average ?? Number.POSITIVE_INFINITY));
  return average !== null && average - fastest >= HOP_THRESHOLDS.hopDelayStepMs.value;
}

function unstable(answering: readonly ProbedHop[], last: ProbedHop): HopFinding {
  const steady = answering.findLastIndex((hop) => !isUnstable(hop));
  const first = answering[steady + 1];
  return {
    kind: 'unstable-delay',
    level: 'fault',
    hops: answering.slice(steady + 1).map(({ hop }) => hop),
    message: `the delay swings from ${milliseconds(last.best ?? 0)} to ${milliseconds(last.worst ?? 0)} at the last hop (deviation ${milliseconds(last.deviation ?? 0)}, so the average of ${milliseconds(last.average ?? 0)} says nothing); it begins at ${nameOf(first)}`,
    next: `look for a queue that fills up at ${nameOf(first)}: load of the line, shaping, an overloaded node`,
  };
}

function probesOf(hops: readonly ProbedHop[]): HopFinding[] {
  const sent = hops[hops.length - 1].sent;
  if (sent === null || sent >= HOP_THRESHOLDS.hopProbes.value || !hops.some(loses)) return [];
  return [
    {
      kind: 'few-probes',
      level: 'note',
      hops: [],
      message: `${sent} probes: one lost is ${percent(1 / Math.max(1, sent))}`,
      next: `repeat with mtr --report --report-cycles ${HOP_THRESHOLDS.hopProbes.value}`,
    },
  ];
}
