/** Prometheus text for a batch job: a file for the textfile collector of the node exporter, or the Pushgateway. */
import { sanitizeAll } from '../../../text/sanitize.ts';
import type { Report } from '../../model/report.ts';

/** Samples of a metric that names captures or places; more are left out, so that a scrape stays small. */
const MOST_SERIES = 500;

type Labels = Readonly<Record<string, string>>;
interface Sample {
  labels: Labels;
  value: number;
}

/**
 * Gauges only: a report tells of one time, and the next run replaces it. Rules, classes and levels are labels, addresses
 * are not: they would make a new series of every client.
 */
export function formatPrometheus(unsafe: Report): string {
  const report = sanitizeAll(unsafe);
  const lines = metricsOf(report).flatMap(({ name, help, samples }) =>
    samples.length === 0
      ? []
      : [
          `# HELP ${name} ${help}`,
          `# TYPE ${name} gauge`,
          ...samples
            .slice(0, MOST_SERIES)
            .map(({ labels, value }) => `${name}${labelText(labels)} ${numberText(value)}`),
        ],
  );
  return `${lines.join('\n')}\n`;
}

function metricsOf(report: Report): { name: string; help: string; samples: Sample[] }[] {
  const { captures, triage, gate, tool } = report;
  const pathOf = ({ path, id }: Report['captures'][number]): Labels => ({ capture: path, id });
  const ends = captures.flatMap((capture) => {
    const seconds =
      capture.lastTime === null ? Number.NaN : Date.parse(capture.lastTime.replace(/\.\d+Z$/, 'Z')) / 1000;
    return Number.isNaN(seconds) ? [] : [{ labels: pathOf(capture), value: seconds }];
  });
  return [
    {
      name: 'pcapdiag_build_info',
      help: 'The version that made this file.',
      samples: [{ labels: { version: tool.version }, value: 1 }],
    },
    {
      name: 'pcapdiag_findings',
      help: 'Findings by rule, class, level, and whether a baseline or the configuration knows them.',
      samples: findingSamples(report),
    },
    {
      name: 'pcapdiag_finding_reach',
      help: 'Attempts, connections or exchanges that the findings of a rule cover.',
      samples: reachSamples(report),
    },
    {
      name: 'pcapdiag_class_verdict',
      help: 'Verdict on a class of faults: the series of its verdict is 1, the others are 0.',
      samples: triage.flatMap(({ class: faultClass, verdict }) =>
        (['ok', 'fault', 'not-assessable'] as const).map((each) => ({
          labels: { class: faultClass, verdict: each },
          value: each === verdict ? 1 : 0,
        })),
      ),
    },
    {
      name: 'pcapdiag_gate_passed',
      help: '1 when the gate of the job passed, 0 when it failed or could not be judged.',
      samples: gate === undefined ? [] : [{ labels: {}, value: gate.status === 'passed' ? 1 : 0 }],
    },
    {
      name: 'pcapdiag_capture_packets',
      help: 'Packets of a capture.',
      samples: captures.map((capture) => ({ labels: pathOf(capture), value: capture.packets })),
    },
    {
      name: 'pcapdiag_capture_dropped_packets',
      help: 'Packets that the kernel dropped while capturing, where the file tells.',
      samples: captures.flatMap((capture) =>
        capture.dropped === null ? [] : [{ labels: pathOf(capture), value: capture.dropped }],
      ),
    },
    {
      name: 'pcapdiag_capture_last_packet_timestamp_seconds',
      help: 'Time of the last packet of a capture, in seconds since the epoch.',
      samples: ends,
    },
    { name: 'pcapdiag_lost_packets', help: 'Packets lost between two capture points.', samples: lostSamples(report) },
    {
      name: 'pcapdiag_report_is_partial',
      help: '1 when reading was stopped early.',
      samples: [{ labels: {}, value: report.partial === undefined ? 0 : 1 }],
    },
  ];
}

function findingSamples({ findings }: Report): Sample[] {
  return added(
    findings.map(({ ruleId, class: faultClass, level, known }) => ({
      labels: { rule: ruleId, class: faultClass, level, known: String(known !== undefined) },
      value: 1,
    })),
  );
}

const reachSamples = ({ findings }: Report): Sample[] =>
  added(findings.map(({ ruleId, reach }) => ({ labels: { rule: ruleId }, value: reach })));

/** Where packets went that the last point of a path saw, and no further one. */
const NOT_SEEN = 'not seen';

function lostSamples({ paths, points }: Report): Sample[] {
  const nameOf = new Map(points.map(({ id, name }) => [id, name]));
  const name = (id: string | undefined): string => (id === undefined ? NOT_SEEN : (nameOf.get(id) ?? id));
  return added(
    paths.flatMap(({ points: along, lost }) =>
      along.flatMap((point, at) => {
        const [near, far] = [name(point), name(along[at + 1])];
        return [
          { labels: { from: near, to: far }, value: lost[0][at] ?? 0 },
          { labels: { from: far, to: near }, value: lost[1][at] ?? 0 },
        ];
      }),
    ),
  ).filter(({ labels, value }) => value > 0 || !Object.values(labels).includes(NOT_SEEN));
}

/** One sample for each set of labels, in the order of the labels: a series may stand in a file once only. */
function added(samples: readonly Sample[]): Sample[] {
  const sums = new Map<string, Sample>();
  for (const { labels, value } of samples) {
    const key = labelText(labels);
    sums.set(key, { labels, value: (sums.get(key)?.value ?? 0) + value });
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sample]) => sample);
}

const labelText = (labels: Labels): string => {
  const given = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return given.length === 0 ? '' : `{${given.join(',')}}`;
};

/** In a label value `\`, `"` and the line feed are escaped (Prometheus, exposition formats). */
const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

const numberText = (value: number): string => (Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : 'NaN');
