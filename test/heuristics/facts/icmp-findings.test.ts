import { expect, test } from 'vitest';
import { conversationsOf } from '../../../src/heuristics/facts/icmp-findings.ts';
import { connection, evidence, icmpError, quoted } from '../../support/evidence.ts';

const [CLIENT, SERVER] = ['10.244.1.5', '10.244.2.7'];
const all = evidence({
  connections: [4000, 4001].map((port) => connection({ client: `${CLIENT}:${port}`, server: `${SERVER}:80` })),
});
const quoting = (source: string, destination: string) =>
  conversationsOf(all, [icmpError(1, { quoted: quoted({ protocol: 6, source, destination }) })]).map(
    ({ client }) => client.port,
  );

test('an error belongs to the conversation whose packet it quotes, of either direction', () => {
  expect(quoting(`${CLIENT}:4001`, `${SERVER}:80`)).toEqual([4001]);
  expect(quoting(`${SERVER}:80`, `${CLIENT}:4001`)).toEqual([4001]);
  expect(quoting(`${SERVER}:81`, `${CLIENT}:4001`)).toEqual([]);
  expect(quoting(`${CLIENT}:4001`, `${SERVER}:81`)).toEqual([]);
});
