import { FilterError } from './filter-error.ts';
import type { Arithmetic, Protocol } from './syntax.ts';
import { PROTOCOL_WORDS } from './syntax.ts';
import { type Token, tokensOf } from './tokens.ts';

/** Signs by how tightly they bind, loosest first. `%` and `^` are not among them: see `#operand`. */
const BINDING: readonly ReadonlySet<string>[] = [
  new Set(['|']),
  new Set(['&']),
  new Set(['<<', '>>']),
  new Set(['+', '-']),
  new Set(['*', '/']),
];

/** Reads tokens, and arithmetic over octets of the packet: `ip[0] & 0xf`, `len`, `tcp[2:2] + 1`. */
export class ParsedArithmetic {
  readonly expression: string;
  readonly tokens: readonly Token[];
  position = 0;

  constructor(expression: string) {
    this.expression = expression;
    this.tokens = tokensOf(expression);
  }

  get next(): Token {
    return this.tokens[this.position];
  }

  get after(): Token {
    return this.tokens[Math.min(this.position + 1, this.tokens.length - 1)];
  }

  get before(): Token {
    return this.tokens[Math.max(this.position - 1, 0)];
  }

  /** Takes the next token if it is one of these keywords or signs. */
  take(...texts: readonly string[]): boolean {
    const { kind, text } = this.next;
    if ((kind !== 'word' && kind !== 'sign') || !texts.includes(text)) return false;
    this.position++;
    return true;
  }

  expect(text: string): void {
    if (!this.take(text)) throw this.unexpected(`where "${text}" should be`);
  }

  fail(message: string, at = this.next.at): FilterError {
    return new FilterError(message, this.expression, at);
  }

  unexpected(where = ''): FilterError {
    const what = this.next.kind === 'end' ? 'the filter ends' : `"${this.next.text}" is unexpected`;
    return this.fail(
      `${what}${where === '' ? '' : ` ${where}`}${this.next.kind === 'end' && where === '' ? ' too early' : ''}`,
    );
  }

  /** Undefined when no arithmetic comes next; then nothing may be taken for read. @throws FilterError inside brackets */
  arithmetic(level = 0): Arithmetic | undefined {
    if (level === BINDING.length) return this.#operand();
    let left = this.arithmetic(level + 1);
    while (left !== undefined && this.next.kind === 'sign' && BINDING[level].has(this.next.text)) {
      const { text: sign, at } = this.next;
      this.position++;
      const right = this.arithmetic(level + 1);
      if (right === undefined) return undefined;
      this.#assertDivisor(sign, right);
      left = { node: 'operation', sign, left, right, at };
    }
    return left;
  }

  /** libpcap gives `%` and `^` no precedence: they take what stands before them alone, and all that follows. */
  #operand(): Arithmetic | undefined {
    const left = this.#atom();
    const { kind, text: sign, at } = this.next;
    if (left === undefined || kind !== 'sign' || (sign !== '%' && sign !== '^')) return left;
    this.position++;
    const right = this.arithmetic();
    if (right === undefined) return undefined;
    this.#assertDivisor(sign, right);
    return { node: 'operation', sign, left, right, at };
  }

  #assertDivisor(sign: string, right: Arithmetic): void {
    if ((sign === '/' || sign === '%') && right.node === 'number' && right.value === 0)
      throw this.fail('division by zero', right.at);
  }

  #atom(): Arithmetic | undefined {
    const { kind, text, value, at } = this.next;
    if (kind === 'number') {
      this.position++;
      return { node: 'number', value, at };
    }
    if (this.take('len', 'length')) return { node: 'length', at };
    if (this.take('-')) {
      const of = this.#operand();
      return of && { node: 'negative', of, at };
    }
    if (this.take('(')) {
      const inside = this.arithmetic();
      return inside !== undefined && this.take(')') ? inside : undefined;
    }
    const protocol = kind === 'word' ? protocolOf(text) : undefined;
    if (protocol === undefined || this.after.text !== '[') return undefined;
    this.position += 2;
    const index = this.arithmetic();
    if (index === undefined) throw this.unexpected();
    let size = 1;
    if (this.take(':')) {
      size = this.next.value;
      if (this.next.kind !== 'number' || (size !== 1 && size !== 2 && size !== 4))
        throw this.fail('the number of octets must be 1, 2 or 4');
      this.position++;
    }
    this.expect(']');
    return { node: 'octets', protocol, index, size: size as 1 | 2 | 4, at };
  }
}

const LINK_WORDS: ReadonlySet<string> = new Set(['ether', 'ppp', 'fddi', 'tr', 'slip', 'wlan']);
const protocolOf = (text: string): Protocol | undefined =>
  LINK_WORDS.has(text) ? 'link' : PROTOCOL_WORDS.find((word) => word === text);
