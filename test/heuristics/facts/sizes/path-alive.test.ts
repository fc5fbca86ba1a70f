import { describe, expect, test } from 'vitest';
import type { Connection, RepeatedRange } from '../../../../src/flows/evidence/evidence.ts';
import { pathAlive } from '../../../../src/heuristics/facts/sizes/path-alive.ts';
import { connection, evidence, point, ref } from '../../../support/evidence.ts';
import { repeat } from '../../../support/segment-items.ts';

type Parts = NonNullable<Parameters<typeof connection>[0]>;

/** 1500 octets at 1, 2, 4, 8 and 16 s in vain; the server was last heard at 0.9 s. */
const LARGE = repeat({ times: [1, 2, 4, 8, 16], l3Length: 1500, smallestL3Length: 1500 });

/** Of which no sign says that the path is alive: too few sendings for a silence to tell. */
const FEW = { ...LARGE, packets: LARGE.packets.slice(0, 2), sendings: 2 };

function upload(some: Parts = {}, toServer: Parts['toServer'] = {}, toClient: Parts['toClient'] = {}): Connection {
  return connection(
    {
      ...some,
      toServer: { largestAckedL3: 186, unackedOctets: 1448, unackedSince: ref(1), last: ref(16), ...toServer },
      toClient: { last: ref(0.9), packets: 3, syns: 1, ...toClient },
    },
    { established: true },
  );
}

function isAlive(
  one: Connection,
  large: RepeatedRange = FEW,
  others: Connection[] = [],
  direction: 0 | 1 = 0,
): boolean {
  const all = evidence({ points: [point(), point()], connections: [one, ...others] });
  const [near] = all.connections;
  return pathAlive(all, [near], near, large, direction);
}

/** The same with client and server in each other's place. */
function download(some: Parts = {}, toClient: Parts['toClient'] = {}, toServer: Parts['toServer'] = {}): Connection {
  return connection(
    {
      ...some,
      toClient: { largestAckedL3: 186, unackedOctets: 1448, unackedSince: ref(1), last: ref(16), ...toClient },
      toServer: { last: ref(0.9), packets: 3, syns: 1, ...toServer },
    },
    { established: true },
  );
}
const isAliveBack = (one: Connection, large: RepeatedRange = FEW, others: Connection[] = []): boolean =>
  isAlive(one, large, others, 1);

describe('the receiver sends after the large packet', () => {
  test.each([
    ['nothing', null, false],
    ['by half the time to the second sending', ref(1.5), false],
    ['after that', ref(1.501), true],
  ])('%s', (_, last, expected) => {
    expect(isAlive(upload({}, {}, { last }))).toBe(expected);
    expect(isAliveBack(download({}, {}, { last }))).toBe(expected);
  });
});

describe('the receiver sends at once after it', () => {
  const heard = { last: ref(1.2) };
  test.each<[string, Parts['toServer'], Parts['toClient'], boolean]>([
    ['nothing that tells', {}, { ...heard, packets: 1, syns: 1 }, false],
    ['a duplicate acknowledgement', {}, { ...heard, dupAcks: 1 }, true],
    ['a selective acknowledgement', {}, { ...heard, sackedAhead: 1 }, true],
    ['one, but not after the large packet', {}, { last: ref(1), dupAcks: 1 }, false],
    ['one, of older octets', { unackedSince: ref(0.5) }, { ...heard, dupAcks: 1 }, false],
    ['one, and nothing waits', { unackedSince: null }, { ...heard, dupAcks: 1 }, false],
  ])('%s', (_, toServer, toClient, expected) => {
    expect(isAlive(upload({}, toServer, toClient))).toBe(expected);
    expect(isAliveBack(download({}, toServer, toClient))).toBe(expected);
  });

  const first = { ...FEW, seqStart: 1 };
  test('more than the SYN-ACK, before the first data of the client is acknowledged', () => {
    const near = upload({}, {}, { ...heard, packets: 2, syns: 1 });
    expect(isAlive(near, first)).toBe(true);
    expect(isAlive(near, FEW), 'later data').toBe(false);
    expect(isAlive(upload({}, {}, { ...heard, packets: 1, syns: 1 }), first), 'the SYN-ACK').toBe(false);
    expect(isAlive(upload({}, { unackedSince: ref(0.5) }, heard), first), 'older octets wait').toBe(false);
    expect(isAlive(upload({}, {}, { last: ref(1) }), first), 'before the large packet').toBe(false);
  });
  test('more than the SYN, before the first data of the server: it owes the acknowledgement of the SYN-ACK', () => {
    expect(isAliveBack(download({}, {}, { ...heard, packets: 2, syns: 1 }), first)).toBe(false);
  });
});

describe('another connection of the two hosts', () => {
  const data = { last: ref(1.1), dataSegments: 1 };
  test.each<[string, Parts, boolean]>([
    ['gets data after it', { toClient: data }, true],
    ['gets data up to it', { toClient: { ...data, last: ref(1) } }, false],
    ['gets no data', { toClient: { ...data, dataSegments: 0 } }, false],
    ['was never heard', { toClient: { ...data, last: null } }, false],
    ['is seen elsewhere', { toClient: data, point: 1 }, false],
    ['is of another client', { toClient: data, client: '10.244.1.6:50000' }, false],
    ['is of another server', { toClient: data, server: '10.244.2.8:80' }, false],
    ['sends only', { toServer: data, toClient: { last: null } }, false],
  ])('%s', (_, parts, expected) => {
    const other = connection({ client: '10.244.1.5:50000', ...parts });
    expect(isAlive(upload(), FEW, [other])).toBe(expected);
    const { toServer, toClient, ...rest } = parts;
    const mirrored = connection({
      client: '10.244.1.5:50000',
      ...rest,
      ...(toClient && { toServer: toClient }),
      ...(toServer && { toClient: toServer }),
    });
    expect(isAliveBack(download(), FEW, [mirrored])).toBe(expected);
  });
  test('is not the same connection at another leg', () => {
    const all = evidence({ connections: [upload(), upload({ client: '10.244.1.5:50000' }, {}, data)] });
    const [near, far] = all.connections;
    expect(pathAlive(all, [near, far], near, FEW, 0)).toBe(false);
    expect(pathAlive(all, [near], near, FEW, 0)).toBe(true);
  });
});

describe('the silence begins with the first large packet', () => {
  const v6 = { ipVersion: 6 } as const;
  test.each<[string, Connection, RepeatedRange, boolean]>([
    ['so', upload(), LARGE, true],
    ['heard with it', upload({}, {}, { last: ref(1) }), LARGE, true],
    ['heard just after it', upload({}, {}, { last: ref(1.001) }), LARGE, false],
    ['never heard', upload({}, {}, { last: null }), LARGE, false],
    ['heard five seconds before', upload({ syn: [-9] }, {}, { last: ref(-4) }), LARGE, true],
    ['heard longer before', upload({ syn: [-9] }, {}, { last: ref(-4.001) }), LARGE, false],
    ['four sendings', upload(), { ...LARGE, sendings: 4 }, true],
    ['three sendings', upload(), { ...LARGE, sendings: 3 }, false],
    ['it may be fragmented', upload(), { ...LARGE, dontFragment: false }, false],
    ['IPv6 is never fragmented on the way', upload(v6), { ...LARGE, dontFragment: false }, true],
    ['no data was acknowledged, and it was opened', upload({}, { largestAckedL3: 0 }), LARGE, true],
    ['no data was acknowledged, and it was not opened', upload({ synAck: [] }, { largestAckedL3: 0 }), LARGE, false],
    ['data was acknowledged, and its beginning not seen', upload({ synAck: [] }), LARGE, true],
    ['one as large was acknowledged', upload({}, { largestAckedL3: 1500 }), LARGE, false],
    ['one nearly as large was acknowledged', upload({}, { largestAckedL3: 1499 }), LARGE, true],
    ['older octets wait too', upload({}, { unackedSince: ref(0.5) }), LARGE, false],
    ['nothing waits', upload({}, { unackedSince: null }), LARGE, false],
  ])('%s', (_, near, large, expected) => {
    expect(isAlive(near, large)).toBe(expected);
  });

  test('of a server: it is opened when the client has acknowledged', () => {
    const near = (handshakeAck: Connection['handshakeAck']) => download({ handshakeAck }, { largestAckedL3: 0 });
    expect(isAliveBack(near(ref(0.002)), LARGE)).toBe(true);
    expect(isAliveBack(near(null), LARGE)).toBe(false);
  });

  test.each<[string, Parts, boolean]>([
    ['to the same server', { toServer: { largestAckedL3: 1500 } }, false],
    ['a little smaller', { toServer: { largestAckedL3: 1499 } }, true],
    ['seen elsewhere', { toServer: { largestAckedL3: 1500 }, point: 1 }, true],
    ['to another server', { toServer: { largestAckedL3: 1500 }, server: '10.244.2.8:80' }, true],
    [
      'to that server as a client',
      { client: '10.244.2.7:9', server: '10.9.9.9:80', toClient: { largestAckedL3: 1500 } },
      false,
    ],
    [
      'from that server as a client',
      { client: '10.244.2.7:9', server: '10.9.9.9:80', toServer: { largestAckedL3: 1500 } },
      true,
    ],
  ])('while another connection got one as large: %s', (_, parts, expected) => {
    expect(isAlive(upload(), LARGE, [connection({ client: '10.244.1.9:50000', ...parts })])).toBe(expected);
  });
});
