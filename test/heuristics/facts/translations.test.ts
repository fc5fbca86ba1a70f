import { describe, expect, test } from 'vitest';
import { spokenFor } from '../../../src/heuristics/facts/arp-speakers.ts';
import { isAddressProbe, leaseOf } from '../../../src/heuristics/facts/leases.ts';
import { translatedRepliesOf } from '../../../src/heuristics/facts/reply-translations.ts';
import { isAnsweredElsewhere, SCTP, talksElsewhere } from '../../../src/heuristics/facts/talks-elsewhere.ts';
import { ledgersOf } from '../../../src/heuristics/facts/translations.ts';
import {
  arp,
  capture,
  connection,
  datagram,
  type EvidenceParts,
  evidence,
  icmpError,
  point,
  quoted,
  ref,
} from '../../support/evidence.ts';
import { counted, MAC } from '../../support/tunnel-items.ts';

type Parts = NonNullable<Parameters<typeof connection>[0]>;
type Flow = NonNullable<Parameters<typeof datagram>[0]>;
const [POD, NODE, REMOTE] = ['10.244.1.5', '192.168.0.1', '203.0.113.80:443'];
const captures = [capture(), capture(), capture()];
const veth = point({ host: 'a', role: 'pod-veth' });
const nic = point({ host: 'a', role: 'node-nic', capture: 1 });
const claim = (address: string, mac: string, some = {}) => ({
  point: 0,
  address,
  mac,
  claims: 1,
  first: ref(0),
  last: ref(9),
  gratuitous: 0,
  ...some,
});
const ledgers = (parts: EvidenceParts) =>
  ledgersOf(evidence({ captures, ...parts })).map(
    ({ point: at, protocol, remote, translated, untranslated }) =>
      `${at} ${protocol} ${remote}: ${[translated, untranslated].map((list) => list.map(({ client, inner, outcome, requests, mac, ttl }) => `${client.address}${inner === null ? '' : ` from ${inner}`} ${outcome} ${requests.map(({ time }) => time)}${mac === undefined ? '' : ` ${mac.slice(-1)}`}${ttl === undefined ? '' : ` ttl ${ttl}`}`).join('; ')).join(' | ')}`,
  );

describe('connections that leave a node, translated or not', () => {
  const inside = (some: Parts = {}) => connection({ client: `${POD}:1`, server: REMOTE, syn: [0], ...some });
  const leaves = (some: Parts = {}) =>
    connection({
      client: `${NODE}:1`,
      server: REMOTE,
      syn: [0.001],
      point: 1,
      ...some,
      toServer: { sourceMacs: counted(MAC[1]), ...some.toServer },
    });
  const judged = (near: Parts = {}, out: Parts = {}, points = [veth, nic]) => {
    const of = [inside(near), leaves(out)];
    return ledgers({ points, connections: of, paths: [{ of }] });
  };
  const [yes, no] = [
    [`1 tcp ${REMOTE}: ${NODE} from ${POD} silent 0.001 1 | `],
    [`1 tcp ${REMOTE}:  | ${POD} from ${POD} silent 0.001 1`],
  ];
  test.each<[name: string, told: string[], expected: string[]]>([
    ['by two points of the node', judged(), yes],
    ['not translated', judged({}, { client: `${POD}:1` }), no],
    ['answered', judged({ synAck: [0.5] }), [yes[0].replace('silent', 'answered')]],
    ['in a tunnel', judged({}, { encapsulation: ['vxlan'] }), []],
    ['no SYN', judged({}, { syn: [] }), []],
    ['no NIC', judged({}, {}, [veth, { ...nic, role: 'bridge' }]), []],
    ['a tunnel device', judged({}, {}, [veth, { ...nic, role: 'tunnel-device' }]), []],
    ['the NIC of another host', judged({}, {}, [veth, { ...nic, host: 'b' }]), []],
    [
      'the hosts are unknown',
      judged({}, {}, [point({ role: 'pod-veth' }), point({ role: 'node-nic', capture: 1 })]),
      [],
    ],
  ])('%s', (_, text, expected) => expect(text).toEqual(expected));
  const alone = (some: Parts = {}, parts: EvidenceParts = {}) =>
    ledgers({
      points: [nic],
      connections: [leaves({ point: 0, ...some, toServer: { ttls: [{ value: 63, count: 1 }], ...some.toServer } })],
      ...parts,
    });
  const [own, foreign] = [
    `0 tcp ${REMOTE}: ${NODE} silent 0.001 1 ttl 63 | `,
    `0 tcp ${REMOTE}:  | ${NODE} silent 0.001 1 ttl 63`,
  ];
  test.each<[name: string, told: string[], expected: string[]]>([
    ['whose MAC speaks for the source', alone({}, { claims: [claim(NODE, MAC[1])] }), [own]],
    ['whose MAC does not', alone({}, { claims: [claim(NODE, MAC[2])] }), [foreign]],
    ['whose MAC speaks for another address', alone({}, { claims: [claim('192.168.0.9', MAC[1])] }), [foreign]],
    ['sent by the node itself', alone({ toServer: { ttls: [{ value: 64, count: 1 }] } }), []],
    [
      'some of it by the node itself',
      alone({
        toServer: {
          ttls: [
            { value: 63, count: 1 },
            { value: 64, count: 1 },
          ],
        },
      }),
      [],
    ],
    ['of no known hop limit', alone({ toServer: { ttls: [] } }), []],
  ])('by the NIC alone: %s', (_, text, expected) => expect(text).toEqual(expected));
  test('by port of the remote end', () => {
    const two = [1, 2].map((nth) =>
      leaves({ point: 0, client: `${NODE}:${nth}`, toServer: { ttls: [{ value: 63, count: 1 }] } }),
    );
    expect(ledgers({ points: [nic], connections: two })).toHaveLength(1);
    const other = leaves({ point: 0, server: '203.0.113.80:80', toServer: { ttls: [{ value: 63, count: 1 }] } });
    expect(ledgers({ points: [nic], connections: [two[0], other] })).toHaveLength(2);
  });

  const sent = (near: Flow = {}, out: Flow = {}, points = [veth, nic]) => {
    const of = [
      datagram({ client: `${POD}:1`, server: REMOTE, ...near }),
      datagram({ client: `${NODE}:1`, server: REMOTE, point: 1, sent: [0.001], ...out }),
    ];
    return ledgers({ points, datagrams: of, paths: [{ of }] });
  };
  const udp = yes[0].replace('tcp', 'udp').replace(' 1 |', ' |');
  test.each<[name: string, told: string[], expected: string[]]>([
    ['translated', sent(), [udp]],
    ['not translated', sent({}, { client: `${POD}:1` }), [`1 udp ${REMOTE}:  | ${POD} from ${POD} silent 0.001`]],
    ['answered inside', sent({ back: [1] }), [udp.replace('silent', 'answered')]],
    ['answered at the NIC', sent({}, { back: [1] }), [udp.replace('silent', 'answered')]],
    ['in a tunnel', sent({}, { encapsulation: ['vxlan'] }), []],
    ['to a group', sent({}, { toGroup: [true, false] }), []],
    ['from a group', sent({}, { toGroup: [false, true] }), [udp]],
    ['nothing is known of the requests', sent({}, { samples: [[], []] }), []],
    ['no NIC', sent({}, {}, [veth, { ...nic, role: 'bridge' }]), []],
    ['the NIC of another host', sent({}, {}, [veth, { ...nic, host: 'b' }]), []],
  ])('datagrams: %s', (_, text, expected) => expect(text).toEqual(expected));
});

describe('who speaks for an address', () => {
  const told = (parts: EvidenceParts) =>
    spokenFor(evidence({ points: [point(), point()], ...parts }), 0, NODE).map(
      ({ mac, from, until }) => `${mac.slice(-1)} ${from}-${until}`,
    );
  const asks = (some: Parameters<typeof arp>[0] = {}) =>
    arp({ asker: NODE, askerMac: MAC[1], requests: [5, 20], ...some });
  test.each<[name: string, parts: EvidenceParts, expected: string[]]>([
    ['by a claim', { claims: [claim(NODE, MAC[1])] }, ['1 0-9']],
    ['by a request', { arp: [asks()] }, ['1 5-20']],
    ['by both', { claims: [claim(NODE, MAC[1])], arp: [asks()] }, ['1 0-20']],
    ['by a shorter one', { claims: [claim(NODE, MAC[1])], arp: [asks({ requests: [1, 2] })] }, ['1 0-9']],
    ['two', { claims: [claim(NODE, MAC[1])], arp: [asks({ askerMac: MAC[2] })] }, ['1 0-9', '2 5-20']],
    ['traffic is no claim', { claims: [claim(NODE, MAC[1], { claims: 0 })] }, []],
    ['a claim at another point', { claims: [claim(NODE, MAC[1], { point: 1 })] }, []],
    ['a claim of another address', { claims: [claim(POD, MAC[1])] }, []],
    ['a request at another point', { arp: [asks({ point: 1 })] }, []],
    ['a request of another address', { arp: [asks({ asker: POD })] }, []],
    ['no request was kept', { arp: [asks({ requests: [] })] }, []],
  ])('%s', (_, parts, expected) => expect(told(parts)).toEqual(expected));
});

describe('addresses that DHCP gives', () => {
  const lease = (time: number, some = {}) =>
    ({ ...ref(time), point: 0, mac: MAC[1], address: POD, server: NODE, ...some }) as never;
  const probe = (leases: never[], some: Parameters<typeof icmpError>[1] = {}, quotes = {}) =>
    isAddressProbe(
      evidence({ leases }),
      icmpError(20, { quoted: quoted({ source: NODE, destination: POD, protocol: 1, ...quotes }), ...some }),
    );
  test.each<[name: string, is: boolean, expected: boolean]>([
    ['10 s after the probe', probe([lease(30)]), true],
    ['later', probe([lease(30.01)]), false],
    ['10 s before', probe([lease(10)]), true],
    ['earlier', probe([lease(9.99)]), false],
    ['no lease', probe([]), false],
    ['of another address', probe([lease(20, { address: '10.244.1.6' })]), false],
    ['by another server', probe([lease(20, { server: '192.168.0.2' })]), false],
    ['at another point', probe([lease(20, { point: 1 })]), false],
    ['another protocol', probe([lease(20)], {}, { protocol: 17 }), false],
    ['without a packet', probe([lease(20)], { quoted: null }), false],
  ])('an error about a probe: %s', (_, is, expected) => expect(is).toBe(expected));
  test('the last lease of an address to a machine', () => {
    const all = evidence({
      points: [point(), point({ capture: 1, timeShift: 100 })],
      captures,
      leases: [
        lease(20),
        lease(5, { point: 1 }),
        lease(30),
        lease(99, { mac: MAC[2] }),
        lease(99, { address: '10.244.1.6' }),
      ],
    });
    expect(leaseOf(all, [POD], [MAC[1]])).toMatchObject({ time: 5, point: 1 });
    expect(leaseOf(all, ['10.9.9.9', '10.244.1.6'], [MAC[3], MAC[1]])).toMatchObject({ address: '10.244.1.6' });
    expect(leaseOf(all, [POD], [MAC[3]])).toBeNull();
    expect(leaseOf(all, [], [MAC[1]])).toBeNull();
  });
});

describe('a reply whose source is translated although the request was not', () => {
  const [SERVICE, OTHER] = ['10.244.2.7:80', '192.168.0.2'];
  const asked = (some: Parts = {}) => connection({ server: SERVICE, syn: [0], ...some });
  const other = (some: Parts = {}) => connection({ server: `${OTHER}:80`, synAck: [0.1], synAckAcks: 1001, ...some });
  const within = (some: Parts = {}) => connection({ server: SERVICE, syn: [0], synAck: [0.1], point: 1, ...some });
  const told = (one: Parts = {}, two: Parts = {}, three: Parts = {}) => {
    const of = [asked(one), within(three)];
    const all = evidence({ points: [nic, veth], captures, connections: [...of, other(two)], paths: [{ of }] });
    return translatedRepliesOf(all).map(
      ({ conversation, asked: a, answered, inside }) =>
        `${conversation.index} ${a.point} ${answered.server.address} ${inside.point}`,
    );
  };
  const found = [`0 0 ${OTHER} 1`];
  test.each<[name: string, told: string[], isFound: boolean]>([
    ['so', told(), true],
    ['a SYN-ACK of its own', told({ synAck: [0.2] }), false],
    ['no SYN', told({ syn: [] }), false],
    ['the number is unknown', told({ toServer: { iss: null } }, {}, { toServer: { iss: null } }), false],
    ['about another SYN', told({}, { synAckAcks: 1002 }), false],
    ['from the same address', told({}, { server: '10.244.2.7:81' }), false],
    ['to another socket', told({}, { client: '10.244.1.5:40001' }), false],
    ['at another point', told({}, { point: 1 }), false],
    ['inside at the same point', told({}, {}, { point: 0 }), false],
    ['inside to another address', told({}, {}, { server: '10.244.2.8:80' }), false],
    ['inside to another port', told({}, {}, { server: '10.244.2.7:81' }), false],
    ['inside without a SYN', told({}, {}, { syn: [] }), false],
    ['inside without a SYN-ACK', told({}, {}, { synAck: [] }), false],
    ['inside another SYN', told({}, {}, { toServer: { iss: 7 } }), false],
    ['the handshake went on', told({}, {}, { handshakeAck: ref(1) }), false],
  ])('%s', (_, text, isFound) => expect(text).toEqual(isFound ? found : []));
});

describe('datagrams that are answered from another address', () => {
  const asked = datagram({ client: '10.0.0.1:7', server: '10.0.0.2:8' });
  const elsewhere = (some: Flow) =>
    talksElsewhere(evidence({ points: [point(), point()], datagrams: [asked, datagram(some)] }), asked);
  test.each<[name: string, some: Flow, expected: boolean]>([
    ['the same two on other ports', { client: '10.0.0.1:7', server: '10.0.0.2:9', back: [1] }, true],
    ['the same two, begun by the other', { client: '10.0.0.2:9', server: '10.0.0.1:7', back: [1] }, true],
    ['from another port of the client', { client: '10.0.0.1:6', server: '10.0.0.2:9', back: [1] }, false],
    ['with another host', { client: '10.0.0.1:7', server: '10.0.0.3:9', back: [1] }, false],
    ['one way', { client: '10.0.0.1:7', server: '10.0.0.2:9' }, false],
    ['answers only, from anybody', { client: '10.0.0.1:7', server: '10.0.0.3:9', sent: [], back: [1] }, true],
    [
      'answers only, at another point',
      { client: '10.0.0.1:7', server: '10.0.0.3:9', sent: [], back: [1], point: 1 },
      false,
    ],
    ['answers only, to another port', { client: '10.0.0.1:6', server: '10.0.0.3:9', sent: [], back: [1] }, false],
  ])('%s', (_, some, expected) => expect(elsewhere(some)).toBe(expected));
  const sctp = (some: Flow) =>
    isAnsweredElsewhere(evidence({ datagrams: [datagram({ protocol: SCTP, ...some })] }), asked);
  test.each<[name: string, some: Flow, expected: boolean]>([
    ['the same client, answered', { client: '10.0.0.1:7', server: '10.9.9.2:8', back: [1] }, true],
    ['the same client, not answered', { client: '10.0.0.1:7', server: '10.9.9.2:8' }, false],
    ['another client with the same ports', { client: '10.9.9.1:7', server: '10.9.9.2:8', back: [1] }, false],
    ['another port of the client', { client: '10.0.0.1:6', server: '10.9.9.2:8', back: [1] }, false],
    ['another port of the server', { client: '10.0.0.1:7', server: '10.9.9.2:9', back: [1] }, false],
    ['begun by the server, to the client', { client: '10.9.9.2:8', server: '10.0.0.1:7' }, true],
    ['begun by the server, to another host', { client: '10.9.9.2:8', server: '10.9.9.1:7' }, false],
    ['begun by the server, nothing sent', { client: '10.9.9.2:8', server: '10.0.0.1:7', sent: [] }, false],
    ['begun by another port', { client: '10.9.9.2:9', server: '10.0.0.1:7' }, false],
    ['begun to another port', { client: '10.9.9.2:8', server: '10.0.0.1:6' }, false],
    ['another protocol', { client: '10.0.0.1:7', server: '10.9.9.2:8', back: [1], protocol: 17 }, false],
  ])('an association: %s', (_, some, expected) => expect(sctp(some)).toBe(expected));
});
