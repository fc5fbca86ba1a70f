/** Words for TLS. */

const VERSIONS: Readonly<Record<number, string>> = {
  768: 'SSL 3.0',
  769: 'TLS 1.0',
  770: 'TLS 1.1',
  771: 'TLS 1.2',
  772: 'TLS 1.3',
};

/** "TLS 1.3", or "version 0x0305". */
export const versionName = (version: number): string =>
  VERSIONS[version] ?? `version 0x${version.toString(16).padStart(4, '0')}`;

/** Last second that a date can express (ECMA-262, 21.4.1.1). */
const LAST_SECOND = 8.64e12;

/** "2026-11-01" of seconds since 1970. */
export const isoDay = (seconds: number): string =>
  Math.abs(seconds) <= LAST_SECOND ? new Date(seconds * 1000).toISOString().slice(0, 10) : 'an impossible date';

/** How a handshake ended, as a clause. */
export function endOf({ end, by }: { end: string; by: string }, alert: string): string {
  switch (end) {
    case 'alert':
      return `the ${by} sends the alert ${alert}`;
    case 'sealed-alert':
      return `the ${by} ends them with an encrypted alert`;
    case 'closed':
      return `the ${by} ends them after the ClientHello without an answer`;
    default:
      return `the ${by} leaves after the certificate without a word`;
  }
}
