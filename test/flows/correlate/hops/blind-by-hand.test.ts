import { describe, expect, test } from 'vitest';
import { excuseBlindDirections } from '../../../../src/flows/correlate/hops/blind-direction.ts';
import type { Conversation, Hop } from '../../../../src/flows/evidence/evidence.ts';
import { endpoint, hop } from '../../../support/evidence-items.ts';

interface Made {
  hops: Partial<Hop>[];
  protocol?: Conversation['protocol'];
  client?: string;
  server?: string;
}

/** Why absence proves nothing, for each hop of each conversation; "-" where loss may be claimed. */
function excused(...made: Made[]): string[] {
  const conversations = made.map(
    ({ hops, protocol = 'udp', client = '10.1.0.5:1', server = '10.2.0.7:2' }, index): Conversation => ({
      index,
      protocol,
      legs: [],
      hops: hops.map((one) => hop({ from: 0, to: 1, packets: 3, ...one })),
      client: endpoint(client),
      server: endpoint(server),
      serverBeforeNat: null,
      clientAfterNat: null,
    }),
  );
  excuseBlindDirections(conversations);
  return conversations.flatMap(({ hops }) => hops.map(({ unknown }) => unknown?.code ?? '-'));
}
const lost: Partial<Hop> = { direction: 0, lost: 3, matched: 0 };
const answer: Partial<Hop> = { direction: 1, from: 1, to: 0, matched: 3 };

describe('an answer that passed the point which saw no request', () => {
  test.each<[string, Made, string]>([
    ['excuses it', { hops: [lost, answer] }, 'answered-unseen'],
    ['excuses a ping', { hops: [lost, answer], protocol: 'icmp' }, 'answered-unseen'],
    ['is no answer of TCP', { hops: [lost, answer], protocol: 'tcp' }, '-'],
    ['did not arrive', { hops: [lost, { ...answer, matched: 0, lost: 3 }] }, '-'],
    ['is a request itself', { hops: [lost, { ...answer, direction: 0 }] }, '-'],
    ['came from another point', { hops: [lost, { ...answer, from: 2 }] }, '-'],
    ['went to another point', { hops: [lost, { ...answer, to: 2 }] }, '-'],
    ['came where some requests passed', { hops: [{ ...lost, matched: 1 }, answer] }, '-'],
    ['came where no request was lost', { hops: [{ ...lost, lost: 0 }, answer] }, '-'],
    [
      'came where the loss is unknown',
      { hops: [{ ...lost, unknown: { code: 'no-common-time' } }, answer] },
      'no-common-time',
    ],
  ])('%s', (_, made, code) => expect(excused(made)[0]).toBe(code));

  test('excuses no lost answers', () => {
    expect(
      excused({
        hops: [
          { ...lost, direction: 1 },
          { ...answer, direction: 0 },
        ],
      })[0],
    ).toBe('-');
  });
});

describe('a point that is blind on a way', () => {
  const unseen: Made = { hops: [{ ...lost, unknown: { code: 'acknowledged-unseen' } }], protocol: 'tcp' };
  const silent: Made = { hops: [lost], protocol: 'tcp' };
  const seen: Made = { hops: [{ ...lost, matched: 1 }], protocol: 'tcp' };
  const last = (...made: Made[]) => excused(...made).at(-1);

  test('saw nothing of others either, whatever comes first', () => {
    expect(excused(unseen, silent)).toEqual(['acknowledged-unseen', 'acknowledged-unseen']);
    expect(excused(silent, unseen)).toEqual(['acknowledged-unseen', 'acknowledged-unseen']);
    expect(last({ hops: [lost, answer] }, silent)).toBe('acknowledged-unseen');
    expect(last({ hops: [{ ...lost, unknown: { code: 'no-common-time' } }], protocol: 'tcp' }, silent)).toBe('-');
    expect(last(silent)).toBe('-');
  });

  test('is not, where it saw a packet on that way', () => {
    expect(excused(unseen, silent, seen)).toEqual(['acknowledged-unseen', '-', '-']);
    expect(excused(seen, unseen, silent)).toEqual(['-', 'acknowledged-unseen', '-']);
  });

  test('has ways of its own: by both points, and within a net or beyond', () => {
    const between = (from: number, to: number): Made => ({ hops: [{ ...lost, from, to }], protocol: 'tcp' });
    expect([between(0, 1), between(1, 0), between(0, 2), between(2, 1)].map((one) => last(unseen, one))).toEqual([
      'acknowledged-unseen',
      '-',
      '-',
      '-',
    ]);
    const near = { client: '10.1.0.5:1', server: '10.1.0.7:2' };
    expect(last(unseen, { ...silent, ...near })).toBe('-');
    expect(last({ ...unseen, ...near }, silent)).toBe('-');
    expect(last({ ...unseen, ...near }, { ...silent, client: '10.3.0.5:1', server: '10.3.0.7:2' })).toBe(
      'acknowledged-unseen',
    );
    // Packets within a net pass a bridge without its device: what was seen there says nothing of other nets.
    expect(last({ ...seen, ...near }, unseen, silent)).toBe('acknowledged-unseen');
  });

  test('keeps the reason that a hop has', () => {
    const other: Made = { hops: [{ ...lost, unknown: { code: 'no-common-time' } }], protocol: 'tcp' };
    expect(excused(unseen, other)).toEqual(['acknowledged-unseen', 'no-common-time']);
  });
});
