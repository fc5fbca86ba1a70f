import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CompactConnection } from '../../../src/flows/tcp/compact-connection.ts';
import { HANDSHAKE, newTracker, trace } from './segment-trace.ts';
import { tellConnection } from './tell-connection.ts';

/**
 * Each scenario of `told/*.txt`: a title after `==`, why it is told so after `;`, the packets with their kinds
 * (`segment-trace.ts`), and after `--` what of the connection is told that the bare handshake is not (`tell-connection.ts`);
 * first whether it is ordinary, and stays a record. A person has read each line against the packets.
 *
 * Kinds are those of tshark 4.0 for 1,054 of the 1,080 packets, with each scenario a stream of its own. The others: data out of order,
 * which holes, IP IDs and the segments seen before tell apart here (`classify-segment.ts`); octets that a zero-window probe
 * brought; a SYN-ACK with another number; octets beyond all data that are acknowledged in steps.
 */
const folder = join(import.meta.dirname, 'told');
/** Where sequence numbers begin: anywhere, shortly before they wrap, and so that the first octet is number 0. */
const FIRST_NUMBERS: [number, number][] = [
  [1000, 5000],
  [2 ** 32 - 700, 2 ** 32 - 2],
  [2 ** 32 - 1, 2 ** 32 - 1],
];

for (const name of readdirSync(folder))
  describe(name, () => {
    for (const scenario of readFileSync(join(folder, name), 'utf8').split(/^== /m).slice(1)) {
      const [packets, told = ''] = scenario.split(/^--\n/m);
      const [title, ...lines] = packets.split('\n').filter((line) => !line.startsWith(';'));
      test(title, () => {
        for (const iss of FIRST_NUMBERS)
          for (const ordinaryApart of [true, false])
            expect(tell(lines.join('\n'), iss, ordinaryApart)).toBe(told.trim());
      });
    }
  });

function tell(lines: string, iss: [number, number], ordinaryApart: boolean): string {
  const text = lines.replace('HANDSHAKE', HANDSHAKE);
  const { kinds, expected, connections, tracker } = trace(text, { iss, tracker: newTracker({ ordinaryApart }) });
  expect(kinds).toEqual(expected);
  const records = tracker.finishCompact(1000, 0).connections;
  return connections
    .map((connection, index) => {
      const compact = records[index];
      const isRecord = compact instanceof CompactConnection;
      if (isRecord) expect(compact.toObject(index)).toEqual(connection);
      return [isRecord ? 'ordinary' : '', tellConnection(connection, iss)].filter((line) => line !== '').join('\n');
    })
    .join('\n\n');
}
