import type { Endpoint } from '../../flows/evidence/evidence.ts';

/** "10.0.0.1:80", "[fd00::1]:80"; the address alone without a port. */
export const endText = ({ address, port }: Endpoint): string => {
  if (port === 0) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
};
