/**
 * The grammar of pcap-filter(7). `and` and `or` bind equally and to the left; `not` binds to the next term. An
 * identifier after `and`, `or` or a bracket takes the qualifiers of the one before it: `port 80 or 443`.
 */
import { ParsedArithmetic } from './parse-arithmetic.ts';
import type { Direction, Expression, Id, IdKind, Protocol, Qualifiers } from './syntax.ts';
import { PROTOCOL_WORDS } from './syntax.ts';
import type { TokenKind } from './tokens.ts';

/** @throws FilterError with the place */
export function parse(expression: string): Expression {
  const parser = new Parser(expression);
  return parser.whole();
}

const LINK_WORDS = new Set(['ether', 'link', 'ppp', 'fddi', 'tr', 'slip', 'wlan']);
const SPELLINGS: ReadonlyMap<string, Protocol> = new Map([
  ...PROTOCOL_WORDS.filter((word) => word !== 'link').map((word) => [word, word] as const),
  ...[...LINK_WORDS].map((word) => [word, 'link'] as const),
  ['es-is', 'esis'],
  ['is-is', 'isis'],
]);
const KINDS: ReadonlySet<string> = new Set<IdKind>(['host', 'net', 'port', 'portrange', 'proto', 'protochain']);
const LAYERS: ReadonlySet<string> = new Set(['vlan', 'mpls', 'pppoed', 'pppoes', 'geneve', 'vxlan']);
const LOGICAL: ReadonlySet<string> = new Set(['&&', '||', '(', '!']);
const RELATIONS: ReadonlySet<string> = new Set(['>', '<', '>=', '<=', '=', '==', '!=']);
/** Words of the language that ask for what a capture file does not hold, or for media that are not decoded. */
const NOT_HERE: ReadonlySet<string> = new Set([
  'gateway',
  'byte',
  'type',
  'subtype',
  'dir',
  'direction',
  'llc',
  'lane',
  'metac',
  'bcc',
  'oam',
  'oamf4',
  'vpi',
  'vci',
  'sc',
  'ilmic',
  'connectmsg',
  'fisu',
  'lssu',
  'lsu',
  'msu',
  'sio',
  'opc',
  'dpc',
  'sls',
  'ifname',
  'on',
  'rnr',
  'rulenum',
  'rset',
  'ruleset',
  'reason',
  'srnr',
  'subrulenum',
  'action',
  'radio',
  'l1',
  'l2',
  'iih',
  'lsp',
  'snp',
  'csnp',
  'psnp',
]);

class Parser extends ParsedArithmetic {
  whole(): Expression {
    if (this.tokens.length === 1) throw this.fail('the filter is empty');
    const { expression } = this.#expression();
    if (this.next.kind !== 'end') throw this.unexpected();
    return expression;
  }

  /** The expression, and the qualifiers that an identifier behind it would take. */
  #expression(): { expression: Expression; qualifiers: Qualifiers | undefined } {
    let { expression, qualifiers } = this.#term(undefined, true);
    for (;;) {
      const { at } = this.next;
      const node = this.take('and', '&&') ? 'and' : this.take('or', '||') ? 'or' : undefined;
      if (node === undefined) return { expression, qualifiers };
      const right = this.#term(qualifiers, false);
      expression = { node, left: expression, right: right.expression, at };
      ({ qualifiers } = right);
    }
  }

  /** @param before qualifiers of the identifier before; undefined where none may be taken over */
  #term(
    before: Qualifiers | undefined,
    isFirst: boolean,
  ): { expression: Expression; qualifiers: Qualifiers | undefined } {
    const { at } = this.next;
    if (this.take('!', 'not')) {
      const { expression, qualifiers } = this.#term(before, isFirst);
      return { expression: { node: 'not', of: expression, at }, qualifiers };
    }
    const relation = this.#relation();
    if (relation !== undefined) return { expression: relation, qualifiers: undefined };
    if (this.isIdAhead()) {
      if (before === undefined)
        throw this.fail(
          isFirst
            ? `"${this.next.text}" needs a word before it that says what it is, such as host, net or port`
            : `"${this.next.text}" stands behind nothing whose host, net or port it could take over`,
        );
      return { expression: this.#ids(before), qualifiers: before };
    }
    if (this.take('(')) {
      const inside = this.#expression();
      this.expect(')');
      return inside;
    }
    return this.#primitive();
  }

  /** `len > 5`, `tcp[13] & 4 != 0`; undefined for anything else, which is then not read. */
  #relation(): Expression | undefined {
    const start = this.position;
    const { at } = this.next;
    const left = this.arithmetic();
    const sign = this.next.text;
    if (left === undefined || this.next.kind !== 'sign' || !RELATIONS.has(sign)) {
      // A number may be an identifier; everything else is compared with something.
      if (left !== undefined && left.node !== 'number') throw this.fail('a comparison such as "= 0" is missing');
      this.position = start;
      return undefined;
    }
    this.position++;
    const right = this.arithmetic();
    if (right === undefined) throw this.unexpected();
    return { node: 'relation', sign: sign === '==' ? '=' : sign, left, right, at };
  }

  /** One identifier, or several in brackets: `(10.0.0.9 or 10.0.0.3)`. */
  #ids(qualifiers: Qualifiers): Expression {
    const { at } = this.next;
    if (this.take('!', 'not')) return { node: 'not', of: this.#ids(qualifiers), at };
    if (!this.take('(')) return { node: 'id', qualifiers, id: this.#id(), at };
    let left = this.#ids(qualifiers);
    for (;;) {
      const operator = this.next.at;
      const node = this.take('and', '&&') ? 'and' : this.take('or', '||') ? 'or' : undefined;
      if (node === undefined) break;
      left = { node, left, right: this.#ids(qualifiers), at: operator };
    }
    this.expect(')');
    return left;
  }

  #id(): Id {
    const { kind, text, value, at } = this.next;
    if (kind === 'end' || kind === 'sign') throw this.unexpected();
    this.position++;
    if (kind === 'number') return { form: 'number', value, at };
    if (kind === 'mac') return { form: 'mac', text, at };
    if (kind === 'dotted') {
      if (this.take('/')) return { form: 'dotted', text, bits: this.#number(), at };
      if (!this.take('mask')) return { form: 'dotted', text, at };
      const mask = this.next;
      if (mask.kind !== 'dotted') throw this.unexpected();
      this.position++;
      return { form: 'dotted', text, mask: mask.text, at };
    }
    if (kind === 'ipv6')
      return this.take('/') ? { form: 'ipv6', text, bits: this.#number(), at } : { form: 'ipv6', text, at };
    return { form: 'name', text, at };
  }

  #number(): number {
    const { kind, value } = this.next;
    if (kind !== 'number') throw this.unexpected();
    this.position++;
    return value;
  }

  #primitive(): { expression: Expression; qualifiers: Qualifiers | undefined } {
    const { text, kind, at } = this.next;
    const plain = (expression: Expression) => ({ expression, qualifiers: undefined });
    if (kind === 'word' && NOT_HERE.has(text)) throw this.fail(`"${text}" is not supported here`);
    if (this.take('less', 'greater'))
      return plain({ node: 'length', atMost: text === 'less', octets: this.#number(), at });
    if (this.take('inbound', 'outbound')) return plain({ node: 'way', way: text as 'inbound', at });
    if (this.take('ifindex')) return plain({ node: 'ifindex', index: this.#number(), at });
    if (kind === 'word' && LAYERS.has(text)) {
      this.position++;
      const number = text !== 'pppoed' && this.next.kind === 'number' ? this.#number() : undefined;
      return plain({ node: 'layer', layer: text as 'vlan', number, at });
    }
    const protocol = kind === 'word' ? SPELLINGS.get(text) : undefined;
    if (protocol !== undefined) this.position++;
    if (this.take('broadcast')) return plain({ node: 'cast', protocol, to: 'broadcast', at });
    if (this.take('multicast')) return plain({ node: 'cast', protocol, to: 'multicast', at });
    const direction = this.#direction();
    const word = this.next;
    const isKindGiven = word.kind === 'word' && KINDS.has(word.text);
    if (isKindGiven) this.position++;
    if (direction === undefined && !isKindGiven) {
      if (protocol === undefined) throw this.unexpected();
      return plain({ node: 'protocol', protocol, at });
    }
    const qualifiers: Qualifiers = {
      protocol,
      direction: direction ?? 'either',
      kind: isKindGiven ? (word.text as IdKind) : 'host',
      isKindGiven,
    };
    if (!this.isIdAhead()) throw this.unexpected(missingId(this.before.text, this.next.kind));
    return { expression: this.#ids(qualifiers), qualifiers };
  }

  #direction(): Direction | undefined {
    const { text, kind } = this.next;
    if (kind !== 'word' || (text !== 'src' && text !== 'dst')) return undefined;
    this.position++;
    const other = text === 'src' ? 'dst' : 'src';
    const [joint, second] = [this.next.text, this.after.text];
    const isOr = joint === 'or' || joint === '||';
    if (second !== other || !(isOr || joint === 'and' || joint === '&&')) return text;
    // `src 10.0.0.1` takes an identifier: `src or dst` is one qualifier.
    this.position += 2;
    return isOr ? 'either' : 'both';
  }

  /** Whether an identifier, or several in brackets, come next: then it is not a relation and not an expression. */
  isIdAhead(): boolean {
    let at = this.position;
    while (this.tokens[at].text === '(' || this.tokens[at].text === '!' || this.tokens[at].text === 'not') at++;
    const { kind, text } = this.tokens[at];
    if (kind === 'word') return !isKeyword(text);
    if (kind === 'number') {
      // `(5) << 3 = len` is arithmetic.
      do at++;
      while (this.tokens[at].text === ')');
      return this.tokens[at].kind !== 'sign' || LOGICAL.has(this.tokens[at].text);
    }
    return kind !== 'sign' && kind !== 'end';
  }
}

const missingId = (before: string, kind: TokenKind): string =>
  before.startsWith('proto') && kind === 'word'
    ? `after "${before}" (a name that is a keyword is written with a backslash)`
    : `after "${before}"`;

const isKeyword = (text: string): boolean =>
  SPELLINGS.has(text) || KINDS.has(text) || LAYERS.has(text) || NOT_HERE.has(text) || OTHER_WORDS.has(text);
const OTHER_WORDS: ReadonlySet<string> = new Set([
  'src',
  'dst',
  'and',
  'or',
  'not',
  'len',
  'length',
  'less',
  'greater',
  'byte',
  'mask',
  'inbound',
  'outbound',
  'ifindex',
  'broadcast',
  'multicast',
]);
