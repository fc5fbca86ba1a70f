import { expect, test } from 'vitest';
import { pointWords } from '../../../src/report/sections/point-words.ts';
import { point } from '../../support/evidence.ts';

test.each([
  ['named by the file', { name: 'node1 eth0', host: 'node1', role: 'node-nic', namedBy: 'name' }, 'node1 eth0'],
  ['nothing known', { name: '05.pcap', role: 'unknown', namedBy: 'unknown' }, '05.pcap'],
  ['role guessed', { name: '02.pcap', role: 'node-nic', namedBy: 'traffic' }, "02.pcap (a node's NIC, as it seems)"],
  [
    'host and role guessed',
    { name: '03.pcap', host: '192.168.0.7', role: 'pod-veth', namedBy: 'traffic' },
    "03.pcap (a pod's device on 192.168.0.7, as it seems)",
  ],
  [
    'host guessed',
    { name: '04.pcap', host: '192.168.0.7', role: 'unknown', namedBy: 'traffic' },
    '04.pcap (on 192.168.0.7, as it seems)',
  ],
] as const)('%s', (_, some, words) => expect(pointWords(point({ host: null, ...some }))).toBe(words));
