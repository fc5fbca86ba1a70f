import { describe, expect, it } from 'vitest';
import type { CaptureDigest } from '../../../src/flows/capture/capture-digest.ts';
import { CompactLookup } from '../../../src/flows/compact/compact-lookup.ts';
import { digestOf, type TimedFrame } from '../../support/digest-of.ts';
import { bytesOf, ethernet, ipv4, type LayerOfFrame, tcp, udp } from '../../support/frames.ts';

const CLIENT = '10.0.0.5';
const SERVER = '10.96.0.10';

interface Dns {
  id?: number;
  name?: string;
  response?: boolean;
  rcode?: number;
  /** Opcode and other bits of the flags word. */
  bits?: number;
}

/** A message with one question for an A record and no records. */
function message({ id = 77, name = 'web.example.test', response = false, rcode = 0, bits = 0 }: Dns = {}): number[] {
  const flags = (response ? 0x8180 : 0x0100) | rcode | bits;
  const labels = name.split('.').flatMap((label) => [label.length, ...bytesOf(label)]);
  return [id >> 8, id & 255, flags >> 8, flags & 255, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, 1, 0, 1];
}

const asked = (dns: Dns = {}, { port = 40000, server = SERVER, serverPort = 53 } = {}): LayerOfFrame =>
  ethernet(
    {},
    ipv4({ source: CLIENT, destination: server }, udp({ sourcePort: port, destinationPort: serverPort }, message(dns))),
  );
const answered = (dns: Dns = {}, { port = 40000, server = SERVER } = {}): LayerOfFrame =>
  ethernet(
    {},
    ipv4(
      { source: server, destination: CLIENT },
      udp({ sourcePort: 53, destinationPort: port }, message({ ...dns, response: true })),
    ),
  );

const dnsOf = async (frames: TimedFrame[]) => {
  const { dns } = await digestOf(frames);
  return dns.map(({ queries, responses }) => [
    queries.map(({ packet }) => packet),
    responses.map(({ packet }) => packet),
  ]);
};

describe('DNS exchanges', () => {
  it('pair a question with its answer', async () => {
    const { dns, dnsTotal, datagrams } = await digestOf([
      [0, asked()],
      [0.25, answered({ rcode: 3 })],
    ]);
    expect(dnsTotal).toBe(1);
    expect(dns[0]).toMatchObject({
      client: { address: CLIENT, port: 40000 },
      server: { address: SERVER, port: 53 },
      transport: 'udp',
      id: 77,
      name: 'web.example.test',
      type: 1,
      queries: [{ packet: 1, time: 0, sourcePort: 40000, l3Length: 62 }],
      queriesTotal: 1,
      responses: [{ packet: 2, time: 0.25, from: { address: SERVER, port: 53 }, rcode: 3, truncated: false }],
    });
    expect(dns[0].flow).toBe(datagrams[0].flow);
  });

  const rows: Record<string, [TimedFrame[], number[][][]]> = {
    'a retry with the same id and port is the same exchange': [
      [
        [0, asked()],
        [5, asked()],
        [5.1, answered()],
      ],
      [[[1, 2], [3]]],
    ],
    'a retry soon after an answer that did not arrive is the same exchange': [
      [
        [0, asked()],
        [0.1, answered()],
        [5, asked()],
        [5.1, answered()],
      ],
      [
        [
          [1, 3],
          [2, 4],
        ],
      ],
    ],
    'the same id long after the answer is another question': [
      [
        [0, asked()],
        [0.1, answered()],
        [60, asked()],
      ],
      [
        [[1], [2]],
        [[3], []],
      ],
    ],
    'another port, id or name is another exchange': [
      [
        [0, asked()],
        [0.1, asked({}, { port: 40001 })],
        [0.2, asked({ id: 78 })],
        [0.3, asked({ name: 'db.example.test' })],
      ],
      [
        [[1], []],
        [[2], []],
        [[3], []],
        [[4], []],
      ],
    ],
    'an answer spelt in other letters belongs to its question': [
      [
        [0, asked()],
        [0.1, answered({ name: 'WEB.Example.TEST' })],
      ],
      [[[1], [2]]],
    ],
    'an answer to an unseen question is nothing': [[[0, answered()]], []],
    'an answer that comes a minute late, while others ask': [
      [
        [0, asked()],
        [40, asked({ id: 78 })],
        [60, answered()],
      ],
      [
        [[1], [3]],
        [[2], []],
      ],
    ],
    'a question repeated after 45 s, as long as there is no answer': [
      [
        [0, asked()],
        [40, asked({ id: 78 })],
        [45, asked()],
        [46, answered()],
        [91, asked()],
      ],
      [
        [[1, 3], [4]],
        [[2], []],
        [[5], []],
      ],
    ],
    'an answer that comes three minutes late is nothing': [
      [
        [0, asked()],
        [180, answered()],
      ],
      [[[1], []]],
    ],
    'multicast DNS is not looked at': [[[0, asked({}, { port: 5353, serverPort: 5353 })]], []],
    'a dynamic update is no question': [[[0, asked({ bits: 5 << 11 })]], []],
  };
  for (const [name, [frames, exchanges]] of Object.entries(rows)) {
    it(name, async () => expect(await dnsOf(frames)).toEqual(exchanges));
  }

  it('keep the address of an answer that comes from another server than was asked', async () => {
    const { dns } = await digestOf([
      [0, asked()],
      [0.1, answered({}, { server: '10.244.1.9' })],
    ]);
    expect(dns).toHaveLength(1);
    expect(dns[0].server.address).toBe(SERVER);
    expect(dns[0].responses.map(({ from }) => from.address)).toEqual(['10.244.1.9']);
  });

  it('assign the answers of a translated query by their address: one at the service, one at the pod', async () => {
    const pod = { server: '10.244.1.9' };
    const frames: TimedFrame[] = [
      [0, asked()],
      [0.001, asked({}, pod)],
      [0.002, answered({}, pod)],
      [0.003, answered()],
    ];
    expect(await dnsOf(frames)).toEqual([
      [[1], [4]],
      [[2], [3]],
    ]);
  });

  it('are read over TCP when one segment holds one message', async () => {
    const prefixed = (dns: Dns) => {
      const octets = message(dns);
      return Uint8Array.from([octets.length >> 8, octets.length & 255, ...octets]);
    };
    const segment = (toServer: boolean, payload: Uint8Array) =>
      ethernet(
        {},
        ipv4(
          toServer ? { source: CLIENT, destination: SERVER } : { source: SERVER, destination: CLIENT },
          tcp(
            toServer ? { sourcePort: 40000, destinationPort: 53 } : { sourcePort: 53, destinationPort: 40000 },
            payload,
          ),
        ),
      );
    const { dns } = await digestOf([
      [0, segment(true, prefixed({}))],
      [0.1, segment(false, prefixed({ response: true }))],
      [0.2, segment(true, prefixed({ id: 9 }).subarray(0, 20))],
    ]);
    expect(dns.map(({ transport, responses }) => [transport, responses.length])).toEqual([['tcp', 1]]);
  });

  it.each([2, 200])('do not get the answer of a later one, with room for one, %d s later', async (later) => {
    const frames: TimedFrame[] = [
      [0, asked()],
      ...(later < 30 ? ([[0.1, answered()]] as TimedFrame[]) : []),
      [later + 14, asked()],
      [later + 14.1, answered()],
    ];
    const { dns, dnsTotal } = await digestOf(frames, { limits: { dnsExchanges: 1 } });
    expect(dnsTotal).toBe(2);
    expect(dns.map(({ responses }) => responses.length)).toEqual([later < 30 ? 1 : 0]);
  });

  it('are counted beyond the limit', async () => {
    const frames = Array.from({ length: 5 }, (_, id): TimedFrame => [id / 10, asked({ id })]);
    const { dns, dnsTotal } = await digestOf(frames, { limits: { dnsExchanges: 2 } });
    expect([dns.length, dnsTotal]).toEqual([2, 5]);
  });

  it('keep those in trouble and some others in a lone capture, and count all', async () => {
    const lookups = 12_000;
    const unanswered = [3, 7_000, 11_999];
    const frames = Array.from({ length: lookups }, (_, at): TimedFrame[] => {
      const dns = { id: at & 0xffff, name: `n${at}.test` };
      const port = { port: 20_000 + at };
      const query: TimedFrame = [at, asked(dns, port)];
      return unanswered.includes(at) ? [query] : [query, [at + 0.001, answered(dns, port)]];
    }).flat();
    const { dns, dnsTotal, datagrams, datagramsTotal } = await digestOf(frames, { alone: true });
    expect([dnsTotal, datagramsTotal]).toEqual([lookups, lookups]);
    expect(dns.length).toBeLessThan(2100);
    expect(datagrams.length).toBeLessThan(4200);
    expect(dns.filter(({ responses }) => responses.length === 0).map(({ name }) => name)).toEqual(
      unanswered.map((at) => `n${at}.test`),
    );
    expect(dns.map(({ index }) => index)).toEqual(dns.map((_, index) => index));
  });

  it('keep their contents and order when turned into records', async () => {
    // More than are kept as objects before ordinary ones become records; of every tenth the answer comes late or never.
    const frames: TimedFrame[] = [];
    for (let lookup = 0; lookup < 9000; lookup++) {
      const port = 10_000 + lookup;
      const dns = { id: lookup, name: `web-${lookup % 7}.example.test`, rcode: lookup % 3 === 0 ? 3 : 0 };
      frames.push([lookup / 100, asked(dns, { port })]);
      if (lookup % 20 !== 0) frames.push([lookup / 100 + (lookup % 20 === 10 ? 4 : 0.002), answered(dns, { port })]);
    }
    frames.sort(([a], [b]) => a - b);
    const { dns } = await digestOf(frames);
    const { dns: compactLookups } = (await digestOf(frames, { compact: true })) as CaptureDigest;
    expect(compactLookups.filter((lookup) => lookup instanceof CompactLookup)).toHaveLength(8100);
    expect(compactLookups.map((one) => (one instanceof CompactLookup ? one.toObject(one.index) : one))).toEqual(dns);
  });
});
