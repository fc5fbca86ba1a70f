import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sanitize, sanitizeAll } from '../../src/text/sanitize.ts';

test.each([
  ['\x1b[31m', '\\u{1b}[31m'],
  ['a\tb\nc', 'a\\u{9}b\\u{a}c'],
  ['\u202eabc\u200b', '\\u{202e}abc\\u{200b}'],
  ['\u{e0001}', '\\u{e0001}'],
  ['\ud800', '\\u{d800}'],
  ['grüße 日本 🙂', 'grüße 日本 🙂'],
])('%j', (text, safe) => expect(sanitize(text)).toBe(safe));

test('removes everything unsafe from any text, and leaves safe text unchanged', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const safe = sanitize(text);
      expect(safe).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
      expect(sanitize(safe)).toBe(safe);
    }),
  );
});

test('sanitises keys and values of plain data, and leaves numbers unchanged', () => {
  expect(sanitizeAll({ 'a\x07': ['\x08', 1, null, { b: true }] })).toEqual({
    'a\\u{7}': ['\\u{8}', 1, null, { b: true }],
  });
});
