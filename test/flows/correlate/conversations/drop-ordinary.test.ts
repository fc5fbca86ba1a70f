import { describe, expect, it } from 'vitest';
import { dropOrdinary } from '../../../../src/flows/correlate/conversations/drop-ordinary.ts';
import type { Evidence } from '../../../../src/flows/evidence/evidence.ts';
import { connection, datagram, dns, evidence, hop, point } from '../../../support/evidence.ts';

const client = (n: number): string => `10.244.1.5:${40_000 + n}`;
const complete = (n: number, some: Parameters<typeof connection>[0] = {}) =>
  connection({ client: client(n), ...some }, { established: true });

const clientPorts = ({ conversations }: Evidence): number[] => conversations.map((one) => one.client.port - 40_000);

describe('dropOrdinary', () => {
  it('returns small evidence unchanged', () => {
    const small = evidence({ connections: [complete(0), complete(1)] });
    expect(dropOrdinary(small, 2)).toEqual(small);
  });

  it('keeps the first ordinary connections and every other one, each leg with the new index of its connection', () => {
    const all = evidence({
      connections: [
        complete(0),
        complete(1),
        connection({ client: client(2), syn: [0, 1, 3] }),
        complete(3),
        complete(4, { eventsTotal: 1 }),
      ],
    });
    const thinned = dropOrdinary(all, 1);
    expect(clientPorts(thinned)).toEqual([0, 2, 4]);
    for (const { index, legs, client: of } of thinned.conversations) {
      expect(thinned.conversations[index].client).toEqual(of);
      expect(thinned.connections[legs[0].index].client).toEqual(of);
      expect(thinned.connections[legs[0].index].index).toBe(legs[0].index);
    }
    expect(thinned.connections).toHaveLength(3);
    expect(thinned.connectionsTotal).toBe(5);
    const server = { address: '10.244.2.7', port: 80 };
    expect(thinned.openedLeftOut).toEqual([{ point: 0, server, times: [0, 0] }]);
    const again = dropOrdinary({ ...thinned, conversations: thinned.conversations }, 0);
    expect(again.openedLeftOut).toEqual([{ point: 0, server, times: [0, 0, 0] }]);
    expect(all.conversations).toHaveLength(5);
  });

  it('keeps a connection with octets that were not acknowledged, or with a hole', () => {
    const sent = { packets: 4 };
    const all = evidence({
      connections: [
        complete(0),
        complete(1, { toServer: { ...sent, unackedOctets: 5 } }),
        complete(2, { toClient: { ...sent, holesTotal: 1 } }),
        complete(3),
      ],
    });
    expect(clientPorts(dropOrdinary(all, 0))).toEqual([1, 2]);
  });

  it('drops ordinary connections also where the comparison was stopped', () => {
    const connections = [0, 1, 2, 3].map((n) => complete(n, n === 2 ? { eventsTotal: 1 } : {}));
    const thinned = dropOrdinary({ ...evidence({ connections }), conversations: [] }, 1);
    expect(thinned.connections.map(({ client: { port }, index }) => [port - 40_000, index])).toEqual([
      [0, 0],
      [2, 1],
    ]);
    const server = { address: '10.244.2.7', port: 80 };
    expect(thinned.openedLeftOut).toEqual([{ point: 0, server, times: [0, 0] }]);
  });

  it('keeps a conversation that lost a packet between two points', () => {
    const points = [point({ name: 'a' }), point({ name: 'b' })];
    const seen = (n: number) => [complete(n), complete(n, { point: 1 })];
    const pairs = [0, 1, 2].map(seen);
    const all = evidence({
      points,
      connections: pairs.flat(),
      paths: pairs.map((of, n) => ({ of, hops: [hop({ from: 0, to: 1, packets: 3, lost: n === 2 ? 1 : 0 })] })),
    });
    const thinned = dropOrdinary(all, 1);
    expect(clientPorts(thinned)).toEqual([0, 2]);
    expect(thinned.hopsLeftOut).toEqual([{ from: 0, to: 1, packets: 3 }]);
  });

  it('keeps lookups without answer, lookups of the same socket, and the datagrams that carried them', () => {
    const all = evidence({
      dns: [
        dns({ client: client(0), name: 'a.test', answered: 0.001 }),
        dns({ client: client(1), name: 'b.test', answered: 0.001 }),
        dns({ client: client(2), name: 'c.test' }),
        dns({ client: client(2), name: 'c.test', type: 28, answered: 0.001 }),
        dns({ client: client(3), name: 'd.test', answered: 0.001 }),
      ],
    });
    const thinned = dropOrdinary(all, 1);
    expect(thinned.dns.map(({ name, type }) => `${name} ${type}`)).toEqual(['a.test 1', 'c.test 1', 'c.test 28']);
    expect(thinned.dns.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(clientPorts(thinned)).toEqual([0, 2]);
    expect(thinned.answeredLeftOut).toEqual([{ point: 0, udp: 2, lookups: 2 }]);
  });

  it('keeps datagrams without an answer', () => {
    const all = evidence({
      datagrams: [
        datagram({ client: client(0), back: [0.1] }),
        datagram({ client: client(1), back: [0.1] }),
        datagram({ client: client(2) }),
      ],
    });
    expect(clientPorts(dropOrdinary(all, 1))).toEqual([0, 2]);
  });
});
