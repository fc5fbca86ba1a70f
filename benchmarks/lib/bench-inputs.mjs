/** Captures that `npm run bench` measures: generated under benchmarks/captures/ when they are missing. */
import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { generateCapture, pathOfPoint } from '../generate-capture.mjs';

const CAPTURES = fileURLToPath(new URL('../captures/', import.meta.url));
const PACKETS_EACH = 100;
/** Packets of each connection where connections are compared: the fewest with which the generator opens all of them. */
const PACKETS_OF_SHORT = 8;
const MANY_CONNECTIONS = 200_000;
const PACKETS_OF_A_POINT = 5000;

/**
 * @param {string} name
 * @param {import('../generate-capture.d.mts').GenerateOptions} options without `out`, which follows from them
 * @returns {{ name: string, packets: number, files: () => string[] }} `files` makes what is missing
 */
function generated(name, options) {
  const { packets, connections = Math.max(1, Math.floor(packets / PACKETS_EACH)), points = 1 } = options;
  const overlay = options.overlay ?? 'none';
  const others = ['sizes', 'seed', 'repeatsAcks', 'packetsPerLookup'].flatMap((key) =>
    options[key] === undefined ? [] : [`${key}-${options[key]}`],
  );
  const out = `${CAPTURES}${[packets, connections, overlay, points, ...others].join('-')}.pcap`;
  const paths = Array.from({ length: points }, (_, at) => pathOfPoint(out, at, points));
  const files = () => {
    mkdirSync(CAPTURES, { recursive: true });
    if (!paths.every((path) => existsSync(path))) generateCapture({ ...options, connections, out });
    return paths;
  };
  return { name, packets, files };
}

const words = (number) => number.toLocaleString('en-US');
const lone = [2000, 16_000, 600_000, 1_000_000, 3_000_000];

/** One capture each: other programs are measured in turn. */
export const LONE_INPUTS = [
  {
    name: 'a capture of the lab, 274 packets',
    packets: 274,
    files: () => [fileURLToPath(new URL('../../test/pcaps/case-1/node2__enp26s0f0.pcap', import.meta.url))],
  },
  ...lone.map((packets) => generated(`${words(packets)} packets`, { packets })),
  ...[2000, 16_000, 600_000].map((packets) =>
    generated(`${words(packets)} packets, VXLAN`, { packets, overlay: 'vxlan' }),
  ),
  ...[600_000, 3_000_000].map((packets) =>
    generated(`${words(packets)} packets, pure ACKs repeat`, { packets, repeatsAcks: true }),
  ),
  generated('300,000 packets, nearly all lookups', { packets: 300_000, connections: 1, packetsPerLookup: 1 }),
  generated('600,000 packets, VXLAN, pure ACKs repeat', { packets: 600_000, overlay: 'vxlan', repeatsAcks: true }),
  ...[2000, 20_000, MANY_CONNECTIONS].map((connections) =>
    generated(`1,600,000 packets, ${words(connections)} connections`, {
      packets: MANY_CONNECTIONS * PACKETS_OF_SHORT,
      connections,
      sizes: 'small',
      packetsPerLookup: 0,
    }),
  ),
];

/** Two captures of the same traffic, and the first of them. */
export const TWO_INPUT = generated('two captures of the same traffic, 600,000 packets each', {
  packets: 600_000,
  points: 2,
});

/** The same traffic at many points. */
export const POINTS_INPUTS = [8, 64, 128].map((points) =>
  generated(`${points} points of 5,000 packets, VXLAN`, { packets: PACKETS_OF_A_POINT, points, overlay: 'vxlan' }),
);
