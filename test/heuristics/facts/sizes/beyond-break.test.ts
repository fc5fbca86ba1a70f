import { expect, test } from 'vitest';
import type { Conversation, KnownCluster } from '../../../../src/flows/evidence/evidence.ts';
import { beyondBreak } from '../../../../src/heuristics/facts/sizes/beyond-break.ts';
import type { Cliff } from '../../../../src/heuristics/facts/sizes/cliff.ts';
import { connection, endpoint, evidence } from '../../../support/evidence.ts';

function beyond(direction: 0 | 1, conversation: Partial<Conversation>, known: Partial<KnownCluster> = {}) {
  const all = evidence({ connections: [connection({}, { established: true })], known });
  const conversations = [{ ...all.conversations[0], ...conversation }];
  const receiver = direction === 0 ? conversations[0].server.address : conversations[0].client.address;
  return beyondBreak(all, { conversations, direction, receiver } as unknown as Cliff);
}

const NODE_PORT = endpoint('192.168.0.11:30080');
const SERVICE = endpoint('10.96.0.20:80');
const POD = endpoint('10.244.2.7:8080');

test.each([
  ['a pod', { server: POD }, { target: '10.244.2.7', front: null, servicePort: 0 }],
  [
    'a service that is translated to a pod',
    { server: POD, serverBeforeNat: SERVICE },
    { target: '10.244.2.7', front: '10.96.0.20', servicePort: 80 },
  ],
  [
    'another port of the same pod',
    { server: POD, serverBeforeNat: endpoint('10.244.2.7:80') },
    { target: '10.244.2.7', front: null, servicePort: 0 },
  ],
  ['a port of a node', { server: NODE_PORT }, { target: null, front: '192.168.0.11', servicePort: 30080 }],
  [
    'such a port of a public address',
    { server: endpoint('198.51.100.7:30080') },
    { target: '198.51.100.7', front: null, servicePort: 0 },
  ],
  [
    'a port below those of nodes',
    { server: endpoint('192.168.0.11:8080') },
    { target: '192.168.0.11', front: null, servicePort: 0 },
  ],
])('to the server, which is %s', (_, conversation, expected) => {
  expect(beyond(0, conversation)).toEqual(expected);
});

test('to the server, whose address is in the range of services', () => {
  expect(beyond(0, { server: SERVICE }, { serviceCidrs: ['10.96.0.0/12'] })).toEqual({
    target: null,
    front: '10.96.0.20',
    servicePort: 80,
  });
});

test.each([
  ['itself', {}, { target: '10.244.1.5', front: null, servicePort: 0 }],
  [
    'masqueraded: a ping to the address that the server sees goes to its node',
    { client: endpoint('10.244.1.5:40000'), clientAfterNat: endpoint('192.168.0.11:40000') },
    { target: '10.244.1.5', front: '192.168.0.11', servicePort: 0 },
  ],
  [
    'with an address and port like a port of a node',
    { client: endpoint('192.168.0.11:30080') },
    { target: '192.168.0.11', front: null, servicePort: 0 },
  ],
  ['of a translated server', { serverBeforeNat: SERVICE }, { target: '10.244.1.5', front: null, servicePort: 0 }],
])('to the client, %s', (_, conversation, expected) => {
  expect(beyond(1, conversation)).toEqual(expected);
});

test('a conversation whose far end is another host says nothing of the receiver', () => {
  const all = evidence({ connections: [connection({ server: '192.168.0.11:30080' })] });
  const cliff = { conversations: all.conversations, direction: 0, receiver: '10.244.2.7' } as unknown as Cliff;
  expect(beyondBreak(all, cliff)).toEqual({ target: '10.244.2.7', front: null, servicePort: 0 });
});

test('the first conversation that tells is taken', () => {
  const all = evidence({ connections: [connection({}, { established: true })] });
  const [one] = all.conversations;
  const conversations = [one, { ...one, server: POD, serverBeforeNat: SERVICE }];
  const cliff = { conversations, direction: 0, receiver: one.server.address } as unknown as Cliff;
  expect(beyondBreak(all, cliff)).toEqual({ target: '10.244.2.7', front: '10.96.0.20', servicePort: 80 });
});
