import { describe, expect, test } from 'vitest';
import { correlate } from '../../../src/flows/correlate/correlate.ts';
import {
  type Connection,
  type Evidence,
  NOTHING_KNOWN,
  TO_CLIENT,
  TO_SERVER,
} from '../../../src/flows/evidence/evidence.ts';
import { hostActivity } from '../../support/evidence-items.ts';
import {
  type PathPoint,
  plainPoint,
  type SimulatedFlow,
  simulate,
  transfer,
  type WirePacket,
  withRetransmissions,
} from './trace-simulator.ts';

const WEB: SimulatedFlow = { protocol: 'tcp', client: '10.244.1.5:40000', server: '10.96.0.10:80' };
const known = { known: NOTHING_KNOWN };
const download = (flow = 0, some: Partial<Parameters<typeof transfer>[0]> = {}): WirePacket[] =>
  transfer({ flow, seed: 7 + flow, start: 1 + flow, segments: 40, burst: 4, seconds: 5, ...some });

const names = (evidence: Evidence, points: readonly number[]): string[] =>
  points.map((point) => evidence.points[point].name);

describe('one capture', () => {
  test('one point makes each biflow a conversation with one leg and no hop', () => {
    const flows = [WEB, { ...WEB, client: '10.244.1.6:40001' }];
    const evidence = correlate(simulate(flows, [...download(0), ...download(1)], [plainPoint('a.pcap')]), known);
    expect(evidence.conversations.map(({ legs, hops }) => [legs.length, hops.length])).toEqual([
      [1, 0],
      [1, 0],
    ]);
    expect(evidence.clocks).toEqual([]);
  });

  test('several interfaces share a clock and make a path', () => {
    const path = ['veth1', 'cni0', 'eth0'].map((interfaceName) => plainPoint('node1.pcapng', { interfaceName }));
    const packets = download();
    packets[7].lostAfter = 1;
    const evidence = correlate(simulate([WEB], withRetransmissions(packets), path), known);
    expect(
      names(
        evidence,
        evidence.conversations[0].legs.map(({ point }) => point),
      ),
    ).toEqual(['node1 veth1', 'node1 cni0', 'node1 eth0']);
    const losses = evidence.conversations[0].hops.filter(({ lost }) => lost > 0);
    expect(losses.map(({ from, to, lost, direction }) => [...names(evidence, [from, to]), lost, direction])).toEqual([
      ['node1 eth0', 'node1 cni0', 1, TO_CLIENT],
    ]);
  });
});

describe('addresses', () => {
  const nat: PathPoint['rename'] = ({ client }) => ({
    client: { address: '10.244.1.0', port: client.port + 5000 },
    server: { address: '10.244.2.7', port: 8080 },
  });

  test('finds translations from the packets alone', () => {
    const path = [plainPoint('node1__veth1.pcap'), plainPoint('node1__eth0.pcap', { hops: 1, rename: nat })];
    const { conversations, nat: mappings } = correlate(simulate([WEB], download(), path), known);
    expect(conversations).toHaveLength(1);
    expect(conversations[0]).toMatchObject({
      client: { address: '10.244.1.5', port: 40000 },
      server: { address: '10.244.2.7', port: 8080 },
      serverBeforeNat: { address: '10.96.0.10', port: 80 },
      clientAfterNat: { address: '10.244.1.0', port: 45000 },
    });
    expect(mappings.map(({ kind, between, conversations: count }) => [kind, between, count])).toEqual([
      ['dnat', [0, 1], 1],
      ['snat', [0, 1], 1],
    ]);
  });

  test('treats the two connections of a proxy as two conversations, without loss', () => {
    const before = download(0, { seed: 1 });
    const after = download(1, { seed: 2, start: 1.001 }).map((packet, index) => ({
      ...packet,
      payloadHash: before[index].payloadHash,
    }));
    const flows = [WEB, { ...WEB, client: '10.244.1.99:50000' }];
    const [front] = simulate(flows, before, [plainPoint('node1__veth1.pcap')]);
    const [back] = simulate(flows, after, [plainPoint('node1__eth0.pcap')]);
    const { conversations } = correlate([front, back], known);
    expect(conversations.map(({ legs }) => legs.length)).toEqual([1, 1]);
    expect(conversations.flatMap(({ hops }) => hops)).toEqual([]);
  });

  test('reverses the roles of a capture that began midway and guessed them wrongly', () => {
    const digests = simulate([WEB], download(), [plainPoint('node1__eth0.pcap'), plainPoint('node2__eth0.pcap')]);
    const [late] = digests.splice(1, 1);
    const [connection] = late.connections as Connection[];
    const rows = late.sightings;
    if (rows === undefined) throw new Error('the simulator keeps rows');
    for (let row = 0; row < rows.length; row++) rows.columns.direction[row] = 1 - rows.columns.direction[row];
    const turned = {
      ...connection,
      client: connection.server,
      server: connection.client,
      rolesFrom: 'guess' as const,
      syn: [],
      synAck: [],
      synAckAcks: null,
      directions: connection.directions
        .map((side) => ({ ...side, iss: null, syns: 0 }))
        .reverse() as typeof connection.directions,
    };
    const { conversations } = correlate([digests[0], { ...late, connections: [turned] }], known);
    expect(conversations).toHaveLength(1);
    expect(conversations[0].legs[1]).toMatchObject({ client: connection.client, server: connection.server });
    expect(conversations[0].hops.map(({ lost, matched }) => [lost, matched > 0])).toEqual([
      [0, true],
      [0, true],
    ]);
  });
});

describe('one point', () => {
  test('keeps two connections of a scanner apart that increments its ports and reuses the ISN', () => {
    const flows = [WEB, { ...WEB, client: '10.244.1.5:40001' }];
    const [syn] = download();
    const syns = [syn, { ...syn, flow: 1, time: syn.time + 1e-6 }];
    const { conversations } = correlate(
      simulate(flows, syns, [plainPoint('a.pcap'), plainPoint('b.pcap')], [0, 1]),
      known,
    );
    const legs = conversations.flatMap(({ legs: all }) => all.map(({ point, client }) => [point, client.port]));
    expect(conversations.every(({ legs: all }) => new Set(all.map(({ client }) => client.port)).size === 1)).toBe(true);
    expect(legs).toHaveLength(4);
  });
});

describe('order of points', () => {
  test('orders a capture that began much later by the packets that both saw', () => {
    const path = [plainPoint('x.pcap'), plainPoint('y.pcap', { delay: 0.15, clockOffset: 7 })];
    const packets = download(0, { timestamps: false, segments: 200 });
    const [early, late] = simulate([WEB], packets, path);
    const rest = packets.filter(({ time }) => time > packets[100].time);
    const [, begun] = simulate([WEB], rest, path);
    for (const digests of [
      [early, begun],
      [simulate([WEB], rest, path)[0], late],
    ]) {
      const [{ legs, hops }] = correlate(digests.reverse(), known).conversations;
      expect(legs.map(({ point }) => point)).toEqual([1, 0]);
      expect(hops.every(({ lost }) => lost === 0)).toBe(true);
    }
  });

  test('pairs duplicate acknowledgements without IP ID in their order', () => {
    const packets = download(0, { segments: 12, burst: 4 }).map((packet) => ({ ...packet, ipId: 0 }));
    const isAck = ({ direction, length }: WirePacket) => direction === TO_SERVER && length === 0;
    const [, , acknowledgement] = packets.filter(isAck);
    const repeated = Array.from({ length: 8 }, (_, nth) => ({
      ...acknowledgement,
      time: acknowledgement.time + nth * 0.0001,
    }));
    const path = [plainPoint('node1__eth0.pcap'), plainPoint('node2__eth0.pcap', { delay: 0.00002, clockOffset: 7 })];
    const answer = packets.find(({ direction, time }) => direction === TO_CLIENT && time > acknowledgement.time)!;
    answer.time = acknowledgement.time + 0.00075;
    const all = [...packets, ...repeated].sort((a, b) => a.time - b.time);
    const [{ legs, hops }] = correlate(simulate([WEB], all, path), known).conversations;
    expect(legs.map(({ point }) => point)).toEqual([0, 1]);
    expect(hops.every(({ lost }) => lost === 0)).toBe(true);
  });
});

describe('packets that never arrive', () => {
  test('expects no point behind a translated address, where each port is another host', () => {
    const to = (server: string, port: number): SimulatedFlow => ({
      protocol: 'tcp',
      client: `10.9.0.1:${port}`,
      server,
    });
    const flows = [to('192.0.2.9:655', 40_000), to('192.0.2.9:777', 40_001)];
    const [syn] = download(1);
    const unanswered = [0, 1, 2].map((second) => ({ ...syn, time: 2 + second, ipId: 90 + second, lostAfter: 0 }));
    const packets = [...download(0), ...unanswered].sort((a, b) => a.time - b.time);
    const losses = (rename: PathPoint['rename']) =>
      correlate(
        simulate(flows, packets, [plainPoint('relay.pcap'), plainPoint('home.pcap', { hops: 3, rename })]),
        known,
      )
        .conversations.flatMap(({ hops }) => hops)
        .reduce((sum, { lost }) => sum + lost, 0);
    expect(losses(({ client, server }) => ({ client, server: { ...server, address: '10.0.2.15' } }))).toBe(0);
    expect(losses((ends) => ends)).toBe(3);
  });

  const VETH_TO_NIC = [
    plainPoint('node1__veth1.pcap'),
    plainPoint('node1__eth0.pcap', { hops: 1, encapsulation: ['vxlan'] }),
    plainPoint('node2__eth0.pcap', { encapsulation: ['vxlan'], delay: 0.0003 }),
    plainPoint('node2__veth2.pcap', { hops: 1 }),
  ];
  const syns = (flow: number, lostAfter: number): WirePacket[] => {
    const [syn] = download(flow);
    return [0, 1, 2].map((second) => ({
      ...syn,
      time: 2 + second,
      ipId: 100 + second,
      tsValue: syn.tsValue + second * 1000,
      lostAfter,
    }));
  };

  test('take their place of loss from the conversations that pass', () => {
    const flows = [WEB, { ...WEB, client: '10.244.1.5:40001' }];
    const packets = [...download(0), ...syns(1, 1)].sort((a, b) => a.time - b.time);
    const evidence = correlate(simulate(flows, packets, VETH_TO_NIC), known);
    const blocked = evidence.conversations.find(({ client }) => client.port === 40001);
    const losses = (blocked?.hops ?? []).filter(({ lost }) => lost > 0);
    expect(
      losses.map(({ from, to, lost, matched, unknown }) => [...names(evidence, [from, to]), lost, matched, unknown]),
    ).toEqual([['node1 eth0', 'node2 eth0', 3, 0, null]]);
  });

  test('are not lost where they were answered, and so took some other path', () => {
    const flows = [WEB, { ...WEB, client: '10.244.1.5:40001' }];
    const elsewhere = download(1);
    const digests = simulate(
      flows,
      [...download(0), ...elsewhere].sort((a, b) => a.time - b.time),
      VETH_TO_NIC,
    );
    // node2 never sees the second connection.
    for (const digest of digests.slice(2)) {
      digest.connections = digest.connections.filter(({ client }) => client.port !== 40001);
    }
    const { conversations } = correlate(digests, known);
    const other = conversations.find(({ client }) => client.port === 40001);
    expect(other?.hops.filter(({ lost }) => lost > 0)).toEqual([]);
  });

  test('are not lost in a time that the other capture does not cover', () => {
    const flows = [WEB, { ...WEB, client: '10.244.1.5:40001' }];
    const late = syns(1, 1).map((packet) => ({ ...packet, time: packet.time + 60 }));
    const evidence = correlate(simulate(flows, [...download(0), ...late], VETH_TO_NIC), known);
    const blocked = evidence.conversations.find(({ client }) => client.port === 40001);
    expect(blocked?.hops.filter(({ lost, unknown }) => lost > 0 && unknown === null)).toEqual([]);
    expect(blocked?.hops.at(-1)?.unknown).toEqual({ code: 'no-common-time' });
  });
});

describe("another pod's veth", () => {
  /** node2 shows the packets at its NIC; of the veths there one is captured, of a pod that has its own traffic. */
  const PATH = [
    plainPoint('node1__eth0.pcap'),
    plainPoint('node2__eth0.pcap', { delay: 0.0003 }),
    plainPoint('node2__veth2.pcap', { hops: 1 }),
  ];
  const own: SimulatedFlow = { ...WEB, server: '10.244.2.7:80' };
  const other: SimulatedFlow = { protocol: 'tcp', client: '10.244.1.5:40001', server: '10.244.2.99:80' };
  const hopsOfOther = (owner: string) => {
    const unanswered = download(1).filter(({ direction, flags }) => direction === TO_SERVER && flags === 2);
    const packets = [...download(0), ...unanswered.map((packet) => ({ ...packet, lostAfter: 1 }))];
    const digests = simulate(
      [own, other],
      packets.sort((a, b) => a.time - b.time),
      PATH,
    );
    digests[2].hosts = [hostActivity(owner), hostActivity('10.244.1.5')].map((host) => ({ ...host, point: 0 }));
    digests[2].hosts[1].sent = digests[2].hosts[1].received = 4;
    return correlate(digests, known)
      .conversations.filter(({ client }) => client.port === 40001)
      .flatMap(({ hops }) => hops.filter(({ lost }) => lost > 0).map(({ from, to }) => [from, to]));
  };

  test('is not on the path of its packets', () => expect(hopsOfOther('10.244.2.7')).toEqual([]));
  test('is on the path of the packets of its own pod', () => expect(hopsOfOther('10.244.2.99')).toEqual([[1, 2]]));
});

describe('captures that share no packet', () => {
  /** SYNs die between node1 and node2; each talks to a third host. `more` is what node2's NIC shows besides its own. */
  const hopsToCut = (heartbeats: readonly number[], more: readonly ReturnType<typeof hostActivity>[] = []) => {
    const flows: SimulatedFlow[] = [
      { protocol: 'tcp', client: '10.9.0.5:40001', server: '10.9.0.7:6443' },
      { protocol: 'udp', client: '10.9.0.9:500', server: '10.9.0.7:500' },
    ];
    const [syn] = download();
    const syns = [0, 1, 3, 7].map((wait) => ({ ...syn, time: 2 + wait, ipId: 100 + wait, lostAfter: 0 }));
    const beats = heartbeats.map((time, nth) => ({ ...syn, flow: 1, flags: 0, length: 20, time, ipId: 900 + nth }));
    const path = [plainPoint('node1__eth0.pcap'), plainPoint('node2__eth0.pcap', { delay: 0.0003 })];
    const [first] = simulate(flows, syns, path, [0]);
    const [second] = simulate(flows, beats, path, [1]);
    const own = [...more, hostActivity('10.9.0.7'), hostActivity('10.9.0.9')];
    second.hosts = own.map((host) => ({ ...host, point: 0, sent: 4, received: 4 }));
    const { conversations } = correlate([first, second], known);
    return conversations.find(({ protocol }) => protocol === 'tcp')?.hops;
  };

  test('were both running according to wall clocks, with a second to spare', () =>
    expect(hopsToCut([1.5, 4, 8.5])).toMatchObject([
      { from: 0, to: 1, lost: 2, packets: 2, unknown: null, byWallClock: true },
    ]));

  test('were not both running according to wall clocks', () =>
    expect(hopsToCut([1.5, 1.9, 2.4])).toMatchObject([{ unknown: { code: 'clock-unrelated', between: [0, 1] } }]));
});

describe('clocks', () => {
  test('give loss but neither delay nor offset with packets in one direction only', () => {
    const path = [plainPoint('node1__eth0.pcap'), plainPoint('node2__eth0.pcap', { clockOffset: 61, hops: 1 })];
    const packets = download().filter(({ direction }) => direction === TO_SERVER);
    packets[4].lostAfter = 0;
    const { clocks, conversations } = correlate(simulate([WEB], packets, path), known);
    expect(clocks[0].offsetSeconds).toBeNull();
    expect(clocks[0].unknown).toEqual({ code: 'one-direction' });
    expect(conversations[0].hops.map(({ lost, delay }) => [lost, delay])).toEqual([[1, null]]);
  });
});

describe('clocks and conversations that give no order', () => {
  test('a connection that is never answered does not affect the others', () => {
    const flows = [WEB, { ...WEB, client: '10.244.1.5:40001' }];
    const path = [plainPoint('node1__eth0.pcap'), plainPoint('node2__eth0.pcap', { clockOffset: 61, delay: 0.0003 })];
    const [syn] = download(1);
    const unanswered = [0, 1, 2].map((second) => ({ ...syn, time: 2.5 + second + second * 0.004, ipId: 100 + second }));
    const { clocks } = correlate(simulate(flows, [...download(0), ...unanswered], path), known);
    expect(clocks[0].offsetSeconds).toBeCloseTo(61, 3);
    expect(clocks[0].errorSeconds).toBeLessThan(0.001);
  });
});

describe('points', () => {
  test("the user's values win over names, and contradictions are reported", () => {
    const digests = simulate([WEB], download(), [plainPoint('node1__eth0.pcap'), plainPoint('x.pcap')]);
    const points = {
      'node1__eth0.pcap': { host: 'worker', interface: 'cni0' },
      'x.pcap': { host: 'worker', interface: 'veth0' },
    };
    const evidence = correlate(digests, { ...known, points });
    expect(evidence.points.map(({ name, role, namedBy }) => [name, role, namedBy])).toEqual([
      ['worker cni0', 'bridge', 'given'],
      ['worker veth0', 'pod-veth', 'given'],
    ]);
    expect(evidence.notes).toContainEqual({
      code: 'given-host-differs',
      capture: 0,
      given: 'worker',
      named: 'node1',
    });
    expect(evidence.notes).toContainEqual({
      code: 'given-interface-differs',
      capture: 0,
      given: 'cni0',
      named: 'eth0',
    });
  });

  test('names are unique', () => {
    const digests = simulate([WEB], download(), [plainPoint('a/node1__eth0.pcap'), plainPoint('b/node1__eth0.pcap')]);
    const { points } = correlate(digests, known);
    expect(new Set(points.map(({ name }) => name)).size).toBe(2);
  });
});
