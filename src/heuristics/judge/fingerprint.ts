/**
 * Names a finding so that the same trouble in a later capture has the same name: 64-bit FNV-1a of rule, class and the
 * occurrence's role-normalised key, as 16 hex digits after the version of this scheme.
 */
export function fingerprintOf(ruleId: string, faultClass: string, key: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const octet of new TextEncoder().encode(`${ruleId}\n${faultClass}\n${key}`)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(octet)) * 0x100000001b3n);
  }
  return `pcapdiag/v1:${hash.toString(16).padStart(16, '0')}`;
}
