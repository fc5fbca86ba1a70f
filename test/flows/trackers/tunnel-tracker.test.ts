import { describe, expect, it } from 'vitest';
import { digestOf, type TimedFrame } from '../../support/digest-of.ts';
import { ethernet, ipv4, type LayerOfFrame, tcp, udp, vxlan } from '../../support/frames.ts';

const VTEP_A = '198.51.100.1';
const VTEP_B = '198.51.100.2';

interface Outer {
  source?: string;
  destination?: string;
  sourcePort?: number;
  port?: number;
  vni?: number;
  checksum?: number;
  id?: number;
}

const inner = (id = 1): LayerOfFrame =>
  ethernet(
    { source: '02:11:00:00:00:01', destination: '02:11:00:00:00:02' },
    ipv4({ source: '10.244.1.5', destination: '10.244.2.7', id, ttl: 63 }, tcp({}, 'data')),
  );
const over = (
  payload: LayerOfFrame,
  { source, destination, sourcePort, port, vni, checksum = 0 }: Outer = {},
): LayerOfFrame =>
  ethernet(
    { source: '02:22:00:00:00:01', destination: '02:22:00:00:00:02' },
    ipv4(
      { source: source ?? VTEP_A, destination: destination ?? VTEP_B },
      udp(
        { sourcePort: sourcePort ?? 50000, destinationPort: port ?? 8472, checksum },
        vxlan({ vni: vni ?? 1 }, payload),
      ),
    ),
  );

describe('tunnel flows', () => {
  it('have the outer and inner addresses of one direction', async () => {
    const { tunnels, connections, hosts } = await digestOf([
      [0, over(inner(1))],
      [1, over(inner(2), { sourcePort: 51111 })],
    ]);
    expect(tunnels).toHaveLength(1);
    expect(tunnels[0]).toEqual({
      index: 0,
      point: 0,
      kind: 'vxlan',
      source: VTEP_A,
      destination: VTEP_B,
      networkId: 1,
      destinationPort: 8472,
      packets: 2,
      octets: 2 * (20 + 8 + 8 + 14 + 44),
      first: { packet: 1, time: 0 },
      last: { packet: 2, time: 1 },
      innerSourceMacs: [{ value: '02:11:00:00:00:01', count: 2 }],
      innerDestinationMacs: [{ value: '02:11:00:00:00:02', count: 2 }],
      innerSources: [{ value: '10.244.1.5', count: 2 }],
      innerDestinations: [{ value: '10.244.2.7', count: 2 }],
      largestOuterL3: 94,
      fragments: 0,
      ttls: [{ value: 64, count: 2 }],
      checksums: { good: 0, bad: 0, partial: 0, absent: 2, notCaptured: 0 },
      firstBadChecksum: null,
      fates: { sent: 2, answered: 0, wrong: 0, wrongAnswered: 0 },
      sourceMacs: [{ value: '02:22:00:00:00:01', count: 2 }],
      destinationMacs: [{ value: '02:22:00:00:00:02', count: 2 }],
      depth: 0,
    });
    expect(connections).toMatchObject([{ encapsulation: ['vxlan'] }]);
    expect(hosts.map(({ address, outer, sent, received }) => [address, outer, sent, received])).toEqual([
      ['10.244.1.5', false, 2, 0],
      ['10.244.2.7', false, 0, 2],
      [VTEP_A, true, 2, 0],
      [VTEP_B, true, 0, 2],
    ]);
  });

  it('differ by source, destination, network identifier or port', async () => {
    const outers: Outer[] = [
      {},
      { source: '198.51.100.9' },
      { destination: '198.51.100.9' },
      { vni: 2 },
      { port: 4789 },
      {},
    ];
    const { tunnels, sightings } = await digestOf(
      outers.map((outer, at): TimedFrame => [at, over(inner(at + 1), outer)]),
    );
    expect(tunnels.map(({ packets }) => packets)).toEqual([2, 1, 1, 1, 1]);
    expect([...sightings!.columns.tunnel.slice(0, 6)]).toEqual([1, 2, 3, 4, 5, 1]);
  });

  it('in a tunnel: the outer one carries the addresses of the inner one', async () => {
    const nested = over(
      ethernet({}, ipv4({ source: '203.0.113.1', destination: '203.0.113.2' }, ipv4({ id: 3 }, tcp({})))),
    );
    const { tunnels } = await digestOf([[0, nested]]);
    expect(tunnels.map(({ kind, depth, innerSources }) => [kind, depth, innerSources[0].value])).toEqual([
      ['vxlan', 0, '203.0.113.1'],
      ['ipip', 1, '192.0.2.1'],
    ]);
    expect(tunnels[1].innerSourceMacs).toEqual([]);
  });

  it('count good and wrong outer checksums, and skip those beyond the limit', async () => {
    const good = ethernet(
      {},
      ipv4({ source: VTEP_A, destination: VTEP_B }, udp({ destinationPort: 8472 }, vxlan({}, inner()))),
    );
    const { tunnels } = await digestOf(
      [
        [0, good],
        [1, over(inner(5), { checksum: 0x1234 })],
        [2, over(inner(6), { checksum: 0x1234 })],
      ],
      { limits: { tunnelChecksums: 2 } },
    );
    expect(tunnels[0].checksums).toEqual({ good: 1, bad: 1, partial: 0, absent: 0, notCaptured: 0 });
    expect(tunnels[0].firstBadChecksum).toEqual({ packet: 2, time: 1 });
  });

  it('are left out beyond the limit, and their packets are no longer distinguished', async () => {
    const frames = [1, 2, 3].map((vni): TimedFrame => [vni, over(inner(vni), { vni })]);
    const { tunnels, sightings } = await digestOf(frames, { limits: { tunnels: 2 } });
    expect(tunnels.map(({ networkId }) => networkId)).toEqual([1, 2]);
    expect([...sightings!.columns.tunnel.slice(0, 3)]).toEqual([1, 2, 0]);
  });

  it('do not exist for plain packets', async () => {
    expect((await digestOf([[0, inner()]])).tunnels).toEqual([]);
  });
});
