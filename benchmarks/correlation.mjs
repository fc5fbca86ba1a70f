// What the comparison of capture points costs: node benchmarks/correlation.mjs [--packets N] [--points 1,2,4,8]
// Prints a Markdown table. Captures are generated under benchmarks/captures/ when they are missing; needs dist/.
import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { generateCapture, pathOfPoint } from './generate-capture.mjs';
import { canMeasure, measure } from './measure.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const CAPTURES = here('captures/');
const PACKETS_OF_A_CONNECTION = 50;
const RUNS = 3;

const { values: given } = parseArgs({
  options: {
    packets: { type: 'string', default: '50000' },
    points: { type: 'string', default: '1,2,4,8' },
    program: { type: 'string', default: here('../bin/pcapdiag.js') },
  },
});
const packets = Number(given.packets);

/** Paths of the captures of one traffic at `points` points. */
function captures(points) {
  mkdirSync(CAPTURES, { recursive: true });
  const out = `${CAPTURES}path-${packets}-${points}.pcap`;
  const files = Array.from({ length: points }, (_, at) => pathOfPoint(out, at, points));
  if (!files.every((file) => existsSync(file))) {
    generateCapture({
      out,
      packets,
      connections: Math.ceil(packets / PACKETS_OF_A_CONNECTION),
      points,
      overlay: 'vxlan',
    });
  }
  return files;
}

function main() {
  if (!canMeasure()) {
    process.stderr.write('correlation: /usr/bin/time is missing (Debian: apt install time)\n');
    process.exitCode = 2;
    return;
  }
  console.log(`${packets} packets at each point, medians of ${RUNS} runs of whole processes\n`);
  console.log('| points | CPU | elapsed | CPU for each packet of a point | memory |');
  console.log('|---|---|---|---|---|');
  for (const points of given.points.split(',').map(Number)) {
    const [{ cpu, wall, peak }] = measure([[process.execPath, given.program, 'analyze', ...captures(points)]], RUNS);
    const each = (cpu / (packets * points)) * 1e6;
    console.log(
      `| ${points} | ${cpu.toFixed(2)} s | ${wall.toFixed(2)} s | ${each.toFixed(1)} µs | ${(peak / 1e6).toFixed(0)} MB |`,
    );
  }
}

main();
