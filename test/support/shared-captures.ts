import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of shared captures beside the repository; tests skip without it. */
export const SHARED = fileURLToPath(new URL('../../../shared/', import.meta.url));

export const hasShared = existsSync(SHARED);

export const hasProgram = (name: string): boolean => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0;

/** Paths of all captures under a folder of `SHARED`, sorted. */
export function capturesUnder(folder: string): string[] {
  const root = join(SHARED, folder);
  if (!existsSync(root)) return [];
  return (readdirSync(root, { recursive: true }) as string[])
    .filter((path) => /\.(pcap|pcapng|cap)$/.test(path))
    .sort()
    .map((path) => join(root, path));
}

/** Calls `use` with one pcapng file that holds the records of all `paths`, one file after the other. */
export function withConcatenated<T>(paths: readonly string[], use: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'pcapdiag-'));
  try {
    const whole = join(folder, 'all.pcapng');
    execFileSync('mergecap', ['-a', '-w', whole, ...paths], { stdio: ['ignore', 'ignore', 'inherit'] });
    return use(whole);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs tshark without name resolution and reassembly; one row a packet, one column a field, values comma-separated. */
export const tsharkFields = (path: string, fields: readonly string[]): string[][] => rowsOf(tsharkOutput(path, fields));

export const rowsOf = (output: string): string[][] =>
  output
    .trimEnd()
    .split('\n')
    .map((line) => line.split('|'));

/** What `tsharkFields` reads, and behind it what the `taps` (`-z`) say. */
export function tsharkOutput(path: string, fields: readonly string[], taps: readonly string[] = []): string {
  const preferences = ['ip.defragment:FALSE', 'ipv6.defragment:FALSE', 'tcp.desegment_tcp_streams:FALSE'];
  const ports = ['udp.port==8472,vxlan', 'udp.port==4789,vxlan', 'udp.port==18472,vxlan'];
  const args = ['-n', '-r', path, '-T', 'fields', '-E', 'occurrence=a', '-E', 'separator=|'];
  args.push(...preferences.flatMap((preference) => ['-o', preference]), ...ports.flatMap((port) => ['-d', port]));
  args.push(...fields.flatMap((field) => ['-e', field]), ...taps.flatMap((tap) => ['-z', tap]));
  return execFileSync('tshark', args, { maxBuffer: 2 ** 30, stdio: ['ignore', 'pipe', 'ignore'] }).toString('latin1');
}
