/** Flows and what they carry, compared with tshark. */
import { describe, expect, test } from 'vitest';
import { followFlow } from '../../src/inspect/follow-flow.ts';
import { listFlows } from '../../src/inspect/list-flows.ts';
import { filesBelow } from '../support/captures-of-one-link.ts';
import { hasProgram, rowsOf, tsharkOutput } from '../support/shared-captures.ts';

/** Every how many-th capture is compared. */
const EVERY = 7;
/** So many connections of each are followed. */
const FOLLOWED = 2;
/** Tunnels on ports, or in fragments, that tshark does not open: it sees no connection in them. */
const CLOSED_TO_TSHARK = ['outer-fragments', 'vxlan-bad-checksum'];
const captures = filesBelow('test/pcaps')
  .filter((path) => path.endsWith('.pcap') && !CLOSED_TO_TSHARK.some((name) => path.includes(name)))
  .filter((_, index) => index % EVERY === 0);

const FIELDS = ['tcp.stream', 'frame.len', 'icmp.type', 'icmpv6.type'];
const TAPS = Array.from({ length: FOLLOWED }, (_, stream) => `follow,tcp,raw,${stream}`);
const RULER = /^={20,}$/m;

/** What tshark says of a capture: in one run, as it takes longer to start than to read. */
function toldBy(path: string) {
  const [rows, ...taps] = tsharkOutput(path, FIELDS, TAPS).split(RULER);
  return { streams: streamsOf(rowsOf(rows)), followed: taps.filter((text) => text.includes('Follow: ')) };
}

interface Stream {
  packets: number;
  octets: number;
}

/** Packets and octets of each TCP stream, in the order of their numbers; quoted packets in ICMP errors are left out. */
function streamsOf(rows: string[][]): Stream[] {
  const streams: Stream[] = [];
  for (const [stream, length, icmp, icmp6] of rows) {
    if (stream === '' || length === undefined || icmp !== '' || icmp6 !== '') continue;
    const one = (streams[Number(stream)] ??= { packets: 0, octets: 0 });
    one.packets++;
    one.octets += Number(length);
  }
  return streams.filter((stream) => stream !== undefined);
}

async function tcpFlows(path: string) {
  const { flows } = await listFlows(path);
  return flows.filter(({ protocol }) => protocol === 'TCP');
}

describe.runIf(hasProgram('tshark'))('tshark', () => {
  test('has the same packets and octets in each connection, and follows the same octets', async () => {
    let [compared, octets] = [0, 0];
    for (const path of captures) {
      const flows = await tcpFlows(path);
      const { streams, followed } = toldBy(path);
      const ours = flows.map(({ packets, octets }) => ({
        packets: packets[0] + packets[1],
        octets: octets[0] + octets[1],
      }));
      expect(ours, path).toEqual(streams);
      compared += ours.length;
      for (const [index, { number, client }] of [...flows.entries()].slice(0, FOLLOWED)) {
        const theirs = followedByTshark(followed, index, client);
        // A gap is marked in words there.
        if (theirs === undefined) continue;
        for (const side of ['client', 'server'] as const) {
          const parts: Uint8Array[] = [];
          await followFlow(path, number, (part) => void parts.push(part as Uint8Array), { form: 'raw', side });
          const ours = Buffer.concat(parts);
          expect(ours.equals(theirs[side]), `${path} ${number} ${side}`).toBe(true);
          octets += ours.length;
        }
      }
    }
    expect(compared).toBeGreaterThan(80);
    expect(octets).toBeGreaterThan(20_000);
  });
});

function followedByTshark(followed: readonly string[], stream: number, client: string) {
  const text = followed.find((each) => each.includes(`tcp.stream eq ${stream}\n`)) ?? '';
  const node = /Node 0: (.*)/.exec(text)?.[1];
  const lines = text.split('\n').filter((line) => /^\t?[0-9a-f]+$/.test(line));
  if (node === undefined || /bytes missing|5b[0-9a-f]*206279746573206d697373696e67/i.test(text)) return undefined;
  const [first, second] = [false, true].map((isTab) =>
    Buffer.from(
      lines
        .filter((line) => line.startsWith('\t') === isTab)
        .map((line) => line.trim())
        .join(''),
      'hex',
    ),
  );
  return node === client ? { client: first, server: second } : { client: second, server: first };
}
