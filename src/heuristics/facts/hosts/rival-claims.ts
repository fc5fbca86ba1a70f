import type { AddressClaim, Evidence } from '../../../flows/evidence/evidence.ts';
import { isSpecial } from '../../../text/addresses.ts';
import { appendTo } from '../../words/append-to.ts';
import { inOrder, isLater } from '../packet-order.ts';

export const CLAIM_THRESHOLDS = {
  proxiedAddresses: { value: 4, unit: 'addresses', source: 'docs/thresholds.md, proxy-addresses' },
} as const;

/**
 * By design, MACs of virtual routers (VRRP, RFC 5798, 7.3; HSRP; CARP) move, and Calico's dummy MAC stands for many.
 */
const SHARED_MACS = [/^00:00:5e:00:0[12]:/, /^00:00:0c:07:ac:/, /^00:00:0c:9f:f/, /^ee:ee:ee:ee:ee:ee$/];

/** Claims of machines that speak for themselves: no proxies and no virtual routers. */
export function ownClaims({ claims }: Evidence): AddressClaim[] {
  const proxies = proxyMacs(claims);
  return claims.filter(
    (claim) =>
      claim.claims > 0 &&
      !isSpecial(claim.address) &&
      !proxies.has(`${claim.point} ${claim.mac}`) &&
      !SHARED_MACS.some((mac) => mac.test(claim.mac)),
  );
}

/** Pairs of claims of one address at one point, the earlier owner first, that are no failover. */
function* rivalClaims(evidence: Evidence, claims: readonly AddressClaim[]): Iterable<[AddressClaim, AddressClaim]> {
  for (const [first, second] of pairsOf(claims)) if (overlap(evidence, first, second)) yield [first, second];
}

/** The rivals for each address at the first point that shows them, the earliest owner first. */
export function rivalsByAddress(evidence: Evidence, claims: readonly AddressClaim[]): Map<string, AddressClaim[]> {
  const groups = new Map<string, Set<AddressClaim>>();
  for (const pair of rivalClaims(evidence, claims)) {
    const [{ address, point }] = pair;
    const group = groups.get(address) ?? new Set();
    groups.set(address, group);
    const [known = pair[0]] = group;
    if (known.point === point) for (const claim of pair) group.add(claim);
  }
  return new Map(
    [...groups].map(([address, group]) => [address, [...group].sort((a, b) => inOrder(a.first, b.first))]),
  );
}

/** Whether each of the rivals also claims, or sends from, another address of its own at the point, as nodes do. */
export const haveOthers = ({ claims, hosts }: Evidence, rivals: readonly AddressClaim[]): boolean =>
  rivals.every(
    ({ point, address, mac }) =>
      claims.some((claim) => claim.point === point && claim.mac === mac && claim.address !== address) ||
      hosts.some(
        (host) =>
          host.point === point &&
          !host.outer &&
          host.address !== address &&
          host.macs.some(({ value }) => value === mac),
      ),
  );

function proxyMacs(claims: readonly AddressClaim[]): Set<string> {
  const addresses = new Map<string, Set<string>>();
  for (const claim of claims) {
    if (claim.claims === 0) continue;
    const key = `${claim.point} ${claim.mac}`;
    addresses.set(key, (addresses.get(key) ?? new Set()).add(claim.address));
  }
  return new Set(
    [...addresses].filter(([, set]) => set.size >= CLAIM_THRESHOLDS.proxiedAddresses.value).map(([key]) => key),
  );
}

function* pairsOf(claims: readonly AddressClaim[]): Iterable<[AddressClaim, AddressClaim]> {
  const byAddress = new Map<string, AddressClaim[]>();
  for (const claim of claims) {
    const key = `${claim.point} ${claim.address}`;
    appendTo(byAddress, key, claim);
  }
  for (const list of byAddress.values()) {
    for (let one = 0; one < list.length; one++) {
      for (let other = one + 1; other < list.length; other++) {
        const ordered = [list[one], list[other]].sort((a, b) => inOrder(a.first, b.first));
        yield [ordered[0], ordered[1]];
      }
    }
  }
}

/** The earlier owner continues after the later owner appears, so this is not a failover. */
function overlap(evidence: Evidence, first: AddressClaim, second: AddressClaim): boolean {
  if (isLater(first.last, second.first)) return true;
  const traffic = evidence.hosts.find(
    (host) => host.point === first.point && host.address === first.address && !host.outer,
  );
  return (traffic?.macs.length ?? 0) > 1 && first.last.time > second.first.time;
}
