import { describe, expect, it } from 'vitest';
import { answeringSibling } from '../../../src/heuristics/causes/answering-sibling.ts';
import { connection, type EvidenceParts, endpoint, evidence } from '../../support/evidence.ts';

const tries = (count: number, server: string, established: boolean, port: number) =>
  Array.from({ length: count }, (_, nth) =>
    connection({ client: `10.0.0.9:${port + nth}`, server, syn: [nth, nth + 1] }, { established }),
  );
const judged = (parts: EvidenceParts, server: string) => answeringSibling(evidence(parts), endpoint(server));
const silent = (server: string, count = 3) => tries(count, server, false, 40000);
const answered = (server: string, count = 3) => tries(count, server, true, 50000);

describe('the same node port answers on another node', () => {
  it('every try there opens, and none here does', () => {
    const connections = [...silent('10.0.0.11:31080'), ...answered('10.0.0.12:31080', 4)];
    expect(judged({ connections }, '10.0.0.11:31080')).toEqual({ address: '10.0.0.12', answered: 4, failed: 3 });
  });
  it('takes any port when the addresses are known to be nodes', () => {
    const connections = [...silent('10.0.0.11:443'), ...answered('10.0.0.12:443')];
    const known = { nodes: { '10.0.0.11': 'node1', '10.0.0.12': 'node2' } };
    expect(judged({ connections, known }, '10.0.0.11:443')).toMatchObject({ address: '10.0.0.12' });
  });
  it.each([
    ['two machines with the same ordinary port', [...silent('10.0.0.11:443'), ...answered('10.0.0.12:443')], 443],
    ['another port', [...silent('10.0.0.11:31080'), ...answered('10.0.0.12:31081')], 31080],
    ['two tries here', [...silent('10.0.0.11:31080', 2), ...answered('10.0.0.12:31080')], 31080],
    ['two tries there', [...silent('10.0.0.11:31080'), ...answered('10.0.0.12:31080', 2)], 31080],
    [
      'some get in here',
      [...silent('10.0.0.11:31080'), ...answered('10.0.0.11:31080', 1), ...answered('10.0.0.12:31080')],
      31080,
    ],
    [
      'some fail there',
      [...silent('10.0.0.11:31080'), ...tries(1, '10.0.0.12:31080', false, 45000), ...answered('10.0.0.12:31080')],
      31080,
    ],
  ])('is not said: %s', (_, connections, port) => {
    expect(judged({ connections }, `10.0.0.11:${port}`)).toBeNull();
  });
});

it.each<[string, Record<string, string>, string | null]>([
  ['both', { '10.0.0.11': 'node1', '10.0.0.12': 'node2' }, '10.0.0.12'],
  ['the one that does not answer', { '10.0.0.11': 'node1' }, null],
  ['the one that answers', { '10.0.0.12': 'node2' }, null],
])('any port counts where both are known to be nodes: %s', (_, nodes, address) => {
  const connections = [...silent('10.0.0.11:443'), ...answered('10.0.0.12:443')];
  expect(judged({ connections, known: { nodes } }, '10.0.0.11:443')?.address ?? null).toBe(address);
});
