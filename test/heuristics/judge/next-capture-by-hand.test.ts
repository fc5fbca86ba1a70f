import { describe, expect, test } from 'vitest';
import type { Evidence, Leg, PointRole } from '../../../src/flows/evidence/evidence.ts';
import { nextCaptureOf } from '../../../src/heuristics/judge/next-capture.ts';
import { judged } from '../../report/sample.ts';
import {
  connection,
  datagram,
  type EvidenceParts,
  evidence,
  hostActivity,
  point,
  tunnel,
} from '../../support/evidence.ts';

/** Each reason of the next capture, with every condition false alone. */

const [CLIENT, SERVER] = ['10.1.0.9:4000', '10.2.0.7:80'];
const [NODE_1, NODE_2] = ['192.0.2.1', '192.0.2.2'];
const SUFFIX = '; capture there and at the present points at the same time';

interface Asked {
  parts?: EvidenceParts;
  /** Points of the legs; all of them unless told. */
  legs?: number[];
  /** Hop limits of the client's packets at each point; 63 unless told. */
  ttls?: number[][];
  between?: [number, number];
  kind?: 'tcp' | 'datagram' | 'echo';
  encapsulated?: boolean;
  /** Indexes of the tunnels that the client's packets travel in, at each point. */
  tunnels?: number[][];
  subject?: { client?: string | null; server?: string | null };
  /** False: no conversation is known. */
  known?: boolean;
}

/** Points as "host role"; "-" for an unknown host. */
function evidenceOf(places: readonly string[], { parts = {}, kind = 'tcp', ...asked }: Asked): Evidence {
  const points = places.map((text, index) => {
    const [host, role] = text.split(' ');
    return point({ name: text, host: host === '-' ? null : host, role: role as PointRole, index });
  });
  const tunnelsAt = (at: number): number[] => asked.tunnels?.[at] ?? [];
  const connections = points.map((_, at) => {
    const made = connection({ point: at, client: CLIENT, server: SERVER, syn: [0, 1, 3] });
    const [toServer, toClient] = made.directions;
    return { ...made, directions: [{ ...toServer, tunnels: tunnelsAt(at) }, toClient] as typeof made.directions };
  });
  const datagrams = points.map((_, at) => ({
    ...datagram({ point: at, client: CLIENT, server: SERVER }),
    tunnels: tunnelsAt(at),
  }));
  const ttlsAt = (at: number) => (asked.ttls?.[at] ?? [63]).map((value) => ({ value, count: 1 }));
  const hosts = points.map((_, at) => hostActivity('10.1.0.9', { point: at, ttls: ttlsAt(at) }));
  const whole = evidence({ points, connections, datagrams, hosts, ...parts });
  const { client, server } = whole.connections[0];
  const encapsulation: Leg['encapsulation'] = asked.encapsulated ? ['vxlan'] : [];
  const legs = (asked.legs ?? points.map((_, at) => at)).map(
    (at): Leg => ({ point: at, flow: 0, kind, index: at, client, server, encapsulation }),
  );
  const rest = { serverBeforeNat: null, clientAfterNat: null };
  return {
    ...whole,
    hosts: [...whole.hosts, ...(parts.hosts === undefined ? [] : hosts)],
    conversations: [{ index: 0, protocol: 'tcp', legs, hops: [], client, server, ...rest }],
  };
}

function next(places: readonly string[], asked: Asked = {}): { on: string; why: string; filter: string } | null {
  const { between = null, subject, known = true } = asked;
  const occurrence = {
    between,
    conversations: known ? [0] : [],
    packets: [],
    packetsTotal: 0,
    ...(subject !== undefined && {
      subject: { protocol: 'tcp', client: CLIENT, server: SERVER, serverBeforeNat: null, ...subject },
    }),
  };
  const found = nextCaptureOf(evidenceOf(places, asked), {
    findings: [judged({ id: between === null ? 'syn-no-reply' : 'packet-loss', occurrence } as never)],
  });
  if (found === null) return null;
  expect(found.why.endsWith(SUFFIX)).toBe(true);
  const [, filter] = /'(.*)'$/.exec(found.command) ?? [];
  return { on: found.on, why: found.why.slice(0, -SUFFIX.length), filter };
}
const whyOf = (places: readonly string[], asked: Asked = {}): string | null => {
  const found = next(places, asked);
  return found === null ? null : `${found.on}: ${found.why}`;
};

const LAST = (point: string) => `${point} is the last point that sees the packets`;
const BEHIND = 'what becomes of them behind it is open';
const OUTSIDE =
  'the tunnel device and the network interface of its node were not captured: whether the packets leave the node is open';

describe('the last point is inside a node', () => {
  test.each<[string, string[], Asked, string | null]>([
    ['behind another host', ['a node-nic', 'b bridge'], {}, `b: ${LAST('b bridge')}; ${BEHIND}`],
    ['behind another host, at the veth itself', ['a node-nic', 'b pod-veth'], {}, null],
    [
      'behind another host, where a veth was captured',
      ['a node-nic', 'b bridge', 'b pod-veth'],
      { legs: [0, 1] },
      null,
    ],
    [
      'behind another host, where a veth of another host was captured',
      ['a node-nic', 'b bridge', 'a pod-veth'],
      { legs: [0, 1] },
      `b: ${LAST('b bridge')}; ${BEHIND}`,
    ],
    ['two devices of the client', ['a pod-veth', 'a bridge'], {}, `a: ${LAST('a bridge')}; ${OUTSIDE}`],
    ['one device, where the client is fresh', ['a bridge'], { ttls: [[64]] }, `a: ${LAST('a bridge')}; ${OUTSIDE}`],
    ['one device, where the client is fresh later', ['a bridge'], { ttls: [[63, 64]] }, null],
    ['one device, where no hop limit is known', ['a bridge'], { ttls: [[]] }, null],
    [
      'one device, where the client is fresh at another point',
      ['a bridge', 'b any'],
      { legs: [0], ttls: [[63], [64]] },
      null,
    ],
    ['one device, where the interface was captured', ['a bridge', 'a node-nic'], { legs: [0], ttls: [[64]] }, null],
    [
      'one device, where that of another host was captured',
      ['a bridge', 'b node-nic'],
      { legs: [0], ttls: [[64]] },
      `a: ${LAST('a bridge')}; ${OUTSIDE}`,
    ],
    ['two passages of one device', ['a bridge'], { legs: [0, 0] }, null],
    [
      'a host that is not known',
      ['- bridge'],
      { ttls: [[64]] },
      `the host of - bridge: ${LAST('- bridge')}; ${OUTSIDE}`,
    ],
  ])('%s', (_, places, asked, why) => expect(whyOf(places, asked)).toBe(why));

  const IN_TUNNEL =
    'no network interface of the nodes was captured: whether the packets in the tunnel leave the one and reach the other is open';
  test.each<[string, string[], string | null]>([
    ['a tunnel device', ['a tunnel-device'], `a: ${LAST('a tunnel-device')}; ${IN_TUNNEL}`],
    [
      'and that of another',
      ['a tunnel-device', 'b tunnel-device'],
      `a and b: ${LAST('a tunnel-device')}; ${IN_TUNNEL}`,
    ],
    [
      'and that of another, with its interface',
      ['a tunnel-device', 'b tunnel-device', 'b node-nic'],
      `a: ${LAST('a tunnel-device')}; ${IN_TUNNEL}`,
    ],
    ['with its interface', ['a tunnel-device', 'a host-nic'], null],
    ['of a host that is not known', ['- tunnel-device'], null],
  ])('a tunnel device: %s', (_, places, why) => expect(whyOf(places, { legs: [0] })).toBe(why));
});

describe('the last point is the edge of a host', () => {
  const vxlan = tunnel({ source: NODE_1, destination: NODE_2, destinationPort: 8472 });
  const inTunnel = { parts: { tunnels: [vxlan] }, tunnels: [[0], [0]] };
  const ENDS = `host ${NODE_1} and host ${NODE_2} and udp port 8472`;
  const seenBoth = (at: number, ...addresses: string[]) =>
    addresses.map((address) => hostActivity(address, { point: at, outer: true }));

  test('in a tunnel: the other end, by its name where that is known', () => {
    const open = 'whether they reach the other end of the tunnel is open';
    expect(whyOf(['a node-nic'], inTunnel)).toBe(
      `the other one of ${NODE_1} and ${NODE_2}: ${LAST('a node-nic')}; ${open}`,
    );
    expect(next(['a node-nic'], inTunnel)?.filter).toBe(ENDS);
    expect(whyOf(['a bridge', 'a node-nic'], inTunnel)).toBe(`${NODE_2}: ${LAST('a node-nic')}; ${open}`);
    const known = { nodes: { [NODE_2]: 'worker2' } };
    expect(next(['a bridge', 'a node-nic'], { ...inTunnel, parts: { tunnels: [vxlan], known } })?.on).toBe(
      `worker2 (${NODE_2})`,
    );
    expect(next(['a node-nic'], { ...inTunnel, kind: 'datagram' })?.filter).toBe(ENDS);
    expect(whyOf(['a node-nic', 'b node-nic'], inTunnel)).toBe(`b: ${LAST('b node-nic')}; ${BEHIND}`);
  });

  test('in a tunnel whose other end was captured: nothing, unless it saw one end only', () => {
    const at = (...hosts: string[]) =>
      next(['a node-nic', 'b node-nic'], {
        ...inTunnel,
        legs: [0],
        parts: { tunnels: [vxlan], hosts: seenBoth(1, ...hosts) },
      });
    expect(at(NODE_1, NODE_2)).toBeNull();
    expect(at(NODE_1)).not.toBeNull();
    expect(at(NODE_2)).not.toBeNull();
    const inside = ['a node-nic', 'b bridge'];
    const hosts = seenBoth(1, NODE_1, NODE_2);
    expect(next(inside, { ...inTunnel, legs: [0], parts: { tunnels: [vxlan], hosts } })).not.toBeNull();
    const own = ['a node-nic', 'a host-nic'];
    expect(next(own, { ...inTunnel, legs: [0], parts: { tunnels: [vxlan], hosts } })).not.toBeNull();
  });

  test('a ping in a tunnel: of the one at its point that holds both addresses', () => {
    const inner = {
      innerSources: [{ value: '10.1.0.9', count: 1 }],
      innerDestinations: [{ value: '10.2.0.7', count: 1 }],
    };
    const at = (some: Parameters<typeof tunnel>[0], encapsulated = true) =>
      next(['a node-nic'], {
        kind: 'echo',
        encapsulated,
        parts: { tunnels: [{ ...vxlan, ...inner, ...some }] } as never,
      })?.on;
    expect(at({})).toBe(`the other one of ${NODE_1} and ${NODE_2}`);
    expect(at({ innerSources: [] })).toBe('a');
    expect(at({ innerDestinations: [] })).toBe('a');
    expect(at({ point: 1 })).toBe('a');
    expect(at({}, false)).toBe('a');
  });

  test('without a tunnel: the server, where the client is near; else on from here', () => {
    const open = 'whether they reach the server is open';
    const near = { ttls: [[64], [63]] };
    const onward = (place: string) => `${place[0]}: ${LAST(place)}; ${BEHIND}`;
    expect(whyOf(['a host-nic'], near)).toBe(`10.2.0.7: ${LAST('a host-nic')}; ${open}`);
    expect(next(['a host-nic'], near)?.filter).toBe(
      'host 10.1.0.9 or host 10.2.0.7 or udp port 8472 or udp port 4789 or ip proto 4',
    );
    expect(whyOf(['a host-nic'])).toBe(onward('a host-nic'));
    expect(whyOf(['a node-nic'], near)).toBe(onward('a node-nic'));
    expect(whyOf(['b any', 'a host-nic'], { ttls: [[64], [64]] })).toBe(onward('a host-nic'));
    const watched = (...addresses: string[]) =>
      whyOf(['a host-nic', 'b node-nic'], { ...near, legs: [0], parts: { hosts: seenBoth(1, ...addresses) } });
    expect(watched('10.1.0.9', '10.2.0.7')).toBeNull();
    expect(watched('10.2.0.7')).toBeNull();
    expect(watched('10.2.0.8')).toBe(`10.2.0.7: ${LAST('a host-nic')}; ${open}`);
  });

  test('the client of outer packets is another one', () => {
    const hosts = [hostActivity('10.1.0.9', { point: 0, outer: true, ttls: [{ value: 64, count: 1 }] })];
    expect(next(['a host-nic'], { parts: { hosts }, ttls: [[63]] })?.on).toBe('a');
  });
});

describe('the filter', () => {
  const filterOf = (...tunnels: Parameters<typeof tunnel>[0][]) =>
    next(['a tunnel-device', 'b tunnel-device'], {
      between: [0, 1],
      parts: { tunnels: tunnels.map((one) => tunnel({ source: NODE_1, destination: NODE_2, ...one })) },
    })?.filter;
  const ends = `host ${NODE_1} and host ${NODE_2}`;

  test('names the forms of the tunnels, and their ends where they are two', () => {
    expect(filterOf({ destinationPort: 8472 })).toBe(`${ends} and udp port 8472`);
    expect(filterOf({ destinationPort: 0, kind: 'gre' })).toBe(`${ends} and ip proto 47`);
    expect(filterOf({ destinationPort: 0, kind: 'ipip' })).toBe(`${ends} and ip proto 4`);
    expect(filterOf({ destinationPort: 8472 }, { destinationPort: 0, kind: 'ipip' })).toBe(
      `${ends} and (ip proto 4 or udp port 8472)`,
    );
    expect(filterOf({ destinationPort: 8472 }, { destinationPort: 8472, destination: '192.0.2.3' })).toBe(
      'udp port 8472',
    );
    expect(filterOf({ destinationPort: 8472, point: 1 })).toBe(`${ends} and udp port 8472`);
    expect(filterOf()).toBe('udp port 8472 or udp port 4789 or ip proto 4');
  });

  test('names the ends of the finding where no conversation is known', () => {
    const of = (client: string | null, server: string | null) =>
      next(['a pod-veth', 'a node-nic'], { between: [0, 1], known: false, subject: { client, server } })?.filter;
    const usual = 'udp port 8472 or udp port 4789 or ip proto 4';
    expect(of('10.1.0.9:4000', '[fd00::1]:80')).toBe(`host 10.1.0.9 or host fd00::1 or ${usual}`);
    expect(of('10.1.0.9', 'fd00::1')).toBe(`host 10.1.0.9 or host fd00::1 or ${usual}`);
    expect(of(null, '3 servers')).toBe(usual);
    expect(of('10.1.0.9:4000', '10.1.0.9:80')).toBe(`host 10.1.0.9 or ${usual}`);
  });
});

describe('between two points', () => {
  const GAP = 'packets are last seen at a tunnel-device and not at b tunnel-device';
  const between: [number, number] = [0, 1];

  test('of two hosts: those of which no edge was captured', () => {
    const open =
      'no interface between a and b was captured: whether the packets leave the one and reach the other is open';
    const two = ['a tunnel-device', 'b tunnel-device'];
    expect(whyOf(two, { between })).toBe(`a and b: ${GAP}; ${open}`);
    expect(whyOf([...two, 'a node-nic'], { between })).toBe(`b: ${GAP}; ${open}`);
    expect(whyOf([...two, 'b any'], { between })).toBe(`a: ${GAP}; ${open}`);
    expect(whyOf([...two, 'a outside', 'b host-nic'], { between })).toBeNull();
  });

  test('of one host: its devices between these, if there are any', () => {
    const at = (a: string, b: string) => whyOf([`a ${a}`, `a ${b}`], { between });
    const left = (a: string, b: string) =>
      `a: packets are last seen at a ${a} and not at a ${b}; the devices of a between these two were not captured`;
    expect(at('pod-veth', 'tunnel-device')).toBe(left('pod-veth', 'tunnel-device'));
    expect(at('node-nic', 'bridge')).toBe(left('node-nic', 'bridge'));
    expect(at('pod-veth', 'node-nic')).toBe(left('pod-veth', 'node-nic'));
    expect(at('pod-veth', 'bridge')).toBeNull();
    expect(at('node-nic', 'tunnel-device')).toBeNull();
    expect(at('pod-veth', 'any')).toBeNull();
    expect(at('any', 'node-nic')).toBeNull();
    expect(whyOf(['a node-nic'], { between: [0, 0] })).toBe(
      'a: packets enter a node-nic and do not leave it in the form in which they go on; no other device of a was captured there',
    );
  });
});
