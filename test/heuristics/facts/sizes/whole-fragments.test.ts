import { describe, expect, test } from 'vitest';
import type { Conversation } from '../../../../src/flows/evidence/evidence.ts';
import { countDnsAnswers } from '../../../../src/heuristics/facts/sizes/dns-fragments.ts';
import { lastWholeAt } from '../../../../src/heuristics/facts/sizes/whole-fragments.ts';
import { dns, evidence, fragmented, hop, point, ref } from '../../../support/evidence.ts';

const points = [point(), point(), point()];
const [CLIENT, SERVER] = ['10.244.1.5', '10.244.2.7'];

describe('where datagrams were seen whole last', () => {
  const missing = [1, 2].map((ipId) => fragmented({ point: 1, ipId }));
  const whole = (ipId: number, some: Parameters<typeof fragmented>[0] = {}) =>
    fragmented({ ipId, complete: true, ...some });
  const both = [whole(1), whole(2)];
  const path = (some: Parameters<typeof hop>[0] = {}, client = CLIENT) =>
    ({
      legs: [{ client: { address: client, port: 1 } }],
      hops: [hop({ from: 0, to: 1, ...some })],
    }) as unknown as Conversation;
  const told = (complete = both, conversations = [path()], incomplete = missing) =>
    lastWholeAt(evidence({ points, fragments: [...incomplete, ...complete] }), incomplete, conversations);
  test.each<[name: string, at: number | null, expected: number | null]>([
    ['at the point before', told(), 0],
    ['one of two was not whole', told([whole(1), whole(2, { complete: false })]), null],
    ['one of two was not seen', told([whole(1)]), null],
    ['whole at another point', told([whole(1), whole(2, { point: 2 })]), null],
    ['of another source', told([whole(1), whole(2, { source: '10.244.1.6' })]), null],
    ['to another destination', told([whole(1), whole(2, { destination: '10.244.2.8' })]), null],
    ['of another protocol', told([whole(1), whole(2, { protocol: 1 })]), null],
    ['the hop leads elsewhere', told(both, [path({ to: 2 })]), null],
    ['of the other direction', told(both, [path({ direction: 1 })]), null],
    ['nothing is known of the hop', told(both, [path({ unknown: { code: 'no-common-time' } })]), null],
    ['no conversation', told(both, []), null],
    ['another conversation has the hop', told(both, [path({ to: 2 }), path()]), 0],
    ['what the server sends', told(both, [path({ direction: 1 }, SERVER)]), 0],
    ['what the server sends, the other way', told(both, [path({}, SERVER)]), null],
  ])('%s', (_, at, expected) => expect(at).toBe(expected));
});

test('answers of DNS among fragmented datagrams', () => {
  const answers = [1, 2, 3].map((at) => dns({ client: `${CLIENT}:${at}`, queries: [0], answered: at }));
  const count = (...some: Parameters<typeof fragmented>[0][]) =>
    countDnsAnswers(
      evidence({ points, dns: [...answers, dns({ point: 1, answered: 9 })] }),
      0,
      some.map((one) => fragmented(one)),
    );
  expect(count({ first: ref(1) }, { first: ref(3) })).toBe(2);
  expect(count({ first: ref(1) }, { first: ref(1) })).toBe(1);
  expect(count({ first: ref(1), hasFirst: false })).toBe(0);
  expect(count({ first: ref(4) })).toBe(0);
  expect(count({ first: ref(9) })).toBe(0);
});
