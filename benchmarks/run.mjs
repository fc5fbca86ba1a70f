// Measures the installed package against other programs and fills the tables of benchmarks/README.md:
//   npm run bench -- [--only PART] [--runs N] [--program bin/pcapdiag.js]
// PART is the name of an input, or a part of names; without it all are measured, half an hour on an idle machine and 9 GB of captures.
// Whole processes run in turn (A B C A B C …) after one run each that does not count; medians are compared. Seconds are
// processor time, user and system, which other work on the machine disturbs least. Exit status 0 whatever is met: a loaded
// machine is no failure.
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { COMMAND, extractInto, packTree } from '../test/package/packed.mjs';
import { LONE_INPUTS, POINTS_INPUTS, TWO_INPUT } from './lib/bench-inputs.mjs';
import { fillPart, fillTable } from './lib/bench-tables.mjs';
import { canMeasure, isInstalled, measure } from './measure.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const README = here('README.md');
const LARGE = 1_000_000;
const SMALL = 20_000;
/** Small captures are read in no time: more runs of them. */
const SMALL_TIMES = 5;

/** Other programs, each with one capture. */
const RIVALS = [
  { name: 'tshark -q -z expert', needs: 'tshark', command: (file) => ['tshark', '-q', '-z', 'expert', '-r', file] },
  { name: 'tcptrace -n', needs: 'tcptrace', command: (file) => ['tcptrace', '-n', file] },
  { name: 'argus', needs: 'argus', command: (file) => ['argus', '-r', file, '-w', '-'] },
  { name: 'capinfos -c', needs: 'capinfos', command: (file) => ['capinfos', '-c', file] },
  { name: 'pcap-parser', needs: 'node', command: (file) => [process.execPath, here('walk-pcap-parser.mjs'), file] },
  { name: 'bare Node', needs: 'node', command: () => [process.execPath, '-e', '0'] },
];

const { values: given } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    runs: { type: 'string', default: '5' },
    program: { type: 'string' },
  },
});
const isName = [...LONE_INPUTS, TWO_INPUT, ...POINTS_INPUTS].some(({ name }) => name === given.only);
const isWanted = ({ name }) => (isName ? name === given.only : name.includes(given.only));
const runsFor = (packets) =>
  packets <= SMALL
    ? Number(given.runs) * SMALL_TIMES
    : packets >= LARGE
      ? Math.min(3, Number(given.runs))
      : Number(given.runs);
const seconds = (value) => (value === undefined ? '' : value.toFixed(2));
const megabytes = (value) => (value / 1e6).toFixed(0);

/** What was measured, by input and by program: { cpu, wall, peak }. */
const measured = new Map();

function measureLone(program) {
  const rivals = RIVALS.filter(({ needs }) => needs === 'node' || isInstalled(needs));
  for (const { name, packets, files } of LONE_INPUTS.filter(isWanted)) {
    const [file] = files();
    const commands = [[process.execPath, program, 'analyze', file], ...rivals.map(({ command }) => command(file))];
    const results = measure(commands, runsFor(packets));
    measured.set(name, new Map(['pcapdiag', ...rivals.map(({ name }) => name)].map((each, at) => [each, results[at]])));
    const of = measured.get(name);
    const cells = [seconds(of.get('pcapdiag').cpu), megabytes(of.get('pcapdiag').peak)];
    fill('lone', new Map([[name, [...cells, ...RIVALS.map(({ name }) => seconds(of.get(name)?.cpu))]]]));
  }
}

function measureSeveral(program) {
  const analyze = (...files) => [process.execPath, program, 'analyze', ...files];
  if (isWanted(TWO_INPUT)) {
    const [one, other] = TWO_INPUT.files();
    const [two, single] = measure([analyze(one, other), analyze(one)], runsFor(TWO_INPUT.packets));
    measured.set(TWO_INPUT.name, { two, single });
    fillSeveral(TWO_INPUT.name, two);
    fillSeveral('one of them', single);
  }
  for (const { name, files } of POINTS_INPUTS.filter(isWanted)) {
    const [result] = measure([analyze(...files())], Math.min(3, Number(given.runs)));
    measured.set(name, result);
    fillSeveral(name, result);
  }
}

const fillSeveral = (name, { cpu, wall, peak }) =>
  fill('several', new Map([[name, [seconds(cpu), seconds(wall), megabytes(peak)]]]));

const TABLES = {
  lone: {
    head: ['processor time, seconds', 'pcapdiag', 'MB', ...RIVALS.map(({ name }) => name)],
    order: LONE_INPUTS.map(({ name }) => name),
  },
  several: {
    head: ['several captures', 'processor time, s', 'elapsed, s', 'MB'],
    order: [TWO_INPUT.name, 'one of them', ...POINTS_INPUTS.map(({ name }) => name)],
  },
  budgets: {
    head: ['what', 'measured', 'to reach', ''],
    order: [
      'slope, µs a packet, 1 to 3 million, against capinfos -c',
      '600,000 packets against tshark expert',
      '600,000 packets against tcptrace -n',
      '3,000,000 packets against tshark expert',
      '16,000 packets (intercept) against bare Node',
      'a capture of the lab against tshark expert',
      'two captures against one',
      '128 points against 8',
      'peak of 600,000 packets',
    ],
  },
};

const fill = (name, rows) => fillTable(README, name, { ...TABLES[name], rows });

/** The budgets that what was measured tells of. */
function judge() {
  const cpuOf = (input, program) => measured.get(input)?.get(program)?.cpu;
  const ratioOf = (input, a, b) => cpuOf(input, a) / cpuOf(input, b);
  const slopeOf = (program) =>
    (cpuOf('3,000,000 packets', program) - cpuOf('1,000,000 packets', program)) / (3_000_000 - LARGE);
  const [TSHARK, TCPTRACE, , CAPINFOS] = RIVALS.map(({ name }) => name);
  const two = measured.get(TWO_INPUT.name);
  const points = (count) => measured.get(`${count} points of 5,000 packets, VXLAN`)?.cpu;
  const lab = LONE_INPUTS[0].name;
  const [slope, fast, trace, large, small, ofLab, ofTwo, many, peak] = TABLES.budgets.order;
  const most = [
    [
      slope,
      slopeOf('pcapdiag') / slopeOf(CAPINFOS),
      2,
      (of) => `${of.toFixed(1)} × (${(slopeOf('pcapdiag') * 1e6).toFixed(2)} µs)`,
    ],
    [small, ratioOf('16,000 packets', 'pcapdiag', 'bare Node'), 4, (of) => `${of.toFixed(1)} ×`],
    [ofLab, ratioOf(lab, 'pcapdiag', TSHARK), 0.7, (of) => `${of.toFixed(2)} of its time`],
    [ofTwo, two === undefined ? Number.NaN : two.two.cpu / two.single.cpu, 2.2, (of) => `${of.toFixed(2)} ×`],
    [many, points(128) / points(8), 18, (of) => `${of.toFixed(1)} ×`],
    [
      peak,
      (measured.get('600,000 packets')?.get('pcapdiag').peak ?? Number.NaN) / 1e6,
      120,
      (of) => `${of.toFixed(0)} MB`,
    ],
  ].map(([name, value, limit, told]) => [name, value, `≤ ${limit}`, value <= limit, told]);
  const least = [
    [fast, ratioOf('600,000 packets', TSHARK, 'pcapdiag'), 12],
    [trace, ratioOf('600,000 packets', TCPTRACE, 'pcapdiag'), 1.7],
    [large, ratioOf('3,000,000 packets', TSHARK, 'pcapdiag'), 30],
  ].map(([name, value, limit]) => [
    name,
    value,
    `≥ ${limit} times`,
    value >= limit,
    (of) => `${of.toFixed(2)} times faster`,
  ]);
  const told = [...most, ...least].filter(([, value]) => Number.isFinite(value));
  fill(
    'budgets',
    new Map(told.map(([name, value, to, isMet, word]) => [name, [word(value), to, isMet ? 'met' : 'missed']])),
  );
  for (const [name, value, to, isMet, word] of told)
    console.log(`${isMet ? 'met   ' : 'missed'} ${name}: ${word(value)} (${to})`);
}

if (canMeasure()) {
  const [processor] = cpus();
  const today = new Date().toISOString().slice(0, 10);
  const told = [
    today,
    `${cpus().length} × ${processor.model}`,
    `Node ${process.version}`,
    `medians of ${given.runs} runs`,
  ];
  const text = `${told.join(', ')} (${SMALL_TIMES} times as many of small captures, at most 3 of large ones).`;
  console.log(text);
  fillPart(README, 'machine', text);
  const scratch = mkdtempSync(join(tmpdir(), 'pcapdiag-bench-'));
  try {
    let program = given.program && resolve(given.program);
    if (program === undefined) {
      const project = join(scratch, 'project');
      extractInto(project, packTree(here('..'), scratch), here('../node_modules'));
      program = join(project, COMMAND);
    }
    measureLone(program);
    measureSeveral(program);
    judge();
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
} else {
  process.stderr.write('run: /usr/bin/time is missing (Debian: apt install time)\n');
  process.exitCode = 2;
}
