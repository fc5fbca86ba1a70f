/** CommonJS that loads the library by `import()`. */
export async function main(): Promise<string> {
  const { analyze } = await import('pcapdiag');
  const { verdict } = await analyze('a.pcap');
  return verdict?.ruleId ?? 'nothing found';
}
