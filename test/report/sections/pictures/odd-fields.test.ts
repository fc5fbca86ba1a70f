import { describe, expect, it } from 'vitest';
import type { PacketField } from '../../../../src/flows/evidence/evidence.ts';
import { TO_SERVER } from '../../../../src/flows/evidence/evidence.ts';
import type { Occurrence } from '../../../../src/heuristics/rule/rule.ts';
import { oddFields } from '../../../../src/report/sections/pictures/odd-fields.ts';
import { connection, evidence, tcpDirection } from '../../../support/evidence.ts';
import { judged } from '../../sample.ts';

const fields = (some: Record<string, string | number>): PacketField[] =>
  Object.entries(some).map(([name, value]) => ({ name, value: String(value) }));

/** Names of the odd fields, by packet. */
function odd(
  packets: readonly Record<string, string | number>[],
  measured: Occurrence['measured'] = {},
  known = evidence(),
) {
  const { occurrence } = judged({ occurrence: { measured } });
  const at = packets.map((some) => ({ point: 0, fields: fields(some) }));
  return oddFields(known, occurrence, at).map((names) =>
    [...names].filter((name) => at.some((one) => one.fields.some((field) => field.name === name))).sort(),
  );
}

const A = { 'ip.src': '10.0.0.1', 'ip.dst': '10.0.0.2' };
const B = { 'ip.src': '10.0.0.2', 'ip.dst': '10.0.0.1' };

describe('the odd field', () => {
  it.each([
    ['a reset', { ...A, 'tcp.flags': 'RST ACK', 'tcp.window': 0 }, ['tcp.flags']],
    ['a shut window', { ...A, 'tcp.flags': 'ACK', 'tcp.window': 0 }, ['tcp.window']],
    ['an error of DNS', { ...A, 'dns.flags.rcode': 2 }, ['dns.flags.rcode']],
    [
      'an error of ICMP',
      { ...A, 'icmp.type': 3, 'icmp.code': 4, 'icmp.mtu': 1400 },
      ['icmp.code', 'icmp.mtu', 'icmp.type'],
    ],
    ['a wrong checksum', { ...A, checksum: 'wrong' }, ['checksum']],
    ['an ordinary packet', { ...A, 'tcp.flags': 'ACK', 'tcp.window': 512, 'ip.len': 40, 'ip.ttl': 64 }, []],
    ['an echo', { ...A, 'icmp.type': 8, 'icmp.code': 0 }, []],
  ])('%s', (_, packet, names) => {
    expect(odd([packet])).toEqual([names]);
  });

  it('is the length from the limit on that the finding measured', () => {
    const packets = [
      { ...A, 'ip.len': 1400 },
      { ...A, 'ip.len': 1450 },
      { ...A, 'ip.len': 1500 },
    ];
    expect(odd(packets, { smallestLost: 1450 })).toEqual([[], ['ip.len'], ['ip.len']]);
    expect(odd(packets)).toEqual([[], [], []]);
  });

  it('is where one sender changes what it should keep, before and after', () => {
    const packets = [
      { ...A, 'outer ip.src': '192.168.0.1' },
      { ...A, 'outer ip.src': '192.168.0.1' },
      { ...B, 'outer ip.src': '192.168.0.2' },
      { ...A, 'outer ip.src': '192.168.0.9' },
      { ...A, 'outer ip.src': '192.168.0.9' },
    ];
    expect(odd(packets)).toEqual([[], ['outer ip.src'], [], ['outer ip.src'], []]);
    expect(odd(packets.slice(3))).toEqual([[], []]);
  });

  it('is a TTL that the sender hardly uses otherwise', () => {
    const client = tcpDirection({
      ttls: [
        { value: 64, count: 40 },
        { value: 128, count: 2 },
      ],
    });
    const known = evidence({
      connections: [
        { ...connection({ client: '10.0.0.1:5000', server: '10.0.0.2:80' }), directions: [client, tcpDirection()] },
      ],
    });
    expect(known.connections[0].directions[TO_SERVER].ttls).toHaveLength(2);
    expect(odd([{ ...A, 'ip.ttl': 128 }], {}, known)).toEqual([['ip.ttl']]);
    expect(odd([{ ...A, 'ip.ttl': 64 }], {}, known)).toEqual([[]]);
  });

  it('is the number of what is sent or asked again', () => {
    const segment = { ...A, 'tcp.srcport': 5000, 'tcp.flags': 'PSH ACK', 'tcp.len': 100, 'tcp.seq_raw': 7 };
    expect(odd([segment, segment, { ...segment, 'tcp.seq_raw': 107 }])).toEqual([[], ['tcp.seq_raw'], []]);
    const ack = { ...segment, 'tcp.len': 0, 'tcp.flags': 'ACK' };
    expect(odd([ack, ack])).toEqual([[], []]);
    const query = { ...A, 'udp.srcport': 4000, 'dns.id': '0x0001', 'dns.qry.name': 'a.example' };
    expect(odd([query, { ...query, 'dns.qry.name': 'b.example' }, query])).toEqual([[], [], ['dns.id']]);
  });
});
