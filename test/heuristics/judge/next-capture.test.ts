import { describe, expect, test } from 'vitest';
import type { Evidence, Leg, PointRole } from '../../../src/flows/evidence/evidence.ts';
import { nextCaptureOf } from '../../../src/heuristics/judge/next-capture.ts';
import { formatMarkdown } from '../../../src/report/formats/markdown.ts';
import { formatText } from '../../../src/report/formats/text.ts';
import { judged, reportOf } from '../../report/sample.ts';
import { capture, connection, evidence, hostActivity, point, tunnel } from '../../support/evidence.ts';

const CLIENT = '10.1.0.9:4000';
const SERVER = '10.2.0.7:80';

interface Place {
  host: string | null;
  role: PointRole;
  /** False when the conversation does not pass there. */
  passed?: boolean;
  ttl?: number;
  tunnelled?: boolean;
}

/** A conversation along these points; tunnels go from 192.0.2.1 to 192.0.2.2. */
function along(places: readonly Place[]): Evidence {
  const connections = places.map(({ tunnelled }, at) => {
    const made = connection({ point: at, client: CLIENT, server: SERVER, syn: [0, 1, 3] });
    const [toServer, toClient] = made.directions;
    return {
      ...made,
      directions: [{ ...toServer, tunnels: tunnelled ? [0] : [] }, toClient] as typeof made.directions,
    };
  });
  const whole = evidence({
    captures: places.map((_, at) => capture({ path: `${at}.pcap` })),
    points: places.map(({ host, role }, at) => point({ name: `${host ?? '?'} ${role}`, host, role, capture: at })),
    connections,
    hosts: places.map(({ ttl = 63 }, at) => hostActivity('10.1.0.9', { point: at, ttls: [{ value: ttl, count: 3 }] })),
    tunnels: places.some(({ tunnelled }) => tunnelled)
      ? [tunnel({ source: '192.0.2.1', destination: '192.0.2.2', destinationPort: 8472 })]
      : [],
  });
  const { client, server } = whole.connections[0];
  const legs = places.flatMap(({ passed = true }, at): Leg[] =>
    passed ? [{ point: at, flow: 0, kind: 'tcp', index: at, client, server, encapsulation: [] }] : [],
  );
  const rest = { serverBeforeNat: null, clientAfterNat: null };
  return { ...whole, conversations: [{ index: 0, protocol: 'tcp', legs, hops: [], client, server, ...rest }] };
}

const judgement = (between: [number, number] | null, id = 'syn-no-reply') => ({
  findings: [judged({ id, occurrence: { between, conversations: [0], packets: [], packetsTotal: 0 } })],
});
const next = (places: readonly Place[], between: [number, number] | null = null, id?: string) =>
  nextCaptureOf(along(places), judgement(between, id));

const VETH: Place = { host: 'node1', role: 'pod-veth', ttl: 64 };
const TUNNEL_1: Place = { host: 'node1', role: 'tunnel-device' };
const NIC_1: Place = { host: 'node1', role: 'node-nic', tunnelled: true };
const NIC_2: Place = { host: 'node2', role: 'node-nic', tunnelled: true };
const TUNNEL_2: Place = { host: 'node2', role: 'tunnel-device' };
const VETH_2: Place = { host: 'node2', role: 'pod-veth' };
const CLIENT_NIC: Place = { host: 'client', role: 'host-nic', ttl: 64 };

describe('silence: on from the last point', () => {
  test.each<[string, Place[], string]>([
    ['only the veth of the client', [VETH], 'node1'],
    ['only a tunnel device', [TUNNEL_1], 'node1'],
    ['tunnel devices of both nodes, seen at one', [TUNNEL_1, { ...TUNNEL_2, passed: false }], 'node1 and node2'],
    ['the client node up to its interface', [VETH, TUNNEL_1, NIC_1], '192.0.2.2'],
    ['one interface with the tunnel', [NIC_1], 'the other one of 192.0.2.1 and 192.0.2.2'],
    ['only the client outside', [CLIENT_NIC], '10.2.0.7'],
    [
      'the interface of a node that the client reaches without a router',
      [{ ...CLIENT_NIC, host: 'node1', role: 'node-nic' }],
      'node1',
    ],
    ['the client and the node that it reaches', [CLIENT_NIC, { ...NIC_1, tunnelled: false }], 'node1'],
    ['both interfaces', [NIC_1, NIC_2], 'node2'],
    ['up to the tunnel device of the server', [NIC_1, NIC_2, TUNNEL_2], 'node2'],
  ])('%s', (_, places, on) => expect(next(places)).toMatchObject({ on, interface: 'any' }));

  test.each<[string, Place[]]>([
    ['the packets reached the veth of the server', [VETH, NIC_1, NIC_2, VETH_2]],
    ['only the veth of the server', [VETH_2]],
    ['the interface of the node saw nothing of it', [VETH, { ...NIC_1, passed: false }]],
  ])('nothing: %s', (_, places) => expect(next(places)).toBeNull());
});

describe('a gap between two points', () => {
  test.each<[string, Place[], string, string]>([
    [
      'tunnel devices of two nodes',
      [TUNNEL_1, TUNNEL_2],
      'node1 and node2',
      'udp port 8472 or udp port 4789 or ip proto 4',
    ],
    ['a tunnel device and the other node’s interface', [TUNNEL_1, NIC_2], 'node1', 'host 192.0.2.1 and host 192.0.2.2'],
    ['devices of one node that are no neighbours', [VETH, NIC_1], 'node1', 'host 10.1.0.9 or host 10.2.0.7'],
  ])('%s', (_, places, on, filter) => {
    const found = next(places, [0, 1], 'packet-loss');
    expect(found?.on).toBe(on);
    expect(found?.command).toContain(filter);
  });

  test('one interface that packets enter and do not leave', () =>
    expect(next([CLIENT_NIC, NIC_1], [1, 1], 'mtu-black-hole')).toMatchObject({ on: 'node1' }));

  test.each<[string, Place[]]>([
    ['the interfaces of both nodes', [NIC_1, NIC_2]],
    ['neighbours in one node', [TUNNEL_1, { ...NIC_1 }]],
    ['hosts that are not known', [{ host: null, role: 'unknown' }, NIC_2]],
  ])('nothing: %s', (_, places) => expect(next(places, [0, 1], 'packet-loss')).toBeNull());
});

test('nothing for a rule that knows the mechanism, for a note, for no finding', () => {
  expect(next([VETH], null, 'service-ip-not-translated')).toBeNull();
  const [finding] = judgement(null).findings;
  expect(nextCaptureOf(along([VETH]), { findings: [{ ...finding, level: 'note' }] })).toBeNull();
  expect(nextCaptureOf(along([VETH]), { findings: [] })).toBeNull();
});

test('nothing: the other end of the tunnel was captured too, only not with this conversation', () => {
  const of = along([VETH, NIC_1, { ...NIC_2, passed: false }]);
  expect(nextCaptureOf(of, judgement(null))).not.toBeNull();
  const outer = ['192.0.2.1', '192.0.2.2'].map((address) => hostActivity(address, { point: 2, outer: true }));
  expect(nextCaptureOf({ ...of, hosts: [...of.hosts, ...outer] }, judgement(null))).toBeNull();
});

test('pings name no tunnel: the one that holds their addresses is theirs', () => {
  const of = along([{ ...NIC_1, tunnelled: true }]);
  const { client, server } = of.conversations[0];
  const inner = {
    innerSources: [{ value: client.address, count: 1 }],
    innerDestinations: [{ value: server.address, count: 1 }],
  };
  const legs: Leg[] = [{ point: 0, flow: 0, kind: 'echo', index: 0, client, server, encapsulation: ['vxlan'] }];
  const conversations = [{ ...of.conversations[0], legs }];
  const tunnels = [tunnel({ source: '192.0.2.8', destination: '192.0.2.9' }), { ...of.tunnels[0], ...inner }];
  expect(nextCaptureOf({ ...of, conversations, tunnels }, judgement(null, 'no-reply'))?.on).toContain('192.0.2.2');
});

test('the filter is one quoted argument, and its file is named after the host', () => {
  expect(next([NIC_1])?.command).toBe(
    `tcpdump -i any -n -s 0 -w "$(hostname)__any.pcap" 'host 192.0.2.1 and host 192.0.2.2 and udp port 8472'`,
  );
});

test('text and Markdown hold the command in one piece', () => {
  const report = reportOf(along([VETH]), judgement(null));
  const text = formatText(report, { verbose: true });
  expect(text.split('\n\n').find((section) => section.startsWith('Capture next'))).toMatchInlineSnapshot(`
    "Capture next
      On node1: node1 pod-veth is the last point that sees the packets; the tunnel device and the
      network interface of its node were not captured: whether the packets leave the node is open;
      capture there and at the present points at the same time.
        tcpdump -i any -n -s 0 -w "$(hostname)__any.pcap" 'host 10.1.0.9 or host 10.2.0.7 or udp port 8472 or udp port 4789 or ip proto 4'"
  `);
  expect(formatMarkdown(report)).toContain(`\n${report.nextCapture?.command}\n`);
  expect(text).toContain(`\n    ${report.nextCapture?.command}\n`);
});
