import { describe, expect, test } from 'vitest';
import type { HostActivity, TcpDirection } from '../../../../src/flows/evidence/evidence.ts';
import {
  pendingConversations,
  unheardConversations,
} from '../../../../src/heuristics/facts/hosts/pending-conversations.ts';
import {
  arp,
  connection,
  datagram,
  type EvidenceParts,
  echo,
  evidence,
  fragmented,
  hostActivity,
  point,
  ref,
  tunnel,
} from '../../../support/evidence.ts';

const [PEER, HOST] = ['10.0.0.9', '10.0.0.12'];
/** The host is silent from 10 s on. */
const silent = (some: Partial<HostActivity> = {}) => hostActivity(HOST, { lastSent: 10, ...some });
const outer = silent({ outer: true });
const carried = [tunnel({ index: 0, destination: HOST, innerDestinations: [{ value: '10.244.2.7', count: 1 }] })];

/** Open, with octets that wait for an acknowledgement since 11 s. */
const open = (toServer: Partial<TcpDirection> = {}, some: Parameters<typeof connection>[0] = {}) =>
  connection(
    {
      client: `${PEER}:1000`,
      server: `${HOST}:80`,
      ...some,
      toServer: { last: ref(11), unackedOctets: 100, ...toServer },
      toClient: { last: ref(9), ...some.toClient },
    },
    { established: true },
  );
/** The host is the client, and its server waits. */
const fromHost = (toClient: Partial<TcpDirection> = {}) =>
  connection(
    {
      client: `${HOST}:1000`,
      server: `${PEER}:80`,
      toClient: { last: ref(11), unackedOctets: 100, ...toClient },
      toServer: { last: ref(9) },
    },
    { established: true },
  );
const tries = (syn: number[], some: Parameters<typeof connection>[0] = {}) =>
  connection({ client: `${PEER}:1000`, server: `${HOST}:80`, syn, ...some });
const flow = (some: Parameters<typeof datagram>[0] = {}) =>
  datagram({ client: `${PEER}:1000`, server: `${HOST}:53`, sent: [1, 11], back: [1.1], ...some });
const ping = (some: Parameters<typeof echo>[0] = {}) =>
  echo({ source: PEER, destination: HOST, request: 11, reply: null, ...some });
const repeat = (smallestL3Length: number, ackedTime: number | null = null) =>
  ({ ackedTime, smallestL3Length, packets: [], sendings: 2 }) as unknown as TcpDirection['repeats'][number];

const count = (parts: EvidenceParts, host = silent()) => pendingConversations(evidence(parts), host).length;

describe('conversations that still send to a silent host', () => {
  test.each<[name: string, parts: EvidenceParts, host?: HostActivity]>([
    ['octets wait for an acknowledgement', { connections: [open()] }],
    ['of a server, to its client', { connections: [fromHost()] }],
    ['began before the capture, both sides sent', { connections: [open({}, { handshakeAck: null, synAck: [] })] }],
    ['a new attempt is repeated', { connections: [tries([11, 12])] }],
    ['a flow that was answered before', { datagrams: [flow()] }],
    ['who asks for its address', { arp: [arp({ asker: PEER, target: HOST, requests: [9, 11] })] }],
    ['its own question for a neighbour', { arp: [arp({ asker: HOST, target: PEER, requests: [11] })] }],
    ['a ping', { echoes: [ping()] }],
    [
      'a ping as large as one that was answered',
      { echoes: [ping({ l3Length: 84 }), ping({ sequence: 2, request: 1, reply: 1.1, l3Length: 84 })] },
    ],
    [
      'of repetitions one is small',
      { connections: [open({ repeats: [repeat(1500), repeat(60)], largestAckedL3: 100 })] },
    ],
    ['repetitions as large as what passed', { connections: [open({ repeats: [repeat(100)], largestAckedL3: 100 })] }],
    [
      'large repetitions that were acknowledged',
      { connections: [open({ repeats: [repeat(1500, 9)], largestAckedL3: 100 })] },
    ],
    [
      'in a tunnel to it',
      { tunnels: carried, connections: [open({ tunnels: [0] }, { server: '10.244.2.7:80' })] },
      outer,
    ],
    [
      'datagrams in a tunnel to it',
      { tunnels: carried, datagrams: [flow({ server: '10.244.2.7:53', tunnels: [0] })] },
      outer,
    ],
    [
      'a ping in a tunnel to it',
      { tunnels: carried, echoes: [ping({ destination: '10.244.2.7', encapsulation: ['vxlan'] })] },
      outer,
    ],
  ])('%s', (_, parts, host) => expect(count(parts, host)).toBe(1));

  test.each<[name: string, parts: EvidenceParts, host?: HostActivity]>([
    ['the last packet came with its last one', { connections: [open({ last: ref(10) })] }],
    ['nothing waits', { connections: [open({ unackedOctets: 0 })] }],
    [
      'the other side waits',
      { connections: [open({ unackedOctets: 0 }, { toClient: { unackedOctets: 9, last: ref(9) } })] },
    ],
    ['another host', { connections: [open({}, { server: '10.0.0.13:80' })] }],
    ['at another point', { points: [point(), point({ name: 'b' })], connections: [open({}, { point: 1 })] }],
    ['the sender resets it', { connections: [open({ resets: 1 })] }],
    ['the host resets it', { connections: [open({}, { toClient: { resets: 1 } })] }],
    ['never established', { connections: [open({ dataSegments: 0 }, { handshakeAck: null })] }],
    [
      'only one side sent data',
      { connections: [open({}, { handshakeAck: null, synAck: [], toClient: { dataSegments: 0 } })] },
    ],
    [
      'only what is larger than all that passed',
      { connections: [open({ repeats: [repeat(1500)], largestAckedL3: 100 })] },
    ],
    ['one SYN alone: a scan', { connections: [tries([11])] }],
    [
      'a server of which only the answers are seen',
      { connections: [tries([], { toClient: { packets: 2, last: ref(11), unackedOctets: 9 } })] },
    ],
    ['a service that was deaf before', { connections: [tries([11, 12]), tries([5, 6], { client: `${PEER}:1001` })] }],
    ['a flow that was never answered', { datagrams: [flow({ back: [] })] }],
    ['a flow that sent nothing later', { datagrams: [flow({ sent: [1, 10] })] }],
    ['a flow to the peer', { datagrams: [flow({ client: `${HOST}:1000`, server: `${PEER}:53` })] }],
    ['asked for before', { arp: [arp({ asker: PEER, target: HOST, requests: [9, 10] })] }],
    ['another address is asked for', { arp: [arp({ asker: PEER, target: '10.0.0.13', requests: [11] })] }],
    ['an answered ping', { echoes: [ping({ reply: 11.1 })] }],
    ['a ping before', { echoes: [ping({ request: 10 })] }],
    ['a reply without a request', { echoes: [ping({ request: null })] }],
    [
      'a ping larger than any that was answered',
      { echoes: [ping({ l3Length: 85 }), ping({ sequence: 2, request: 1, reply: 1.1, l3Length: 84 })] },
    ],
    ['a ping in fragments', { echoes: [ping()], fragments: [fragmented({ first: ref(11) })] }],
    ['pings that were ignored before', { echoes: [ping(), ping({ sequence: 2, request: 5 })] }],
    [
      'in a tunnel to another',
      { tunnels: [tunnel({ index: 0, destination: PEER })], connections: [open({ tunnels: [0] })] },
      outer,
    ],
    [
      'in a tunnel at another point',
      {
        points: [point(), point({ name: 'b' })],
        tunnels: [tunnel({ index: 0, point: 1, destination: HOST })],
        connections: [open({ tunnels: [0] })],
      },
      outer,
    ],
    ['outside the tunnel', { tunnels: carried, connections: [open({}, { server: '10.244.2.7:80' })] }, outer],
    [
      'a ping to another in the tunnel',
      { tunnels: carried, echoes: [ping({ destination: '10.244.2.8', encapsulation: ['vxlan'] })] },
      outer,
    ],
    ['a ping outside the tunnel', { tunnels: carried, echoes: [ping({ destination: '10.244.2.7' })] }, outer],
  ])('not: %s', (_, parts, host) => expect(count(parts, host)).toBe(0));

  test('a service is deaf when its host still sent a fifth of a second after the SYN', () => {
    const earlier = (time: number) =>
      count({ connections: [tries([11, 12]), tries([time, 13], { client: `${PEER}:1001` })] });
    expect([earlier(9.7), earlier(9.9)]).toEqual([0, 2]);
  });
});

describe('conversations that the silent host never heard', () => {
  const unheard = (parts: EvidenceParts, host = silent()) => unheardConversations(evidence(parts), [host]).length;
  test.each<[name: string, parts: EvidenceParts, host?: HostActivity]>([
    ['an attempt', { connections: [tries([11])] }],
    ['a flow', { datagrams: [flow({ sent: [11], back: [] })] }],
    ['pings', { echoes: [ping(), ping({ sequence: 2, request: 12 })] }],
    [
      'an attempt in a tunnel to it',
      { tunnels: carried, connections: [tries([11], { server: '10.244.2.7:80', toServer: { tunnels: [0] } })] },
      outer,
    ],
    [
      'a flow in a tunnel to it',
      { tunnels: carried, datagrams: [flow({ server: '10.244.2.7:53', sent: [11], back: [], tunnels: [0] })] },
      outer,
    ],
  ])('%s', (_, parts, host) => expect(unheard(parts, host)).toBe(1));
  test.each<[name: string, parts: EvidenceParts, host?: HostActivity]>([
    ['it began with its last packet', { connections: [tries([10])] }],
    ['it was answered', { connections: [tries([11], { synAck: [11.1] })] }],
    ['a flow began before', { datagrams: [flow({ sent: [10, 11], back: [] })] }],
    ['a flow was answered', { datagrams: [flow({ sent: [11], back: [11.1] })] }],
    ['one ping came before', { echoes: [ping(), ping({ sequence: 2, request: 10 })] }],
    ['one ping was answered', { echoes: [ping(), ping({ sequence: 2, request: 12, reply: 12.1 })] }],
    ['another host', { connections: [tries([11], { server: '10.0.0.13:80' })] }],
    ['a question for its address', { arp: [arp({ asker: PEER, target: HOST, requests: [11] })] }],
    ['a ping to another', { echoes: [ping({ destination: '10.0.0.13' })] }],
    ['in no tunnel to it', { tunnels: carried, connections: [tries([11], { server: '10.244.2.7:80' })] }, outer],
  ])('not: %s', (_, parts, host) => expect(unheard(parts, host)).toBe(0));
});
