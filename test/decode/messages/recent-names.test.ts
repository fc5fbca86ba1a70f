import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readDnsMessage } from '../../../src/decode/messages/dns-message.ts';
import { RecentNames } from '../../../src/decode/messages/recent-names.ts';

const label = fc.oneof(
  fc.constantFrom('a', 'A', 'db', 'svc', '.', '\\', '\u0001'),
  fc.string({ minLength: 1, maxLength: 63 }),
);

/** A query for a name of these labels, of which `cut` octets at the end are missing. */
function queryFor(labels: readonly string[], cut: number): Uint8Array {
  const octets = labels.flatMap((text) => {
    const encoded = [...Buffer.from(text, 'latin1')].slice(0, 63);
    return [encoded.length, ...encoded];
  });
  const message = [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...octets, 0, 0, 1, 0, 1];
  return Uint8Array.from(message.slice(0, message.length - cut));
}

test('names that were read before change no message', () => {
  const names = new RecentNames();
  fc.assert(
    fc.property(fc.array(label, { maxLength: 4 }), fc.constantFrom(0, 0, 0, 1, 5), (labels, cut) => {
      const octets = queryFor(labels, cut);
      const plain = readDnsMessage(octets, 0, octets.length);
      for (let again = 0; again < 2; again++) expect(readDnsMessage(octets, 0, octets.length, names)).toEqual(plain);
    }),
    { numRuns: 500 },
  );
});

test('names are told apart by each octet, and by their lengths; one replaces another of its place', () => {
  const names = new RecentNames();
  const bytes = Uint8Array.from([1, 97, 0, 1, 98, 0]);
  names.add(bytes, 0, 3, 5, 'a', 77);
  expect(names.find(bytes, 0, 3, 5)).toMatchObject({ name: 'a', nameHash: 77 });
  expect(names.find(bytes, 3, 6, 5)).toBeUndefined();
  expect(names.find(bytes, 0, 2, 5)).toBeUndefined();
  expect(names.find(bytes, 0, 3, 6)).toBeUndefined();
  // 1,024 places.
  names.add(bytes, 3, 6, 5 + 1024, 'b', 78);
  expect(names.find(bytes, 0, 3, 5)).toBeUndefined();
  expect(names.find(bytes, 3, 6, 5)).toMatchObject({ name: 'b' });
});
