// Measures the budgets of the design against other programs and prints a Markdown table:
//   npm run bench -- [--only NAME] [--packets N] [--runs N]
// NAME is a part of a row's name. Captures are generated under benchmarks/captures/ when they are missing.
// Exit status 0 whatever is met: a loaded machine is no failure. Seconds are CPU seconds of the whole process (user and
// system), which other work on the machine disturbs least; rows with threads, and one that a person waits for, compare
// elapsed time.
import { existsSync, mkdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { generateCapture } from './generate-capture.mjs';
import { canMeasure, isInstalled, measure } from './measure.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const CAPTURES = here('captures/');
const MEGABYTE = 1e6;
/** Connections of the two captures that the cost of one more is told by. */
const FEW_CONNECTIONS = 20_000;
const MANY_CONNECTIONS = 200_000;
/** Packets of each of their connections, and no DNS lookups besides; the same in both: the fewest with which the generator opens all of them. */
const PACKETS_EACH = 8;
const SMALL_PACKETS = 2000;

const { values: given } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    packets: { type: 'string', default: '300000' },
    runs: { type: 'string', default: '5' },
    program: { type: 'string', default: here('../bin/pcapdiag.js') },
  },
});
const packets = Number(given.packets);
const runs = Number(given.runs);

const analyze = (...files) => [process.execPath, given.program, 'analyze', ...files];
const seconds = (value) => `${value.toFixed(2)} s`;
const megabytes = (value) => `${(value / MEGABYTE).toFixed(0)} MB`;

/** Each row: a name, the program it needs, and a function that measures and words it. */
const rows = [
  fasterThan('tshark -q -z expert', 25, 'tshark', (file) => ['tshark', '-q', '-z', 'expert', '-r', file]),
  fasterThan('tcptrace -n', 3, 'tcptrace', (file) => ['tcptrace', '-n', file]),
  fasterThan('capinfos -c', 1 / 2.5, 'capinfos', (file) => ['capinfos', '-c', file]),
  fasterThan('pcap-parser', null, null, (file) => [process.execPath, here('walk-pcap-parser.mjs'), file]),
  {
    name: `memory, ${FEW_CONNECTIONS} connections`,
    run() {
      const file = capture('memory', { packets: Math.max(1_000_000, packets), connections: FEW_CONNECTIONS });
      const [{ peak }] = measure([analyze(file)], Math.min(runs, 3));
      return { ours: megabytes(peak), theirs: '', measured: megabytes(peak), budget: '< 250 MB', met: peak < 250e6 };
    },
  },
  {
    name: 'memory of one more connection',
    run() {
      const [few, many] = [FEW_CONNECTIONS, MANY_CONNECTIONS].map((connections) =>
        capture(`lone-connections-${connections}`, {
          packets: connections * PACKETS_EACH,
          connections,
          sizes: 'small',
          packetsPerLookup: 0,
        }),
      );
      const [a, b] = measure([analyze(few), analyze(many)], Math.min(runs, 3));
      const each = (b.peak - a.peak) / (MANY_CONNECTIONS - FEW_CONNECTIONS);
      return {
        ours: megabytes(b.peak),
        theirs: megabytes(a.peak),
        measured: `${each.toFixed(0)} bytes`,
        budget: '≤ 400 bytes',
        met: each <= 400,
      };
    },
  },
  smallCapture('elapsed', (one) => one.wall, 0.7),
  smallCapture('processor time', (one) => one.cpu, null),
  {
    name: 'two captures against one',
    run() {
      const one = capture('first', { packets, connections: Math.ceil(packets / 50), seed: 1 });
      const other = capture('second', { packets, connections: Math.ceil(packets / 50), seed: 2 });
      const [two, single] = measure([analyze(one, other), analyze(one)], runs);
      return atMost(two.wall, single.wall, 1.3);
    },
  },
];

function fasterThan(name, least, needs, command) {
  return {
    name: `analyze against ${name}`,
    needs,
    run() {
      const file = capture('plain', { packets, connections: Math.ceil(packets / 50), overlay: 'none' });
      const [ours, theirs] = measure([analyze(file), command(file)], runs);
      if (least !== null && least < 1) return atMost(ours.cpu, theirs.cpu, 1 / least);
      const times = theirs.cpu / ours.cpu;
      return {
        ours: seconds(ours.cpu),
        theirs: seconds(theirs.cpu),
        measured: `${times.toFixed(2)} times faster`,
        budget: least === null ? '' : `≥ ${least} times`,
        met: least === null ? null : times >= least,
      };
    },
  };
}

/** A capture that somebody waits for at a terminal. */
function smallCapture(what, secondsOf, most) {
  return {
    name: `${SMALL_PACKETS} packets against tshark, ${what}`,
    needs: 'tshark',
    run() {
      const file = capture('small', { packets: SMALL_PACKETS, connections: 20 });
      const commands = [analyze(file), ['tshark', '-q', '-z', 'expert', '-r', file]];
      const [ours, theirs] = measure(commands, Math.max(runs, 15)).map(secondsOf);
      return atMost(ours, theirs, most);
    },
  };
}

function atMost(ours, theirs, most) {
  const measured = `${(ours / theirs).toFixed(2)} of its time`;
  const judged = most === null ? { budget: '', met: null } : { budget: `≤ ${most}`, met: ours / theirs <= most };
  return { ours: seconds(ours), theirs: seconds(theirs), measured, ...judged };
}

/** Path of a generated capture; its name holds what it was made with. */
function capture(name, { overlay = 'vxlan', sizes = 'mix', seed = 1, ...options }) {
  mkdirSync(CAPTURES, { recursive: true });
  const out = `${CAPTURES}${name}-${options.packets}-${options.connections}-${overlay}.pcap`;
  if (!existsSync(out)) generateCapture({ out, overlay, sizes, seed, ...options });
  return out;
}

function main() {
  if (!canMeasure()) {
    process.stderr.write('run: /usr/bin/time is missing (Debian: apt install time)\n');
    process.exitCode = 2;
    return;
  }
  const [processor] = cpus();
  console.log(
    `${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${processor.model}, Node ${process.version}`,
  );
  console.log(`${packets} packets, medians of ${runs} runs\n`);
  console.log('| what | pcapdiag | the other | measured | budget | |');
  console.log('|---|---|---|---|---|---|');
  for (const { name, needs, run } of rows) {
    if (!name.includes(given.only)) continue;
    if (needs && !isInstalled(needs)) {
      console.log(`| ${name} | | | ${needs} is not installed | | |`);
      continue;
    }
    const { ours, theirs, measured, budget, met } = run();
    const verdict = met === null ? '' : met ? 'met' : 'missed';
    console.log(`| ${name} | ${ours} | ${theirs} | ${measured} | ${budget} | ${verdict} |`);
  }
}

main();
