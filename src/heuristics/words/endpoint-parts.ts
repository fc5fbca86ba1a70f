/** Address and port of "10.0.0.1:443" or "[fd00::1]:443", the format that `endpointText` writes. */
export function endpointParts(text: string): { address: string; port: number } {
  const colon = text.lastIndexOf(':');
  return { address: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
}
