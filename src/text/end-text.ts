/** "10.0.0.1:80", "[fd00::1]:80"; the address alone without a port. */
export function endText({ address, port }: { address: string; port: number }): string {
  if (port === 0) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
