/** Extended errors of DNS (RFC 8914, 4). */
const NAMES: Readonly<Record<number, string>> = {
  1: 'Unsupported DNSKEY Algorithm',
  2: 'Unsupported DS Digest Type',
  3: 'Stale Answer',
  4: 'Forged Answer',
  5: 'DNSSEC Indeterminate',
  6: 'DNSSEC Bogus',
  7: 'Signature Expired',
  8: 'Signature Not Yet Valid',
  9: 'DNSKEY Missing',
  10: 'RRSIGs Missing',
  11: 'No Zone Key Bit Set',
  12: 'NSEC Missing',
  13: 'Cached Error',
  14: 'Not Ready',
  15: 'Blocked',
  16: 'Censored',
  17: 'Filtered',
  18: 'Prohibited',
  19: 'Stale NXDOMAIN Answer',
  20: 'Not Authoritative',
  21: 'Not Supported',
  22: 'No Reachable Authority',
  23: 'Network Error',
  24: 'Invalid Data',
};
/** Codes that tell of a check of signatures: 1, 2 and 5 to 12. */
const FIRST_DNSSEC = 5;
const LAST_DNSSEC = 12;

interface Said {
  code: number;
  text: string;
}

/** Whether the server says that a check of signatures failed. */
export const isDnssec = (said: Said | null): said is Said =>
  said !== null && (said.code === 1 || said.code === 2 || (said.code >= FIRST_DNSSEC && said.code <= LAST_DNSSEC));

/** "DNSSEC Bogus (6)", with the text of the server. */
export const extendedErrorWords = ({ code, text }: Said): string =>
  `${NAMES[code] ?? 'extended error'} (${code})${text === '' ? '' : ` "${text}"`}`;
