import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

export const hasRedis = spawnSync('redis-server', ['--version']).status === 0;
export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
export const PASSWORD = 'a password that nobody else has';

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

/** A Redis of Debian that writes each command to the disk before it answers, and asks for a password. */
export class RedisServer {
  readonly folder: string;
  readonly port: number;
  readonly tlsPort: number;
  readonly #configuration: string;
  #process: ChildProcess | undefined;

  private constructor(folder: string, port: number, tlsPort: number) {
    [this.folder, this.port, this.tlsPort] = [folder, port, tlsPort];
    this.#configuration = join(folder, 'redis.conf');
    mkdirSync(folder, { recursive: true });
    const tls = hasOpenssl
      ? `tls-port ${tlsPort}\ntls-cert-file ${this.certificate}\ntls-key-file ${folder}/key.pem\ntls-auth-clients no\n`
      : '';
    if (hasOpenssl) {
      const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
      const files = ['-keyout', join(folder, 'key.pem'), '-out', this.certificate];
      const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
      execFileSync('openssl', ['req', ...kind, ...files, ...subject], { stdio: 'ignore' });
    }
    const durable = 'appendonly yes\nappendfsync always\nsave ""\n';
    const place = `bind 127.0.0.1\nport ${port}\ndir ${folder}\n`;
    writeFileSync(this.#configuration, `${place}${durable}requirepass "${PASSWORD}"\n${tls}`);
  }

  static async start(folder: string): Promise<RedisServer> {
    const server = new RedisServer(folder, await freePort(), await freePort());
    await server.start();
    return server;
  }

  get certificate(): string {
    return join(this.folder, 'certificate.pem');
  }

  /** The file that commands are appended to. */
  get log(): string {
    const place = join(this.folder, 'appendonlydir');
    return join(place, readdirSync(place).filter((name) => name.endsWith('.incr.aof'))[0]);
  }

  /** Takes the last octets of the log away. */
  cutLog(octets: number): void {
    truncateSync(this.log, statSync(this.log).size - octets);
  }

  async start(): Promise<void> {
    const child = spawn('redis-server', [this.#configuration], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#process = child;
    let said = '';
    for await (const chunk of child.stdout) {
      said += chunk;
      if (said.includes('Ready to accept connections')) break;
    }
    if (child.exitCode !== null) throw new Error(`redis-server: ${said}`);
  }

  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}
