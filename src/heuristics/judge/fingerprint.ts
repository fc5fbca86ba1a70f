/** A whole text that is a fingerprint. */
export const FINGERPRINT = /^pcapdiag\/v1:[0-9a-f]{16}$/;

/**
 * Names a finding so that the same fault in a later capture gets the same name. The name is the version of this scheme
 * and 16 hex digits: 64-bit FNV-1a of the rule, the class and the occurrence's role-normalised key.
 */
export function fingerprintOf(ruleId: string, faultClass: string, key: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const octet of new TextEncoder().encode(`${ruleId}\n${faultClass}\n${key}`)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(octet)) * 0x100000001b3n);
  }
  return `pcapdiag/v1:${hash.toString(16).padStart(16, '0')}`;
}
