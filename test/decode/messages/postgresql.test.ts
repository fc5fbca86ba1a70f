import { describe, expect, it } from 'vitest';
import { readPostgresqlError } from '../../../src/decode/messages/postgresql.ts';

const text = new TextEncoder();

/** A message of the server: its type, its length and its content. */
function message(type: string, content: Uint8Array): Uint8Array {
  const length = 4 + content.length;
  return Uint8Array.of(
    type.charCodeAt(0),
    length >>> 24,
    (length >>> 16) & 255,
    (length >>> 8) & 255,
    length & 255,
    ...content,
  );
}
const joined = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));
const read = (bytes: Uint8Array) => readPostgresqlError(bytes, 0, bytes.length);

const authenticationOk = message('R', new Uint8Array(4));
const missingDatabase = message('E', text.encode('SFATAL\0VFATAL\0C3D000\0Mdatabase "shop" does not exist\0\0'));
const told = { code: '3D000', text: 'database "shop" does not exist', fatal: true };

describe('an error of PostgreSQL', () => {
  it('is read when it begins the answer', () => expect(read(missingDatabase)).toEqual(told));

  it('is read after other messages of the same answer, as after AuthenticationOk', () =>
    expect(read(joined(authenticationOk, message('S', text.encode('a\0b\0')), missingDatabase))).toEqual(told));

  it('is not read behind a message that is cut', () =>
    expect(read(joined(authenticationOk.subarray(0, 7), missingDatabase))).toBeNull());

  it('is not read behind octets of no message', () =>
    expect(read(joined(text.encode('x\0\0\0\x04'), missingDatabase))).toBeNull());
});
