import { describe, expect, test } from 'vitest';
import type { IcmpError } from '../../../src/flows/evidence/evidence.ts';
import { packetsOfStray, strayGroupsOf } from '../../../src/heuristics/facts/stray-answers.ts';
import { capture, datagram, evidence, icmpError, point, quoted, ref } from '../../support/evidence.ts';

type Parts = NonNullable<Parameters<typeof datagram>[0]>;
const [CLIENT, ASKED, OTHER] = ['10.0.0.1:40000', '10.0.0.2:9999', '10.0.0.3:9999'];
const asks = (some: Parts = {}) => datagram({ client: CLIENT, server: ASKED, sent: [0, 10, 20], ...some });
/** The capture takes who sends first for the client. */
const answers = (some: Parts = {}) => datagram({ client: OTHER, server: CLIENT, sent: [0.1, 10.1, 20.1], ...some });
const told = (datagrams: ReturnType<typeof datagram>[], icmpErrors: IcmpError[] = []) =>
  strayGroupsOf(
    evidence({ points: [point(), point({ capture: 1 })], captures: [capture(), capture()], datagrams, icmpErrors }),
  ).map((group) =>
    group
      .map(
        ({ asked, answerer, answers: got, rejected }) =>
          `${asked.client.port}>${asked.server.address} by ${answerer.address}:${answerer.port}: ${got.map(({ time }) => time).join(' ')}${rejected.length > 0 ? `, ${rejected.length} rejected` : ''}`,
      )
      .join('; '),
  );
const found = ['40000>10.0.0.2 by 10.0.0.3:9999: 0.1 10.1 20.1'];

describe('answers from an address that was not asked', () => {
  test('three of them', () => expect(told([asks(), answers()])).toEqual(found));
  test('where the one that was asked stands for the client of the answers', () =>
    expect(told([asks(), datagram({ client: CLIENT, server: OTHER, sent: [], back: [0.1, 10.1, 20.1] })])).toEqual(
      found,
    ));
  test.each<[name: string, asked: Parts, answered: Parts]>([
    ['the one that was asked answers too', { back: [0.1] }, {}],
    ['the client sends to the other, too', {}, { back: [0.2] }],
    ['nothing is asked', { packets: [0, 0] }, {}],
    ['to a group', { toGroup: [true, false] }, {}],
    ['to all', { server: '255.255.255.255:9999' }, {}],
    ['lookups', { server: '10.0.0.2:53' }, { client: '10.0.0.3:53' }],
    ['one port at both ends', { server: '10.0.0.2:40000' }, { client: '10.0.0.3:40000' }],
    ['without ports', { server: '10.0.0.2:0' }, { client: '10.0.0.3:0' }],
    ['another protocol', { protocol: 132 }, {}],
    ['answers of another protocol', {}, { protocol: 132 }],
    ['from another port', {}, { client: '10.0.0.3:9998' }],
    ['to another socket', {}, { server: '10.0.0.1:40001' }],
    ['to another client', {}, { server: '10.0.0.4:40000' }],
    ['from the client itself', {}, { client: '10.0.0.1:9999' }],
    ['at another point', {}, { point: 1 }],
    ['in a tunnel', {}, { encapsulation: ['vxlan'] }],
    ['answers to a group', {}, { toGroup: [true, false] }],
    ['one comes before it is asked', {}, { sent: [-0.1, 10.1, 20.1] }],
    ['one comes in that moment', {}, { sent: [ref(0), 10.1, 20.1] }],
    ['one comes after 2 s', {}, { sent: [2.01, 10.1, 20.1] }],
    ['two only', {}, { sent: [0.1, 10.1] }],
  ])('not: %s', (_, asked, answered) => expect(told([asks(asked), answers(answered)])).toEqual([]));
  test('within 2 s of the latest request', () => {
    expect(told([asks(), answers({ sent: [2, 10.1, 20.1] })])).toEqual([found[0].replace('0.1', '2')]);
    expect(told([asks({ sent: [20, 0, 10] }), answers({ sent: [10.1, 11, 12] })])).toEqual([
      found[0].replace('0.1 10.1 20.1', '10.1 11 12'),
    ]);
    const at = (packet: number) => ({ packet, time: 0 });
    expect(told([asks({ sent: [at(5)] }), answers({ sent: [at(6), 1, 2] })])).toEqual([
      found[0].replace('0.1 10.1 20.1', '0 1 2'),
    ]);
  });
  test('to a client of broadcasts the other direction of the flow counts', () =>
    expect(told([asks({ toGroup: [false, true] }), answers({ toGroup: [false, true] })])).toEqual(found));
  test('where several answer, it was meant for many', () =>
    expect(told([asks(), answers(), answers({ client: '10.0.0.4:9999' })])).toEqual([]));
  test('sockets of one client are one habit', () => {
    const second = [asks({ client: '10.0.0.1:40001', sent: [5] }), answers({ server: '10.0.0.1:40001', sent: [5.1] })];
    const first = [asks(), answers({ sent: [0.1, 10.1] })];
    expect(told([...first, ...second])).toEqual([
      '40000>10.0.0.2 by 10.0.0.3:9999: 0.1 10.1; 40001>10.0.0.2 by 10.0.0.3:9999: 5.1',
    ]);
    const elsewhere = [
      asks({ client: '10.0.0.4:40001', sent: [5] }),
      answers({ server: '10.0.0.4:40001', sent: [5.1] }),
    ];
    expect(told([...first, ...elsewhere])).toEqual([]);
  });
});

describe('the client rejects an answer', () => {
  const one = [asks(), answers({ sent: [0.1] })];
  const about = (some: Partial<Parameters<typeof quoted>[0]> = {}, error: Partial<IcmpError> = {}) =>
    icmpError(0.2, { quoted: quoted({ source: OTHER, destination: CLIENT, ...some }), ...error });
  test('one is enough', () => {
    expect(told(one)).toEqual([]);
    expect(told(one, [about()])).toEqual(['40000>10.0.0.2 by 10.0.0.3:9999: 0.1, 1 rejected']);
  });
  test.each<[name: string, error: IcmpError]>([
    ['at another point', about({}, { point: 1 })],
    ['without its packet', about({}, { quoted: null })],
    ['of another protocol', about({ protocol: 6 })],
    ['from another address', about({ source: '10.0.0.4:9999' })],
    ['from another port', about({ source: '10.0.0.3:9998' })],
    ['to another address', about({ destination: '10.0.0.4:40000' })],
    ['to another port', about({ destination: '10.0.0.1:40001' })],
  ])('not an error %s', (_, error) => expect(told(one, [error])).toEqual([]));
  test('its packets', () => {
    const [[stray]] = strayGroupsOf(evidence({ datagrams: one, icmpErrors: [about()] }));
    expect(stray.flow).toBe(1);
    expect(
      packetsOfStray(stray).map(({ point: at, time, note, direction }) => `${at} ${time} ${direction} ${note}`),
    ).toEqual([
      '0 0 > request',
      '0 10 > request',
      '0 20 > request',
      '0 0.1 < answer, from 10.0.0.3',
      '0 0.2 > ICMP error about it',
    ]);
  });
});
