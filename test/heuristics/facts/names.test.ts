import { describe, expect, test } from 'vitest';
import { namesOf } from '../../../src/heuristics/facts/names.ts';
import { podWith } from '../../../src/heuristics/words/commands.ts';
import { arp, connection, evidence, point, tunnel } from '../../support/evidence.ts';

const asks = (server: string) => connection({ client: '10.244.1.5:40000', server: `${server}:80`, syn: [0] });
const servers = ['10.244.2.7', '192.168.56.12', '10.96.0.20', '203.0.113.80', '8.8.4.4'];

describe('where commands about an address run', () => {
  const names = namesOf(evidence({ points: [point()], connections: servers.map(asks) }));

  test.each<[string, string, string, string]>([
    ['a pod', '10.244.2.7', '10.244.2.7', 'the node of 10.244.2.7'],
    ['a node', '192.168.56.12', '192.168.56.12', 'the node of 192.168.56.12'],
    ['a service', '10.96.0.20', 'a pod behind 10.96.0.20', 'the node of a pod behind 10.96.0.20'],
    ['outside', '8.8.4.4', '8.8.4.4', 'the gateway towards 8.8.4.4'],
  ])('%s', (_, address, machine, node) => {
    expect([names.machine(address), names.nodeOf(address)]).toEqual([machine, node]);
  });

  test('a node with a public address is an end of a tunnel', () => {
    const other = namesOf(evidence({ points: [point()], tunnels: [tunnel({ source: '8.8.4.4' })] }));
    expect(other.nodeOf('8.8.4.4')).toBe('the node with 8.8.4.4');
  });

  test('an address of a service range that somebody asks for by ARP is a machine', () => {
    const other = namesOf(
      evidence({ points: [point()], connections: [asks('10.96.0.20')], arp: [arp({ target: '10.96.0.20' })] }),
    );
    expect(other.machine('10.96.0.20')).toBe('10.96.0.20');
  });
});

test('no pod has a public address: nodes and services are asked', () => {
  expect(podWith('10.244.2.7', 'the pod').command).toBe('kubectl get pods -A -o wide | grep -w 10.244.2.7');
  expect(podWith('8.8.4.4', 'the pod')).toMatchObject({
    command: 'kubectl get nodes,services -A -o wide | grep -w 8.8.4.4',
    expect: expect.stringContaining('outside the cluster'),
  });
});
