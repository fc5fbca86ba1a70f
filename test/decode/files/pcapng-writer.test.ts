import { describe, expect, test } from 'vitest';
import type { CaptureInterface } from '../../../src/decode/files/capture-record.ts';
import { readCapture } from '../../../src/decode/files/capture-source.ts';
import { PcapngWriter } from '../../../src/decode/files/pcapng-writer.ts';

interface Read {
  interfaces: CaptureInterface[];
  records: { seconds: number; nanoseconds: number; bytes: number[]; originalLength: number; interfaceIndex: number }[];
  comments: string[];
  problems: string[];
}

async function readBack(file: Uint8Array): Promise<Read> {
  const read: Read = { interfaces: [], records: [], comments: [], problems: [] };
  await readCapture(file, {
    onInterface: (described) => read.interfaces.push({ ...described }),
    onRecord: ({ seconds, nanoseconds, bytes, start, end, originalLength, interfaceIndex }) =>
      read.records.push({ seconds, nanoseconds, bytes: [...bytes.slice(start, end)], originalLength, interfaceIndex }),
    onComment: (text) => read.comments.push(text),
    onProblem: ({ message }) => read.problems.push(message),
  });
  return read;
}

const packet = { interface: 0, seconds: 1_700_000_000, nanoseconds: 0, originalLength: 60, comment: '' };

describe('written pcapng reads back', () => {
  test('interfaces, times to the nanosecond, lengths, comments', async () => {
    const writer = new PcapngWriter('test');
    writer.addInterface({ name: 'node1 eth0', description: 'a.pcap', linkType: 1, snaplen: 96 });
    writer.addInterface({ name: 'node2 any', description: '', linkType: 276, snaplen: 0 });
    writer.addPacket({ ...packet, nanoseconds: 999_999_999, bytes: Uint8Array.of(1, 2, 3), comment: 'lost' });
    writer.addPacket({ ...packet, interface: 1, seconds: 4_294_967_297, bytes: new Uint8Array(0), comment: 'née ✗' });
    expect(await readBack(writer.bytes())).toEqual({
      interfaces: [
        { index: 0, linkType: 1, snaplen: 96, name: 'node1 eth0', description: 'a.pcap' },
        { index: 1, linkType: 276, snaplen: 0, name: 'node2 any' },
      ],
      records: [
        { seconds: 1_700_000_000, nanoseconds: 999_999_999, bytes: [1, 2, 3], originalLength: 60, interfaceIndex: 0 },
        { seconds: 4_294_967_297, nanoseconds: 0, bytes: [], originalLength: 60, interfaceIndex: 1 },
      ],
      comments: ['lost', 'née ✗'],
      problems: [],
    });
  });

  test.each([0, 1, 2, 3, 4, 5])(
    'packets of %i octets, with and without comment, are padded to 32 bits',
    async (length) => {
      const writer = new PcapngWriter('');
      writer.addInterface({ name: '', description: '', linkType: 1, snaplen: 0 });
      for (const comment of ['', 'a', 'ab', 'abc', 'abcd'])
        writer.addPacket({ ...packet, bytes: new Uint8Array(length).fill(7), comment });
      expect(writer.bytes().length % 4).toBe(0);
      const { records, comments, problems } = await readBack(writer.bytes());
      expect(problems).toEqual([]);
      expect(records.map(({ bytes }) => bytes)).toEqual(Array(5).fill(Array(length).fill(7)));
      expect(comments).toEqual(['a', 'ab', 'abc', 'abcd']);
    },
  );

  test('cuts a long comment between characters', async () => {
    const writer = new PcapngWriter('');
    writer.addInterface({ name: 'x'.repeat(100_000), description: '', linkType: 1, snaplen: 0 });
    writer.addPacket({ ...packet, bytes: new Uint8Array(1), comment: '✗'.repeat(30_000) });
    const { interfaces, comments, problems } = await readBack(writer.bytes());
    expect(problems).toEqual([]);
    expect(interfaces[0].name).toHaveLength(1000);
    expect(comments).toEqual(['✗'.repeat(333)]);
  });
});
