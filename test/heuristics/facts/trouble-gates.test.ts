import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { oddSources } from '../../../src/heuristics/facts/outer-sources.ts';
import { unansweredInFragments } from '../../../src/heuristics/facts/sizes/fragmented-requests.ts';
import { firstSynsLost } from '../../../src/heuristics/facts/tcp/first-syns.ts';
import { connection, datagram, echo, evidence, fragmented, point, ref } from '../../support/evidence.ts';
import { attempt, between } from '../../support/tunnel-items.ts';

/** What opens a gate and is about nobody else: what is found of the others has to stay as it was behind the gate. */
describe('facts that are not looked for where their trouble occurs nowhere', () => {
  const times = fc.array(fc.nat(5), { maxLength: 3 });
  const end = point({ quality: { lastTime: 30 } });

  test('requests in fragments, without any fragment', () => {
    const flow = fc
      .tuple(fc.nat(2), fc.nat(2), times, times)
      .map(([client, port, sent, back]) =>
        datagram({ client: `10.0.0.${client}:5000`, server: `10.0.1.1:${7000 + port}`, sent, back }),
      );
    const ping = fc
      .tuple(fc.nat(2), fc.boolean())
      .map(([from, isAnswered]) =>
        echo({ source: `10.0.0.${from}`, destination: '10.0.1.1', ...(isAnswered ? {} : { reply: null }) }),
      );
    fc.assert(
      fc.property(fc.array(flow, { maxLength: 8 }), fc.array(ping, { maxLength: 4 }), (datagrams, echoes) => {
        const elsewhere = fragmented({ point: 0, source: '192.0.2.1', destination: '192.0.2.2', first: ref(29) });
        elsewhere.first.packet = 999_999;
        const parts = { points: [end], datagrams, echoes };
        const behind = unansweredInFragments(evidence(structuredClone(parts)), 1);
        expect(unansweredInFragments(evidence({ ...parts, fragments: [elsewhere] }), 1)).toEqual(behind);
        expect(behind).toEqual([]);
      }),
    );
  });

  test('first SYNs lost, with fewer SYNs sent again than it takes', () => {
    const one = fc
      .tuple(
        fc.nat(1),
        fc.constantFrom<number[]>([0], [0, 1], [0, 1, 3]),
        fc.constantFrom<number[]>([], [0.1], [1.1], [3.1]),
      )
      .map(([server, syn, synAck]) =>
        connection({ server: `10.0.1.${server}:80`, syn, synAck }, { established: synAck.length > 0 }),
      );
    const silent = (port: number) =>
      connection({ client: `192.0.2.1:${port}`, server: '192.0.2.2:80', syn: [0, 1], synAck: [] });
    let opened = 0;
    fc.assert(
      fc.property(fc.array(one, { maxLength: 6 }), (connections) => {
        if (connections.filter(({ syn }) => syn.length > 1).length >= 3) return;
        opened++;
        expect(firstSynsLost(evidence({ points: [end], connections: structuredClone(connections) }))).toEqual([]);
        const more = [...connections, ...[1, 2, 3].map(silent)];
        expect(firstSynsLost(evidence({ points: [end], connections: more }))).toEqual([]);
      }),
    );
    expect(opened).toBeGreaterThan(20);
  });

  test('the only outer source of a VTEP that its peers send to, whatever became of its packets', () => {
    const own = between(0, 1, 2);
    const back = between(1, 2, 1);
    const silent = () => [attempt(0, null), attempt(0, null, { client: '10.244.1.9:40001' })];
    expect(oddSources(evidence({ tunnels: [own, back], connections: silent() }))).toEqual([]);
    const known = { vteps: { [own.innerSourceMacs[0].value]: own.source } };
    expect(oddSources(evidence({ tunnels: [own], connections: silent(), known }))).toEqual([]);
    // The same packets from an address that neither its peers send to nor anybody gave.
    const odd = between(0, 1, 2, { source: '192.168.0.101' });
    const found = oddSources(evidence({ tunnels: [odd, back], connections: silent() }));
    expect(found).toMatchObject([{ odd: ['192.168.0.101'], right: own.source }]);
  });
});
