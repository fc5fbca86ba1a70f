import { describe, expect, test } from 'vitest';
import { staleAnswerOf } from '../../../../src/heuristics/facts/tcp/stale-answer.ts';
import { connection, ref, reset } from '../../../support/evidence.ts';

type Parts = NonNullable<Parameters<typeof connection>[0]>;
const ISS = 1000;
/** The server acknowledges something else at 0.1 s, and the client resets that at 0.2 s. */
const refusal = (some: Parameters<typeof reset>[2] = {}, time = 0.2, by: 0 | 1 = 0) =>
  reset(time, by, { hasAck: false, seq: 777, ...some });
const told = ({ toServer, toClient, ...some }: Parts = {}): string => {
  const found = staleAnswerOf(
    connection({
      syn: [0, 1],
      resets: [refusal()],
      ...some,
      toServer: { iss: ISS, ...toServer },
      toClient: { packets: 2, first: ref(0.1), ackHigh: 777, ...toClient },
    }),
  );
  return found === null
    ? ''
    : `${found.answers} answers, resets ${found.resets.map(({ time }) => time).join(' ')}${found.opened ? ', opened' : ''}`;
};

describe('a SYN that is answered by an acknowledgement of something else', () => {
  test.each<[name: string, some: Parts, expected: string]>([
    ['the client resets it', {}, '1 answers, resets 0.2'],
    ['twice', { resets: [refusal(), refusal({}, 0.3)] }, '2 answers, resets 0.2 0.3'],
    ['and a SYN-ACK comes in the end', { synAck: [1.1] }, '1 answers, resets 0.2, opened'],
    ['the SYN-ACK comes first', { synAck: [0.1] }, ''],
    ['no SYN', { syn: [] }, ''],
    ['nothing of the server', { toClient: { first: null } }, ''],
    ['the first number is unknown', { toServer: { iss: null } }, ''],
  ])('%s', (_, some, expected) => expect(told(some)).toBe(expected));

  /** Where no reset counts, and data of the client refutes the rest. */
  const data = { toServer: { dataSegments: 1 } };
  test.each<[name: string, resets: NonNullable<Parts['resets']>, isFound: boolean]>([
    ['a reset of the server', [refusal({}, 0.2, 1)], false],
    ['with an acknowledgement', [refusal({ hasAck: true })], false],
    ['before the answer', [refusal({}, 0.05)], false],
    ['of its own SYN', [refusal({ seq: ISS })], false],
    ['of the number after it', [refusal({ seq: ISS + 1 })], false],
    ['of the next number', [refusal({ seq: ISS + 2 })], true],
    ['of the number before', [refusal({ seq: ISS - 1 })], true],
  ])('%s', (_, resets, isFound) => {
    expect(told({ resets, ...data })).toBe(isFound ? '1 answers, resets 0.2' : '');
  });
});

describe('no reset reaches the server', () => {
  test.each<[name: string, some: Parts, expected: string]>([
    ['so', {}, '2 answers, resets '],
    ['it acknowledges the SYN', { toClient: { ackHigh: ISS + 1 } }, ''],
    ['it acknowledges no data yet', { toClient: { ackHigh: ISS } }, ''],
    ['what it acknowledges is unknown', { toClient: { ackHigh: null } }, ''],
    ['only resets and data of the server', { toClient: { resets: 1, dataSegments: 1 } }, ''],
    ['more than resets and data', { toClient: { packets: 3, resets: 1, dataSegments: 1 } }, '3 answers, resets '],
    ['a SYN-ACK', { synAck: [1] }, ''],
    ['data of the client', { toServer: { dataSegments: 1 } }, ''],
  ])('%s', (_, some, expected) => expect(told({ resets: [], ...some })).toBe(expected));
});
