import type { Evidence } from '../../src/flows/evidence/evidence.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Fields = { [key: string]: Json };

/** Packet and flow numbers of other hosts start here: above those of any row. */
const NUMBERS_APART = 100_000;
const NUMBERED: ReadonlySet<string> = new Set(['flow', 'packet', 'ackedPacket']);
/** Lists of `Evidence` whose items have an index, and the kind of leg that means an item of them. */
const INDEXED: Record<string, string> = {
  connections: 'tcp',
  datagrams: 'datagram',
  echoes: 'echo',
  arp: 'arp',
  dns: 'dns',
  tunnels: 'tunnel',
  conversations: 'conversation',
};

/** Where the traffic of the second row was captured. */
export type Beside = 'same points' | 'own points';

/**
 * Evidence of the first row with that of the second beside it: other hosts, flows and packets. One of them is
 * of other hosts (`elsewhere`).
 */
export function beside(first: Evidence, second: Evidence, where: Beside): Evidence {
  const isSame = where === 'same points';
  const shift: Record<string, number> = {
    point: isSame ? 0 : first.points.length,
    capture: isSame ? 0 : first.captures.length,
  };
  for (const [list, kind] of Object.entries(INDEXED))
    shift[kind] = (first as unknown as Record<string, Json[]>)[list].length;
  const moved = renumbered(second as unknown as Json, '', shift) as Fields;
  const joined: Fields = { ...(first as unknown as Fields) };
  for (const [name, value] of Object.entries(moved)) {
    const known = joined[name];
    if (isSame && (name === 'points' || name === 'captures' || name === 'clocks')) continue;
    if (Array.isArray(value) && Array.isArray(known)) joined[name] = [...known, ...value];
    else if (typeof value === 'number' && typeof known === 'number') joined[name] = known + value;
  }
  return joined as unknown as Evidence;
}

function renumbered(node: Json, path: string, shift: Readonly<Record<string, number>>): Json {
  if (Array.isArray(node)) {
    if (/\.tunnels$/.test(path)) return node.map((one) => (one as number) + shift.tunnel);
    if (path === 'nat.between') return node.map((one) => (one as number) + shift.point);
    return node.map((one) => renumbered(one, path, shift));
  }
  if (typeof node !== 'object' || node === null) return node;
  const kind = path === 'conversations.legs' ? String(node.kind) : INDEXED[path];
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => {
      if (typeof value !== 'number') return [key, renumbered(value, path === '' ? key : `${path}.${key}`, shift)];
      return [key, value + shiftOf(path, key, kind, shift)];
    }),
  );
}

function shiftOf(path: string, key: string, kind: string | undefined, shift: Readonly<Record<string, number>>): number {
  if (key === 'point') return shift.point;
  if (path === 'points' && key === 'index') return shift.point;
  if (path === 'points' && key === 'capture') return shift.capture;
  if (key === 'index') return kind === undefined ? 0 : shift[kind];
  if (key === 'tunnel') return shift.tunnel;
  return ['conversations.hops', 'hopsLeftOut', 'datagramsLeftOut'].includes(path) && (key === 'from' || key === 'to')
    ? shift.point
    : 0;
}

/**
 * The same traffic of other hosts: each address and MAC is another one of the same network. Points of its own have other
 * names too.
 */
export function elsewhere(row: Evidence, where: Beside): Evidence {
  const hosts = new Set<string>();
  if (where === 'own points')
    for (const { host, name } of row.points) for (const one of [host, name]) if (one !== null) hosts.add(one);
  const rename = (node: Json): Json => {
    if (typeof node === 'string') return hosts.has(node) ? `${node}-b` : otherAddress(node);
    if (Array.isArray(node)) return node.map(rename);
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(
      Object.entries(node).map(([key, value]) => [
        otherAddress(key),
        NUMBERED.has(key) && typeof value === 'number' ? value + NUMBERS_APART : rename(value),
      ]),
    );
  };
  return rename(row as unknown as Json) as unknown as Evidence;
}

/** Addresses that are no single host's, or mean each host itself, stay. */
const OF_ALL = /^(0\.|127\.|169\.254\.|22[4-9]\.|2[34]\d\.|255\.)|\.255$|^(ff|fe80:|::$|::1$)/i;

function otherAddress(text: string): string {
  if (OF_ALL.test(text)) return text;
  const inFour = /^(\d+\.\d+)\.(\d+)\.(\d+)$/.exec(text);
  if (inFour !== null) return `${inFour[1]}.${(Number(inFour[2]) + 64) % 256}.${inFour[3]}`;
  if (/^([\da-f]{2}:){5}[\da-f]{2}$/i.test(text) && !/^(ff:ff|33:33|01:00)/i.test(text))
    return text.replace(/:([\da-f]{2}):([\da-f]{2})$/i, (_, fifth, last) => `:${otherOctet(fifth)}:${last}`);
  return /^[\da-f:]*::[\da-f]+$/i.test(text) ? text.replace(/::([\da-f]+)$/i, '::40:$1') : text;
}

const otherOctet = (octet: string): string => (Number.parseInt(octet, 16) ^ 0x40).toString(16).padStart(2, '0');
