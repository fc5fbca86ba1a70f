/** The eight groups of an IPv6 address in the text of RFC 5952, where `::` stands for zeros; undefined for anything else. */
export function ipv6Groups(address: string): string[] | undefined {
  if (!address.includes(':')) return undefined;
  const [head, tail, more] = address.split('::');
  if (more !== undefined) return undefined;
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const fill = tail === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...Array<string>(Math.max(0, fill)).fill('0'), ...right];
  return groups.length === 8 && groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group)) ? groups : undefined;
}
