/** CommonJS that loads the library by `require`: Node 20.19 and TypeScript 5.8. */
import pcapdiag = require('pcapdiag');

export async function main(): Promise<string> {
  const { verdict } = await pcapdiag.analyze('a.pcap');
  return verdict?.ruleId ?? 'nothing found';
}
