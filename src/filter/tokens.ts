import { isIPv6 } from 'node:net';
import { FilterError } from './filter-error.ts';
import { NAMED_NUMBERS } from './names.ts';

/**
 * `word`: a keyword or a name; `name`: a name that was written with a backslash and is no keyword; `dotted`: two to four
 * numbers with dots.
 */
export type TokenKind = 'word' | 'name' | 'number' | 'dotted' | 'ipv6' | 'mac' | 'sign' | 'end';

export interface Token {
  kind: TokenKind;
  text: string;
  /** Index in the expression. */
  at: number;
  /** Of a number. */
  value: number;
}

const SPACE = /[ \t\r\n]*/y;
const SIGN = /&&|\|\||>=|<=|!=|==|<<|>>|[-+*/%&|^()[\]:!<>=]/y;
const COLONS = /[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*/y;
const MAC =
  /(?:[0-9A-Fa-f]{1,2}([:.-]))(?:[0-9A-Fa-f]{1,2}\1){4}[0-9A-Fa-f]{1,2}|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}|[0-9A-Fa-f]{12}/y;
const WORD = /[A-Za-z0-9](?:[-_.A-Za-z0-9]*[.A-Za-z0-9])?/y;
const ESCAPED = /\\([^ !()\n\t]+)/y;
const NUMBER = /^(?:\d+|0[xX][0-9A-Fa-f]+)$/;
const DOTTED = /^\d+(?:\.\d+){1,3}$/;
const FULL_MAC = new RegExp(`^(?:${MAC.source})$`);
/** Numbers are octets of the 32-bit machine that the language was made for. */
const LARGEST = 0xffffffff;

/** @throws FilterError for a character that begins nothing */
export function tokensOf(expression: string): Token[] {
  const tokens: Token[] = [];
  const match = (pattern: RegExp, at: number): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(expression);
  };
  for (let at = 0; ; ) {
    at += match(SPACE, at)?.[0].length ?? 0;
    if (at >= expression.length) break;
    const token = addressWithColons(match(COLONS, at)?.[0], at) ?? wordAt(match(WORD, at)?.[0], expression, at);
    if (token !== undefined) {
      tokens.push(token);
      at += token.text.length;
      continue;
    }
    const sign = match(SIGN, at)?.[0];
    const escaped = match(ESCAPED, at);
    if (sign !== undefined) tokens.push({ kind: 'sign', text: sign, at, value: 0 });
    else if (escaped !== null) tokens.push({ kind: 'name', text: escaped[1], at, value: 0 });
    else throw new FilterError(`"${expression[at]}" begins no word, number or sign`, expression, at);
    at += (sign ?? escaped?.[0] ?? '').length;
  }
  return [...tokens, { kind: 'end', text: '', at: expression.length, value: 0 }];
}

function addressWithColons(text: string | undefined, at: number): Token | undefined {
  if (text === undefined) return undefined;
  if (isIPv6(text)) return { kind: 'ipv6', text, at, value: 0 };
  return FULL_MAC.test(text) ? { kind: 'mac', text, at, value: 0 } : undefined;
}

function wordAt(text: string | undefined, expression: string, at: number): Token | undefined {
  if (text === undefined) return undefined;
  if (NUMBER.test(text)) return { kind: 'number', text, at, value: numberOf(text, expression, at) };
  if (DOTTED.test(text)) return { kind: 'dotted', text, at, value: 0 };
  if (FULL_MAC.test(text)) return { kind: 'mac', text, at, value: 0 };
  const named = NAMED_NUMBERS.get(text);
  return named === undefined ? { kind: 'word', text, at, value: 0 } : { kind: 'number', text, at, value: named };
}

function numberOf(text: string, expression: string, at: number): number {
  // A leading zero means octal, as in C.
  if (/^0\d/.test(text) && /[89]/.test(text)) throw new FilterError(`${text} is no octal number`, expression, at);
  const value = /^0\d/.test(text) ? Number.parseInt(text, 8) : Number(text);
  if (value > LARGEST) throw new FilterError(`${text} is larger than 32 bits`, expression, at);
  return value;
}
