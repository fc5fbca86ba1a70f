/** No capture, no link to one, no digest that is read and no report is lost by the other commands that write files. */
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { main } from '../../src/cli/main.ts';

const CASE = 'test/pcaps/case-1';
const [CAPTURE] = readdirSync(CASE).filter((name) => name.endsWith('.pcap'));
const SCENARIO = `captures: captures/${CAPTURE}\nexpect: { findings: mtu-black-hole }\n`;

let folder: string;
let errors: string;
let output: string;
/** Path of a digest of the capture. */
let digest: string;
const at = (...names: string[]): string => join(folder, ...names);

beforeEach(async () => {
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    errors += text;
    return true;
  });
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    output += text;
    return true;
  });
  folder = mkdtempSync(join(tmpdir(), 'pcapdiag-out-'));
  for (const name of ['captures', 'digests', 'made']) mkdirSync(at(name));
  copyFileSync(join(CASE, CAPTURE), at('captures', CAPTURE));
  symlinkSync(join('captures', CAPTURE), at('link'));
  linkSync(at('captures', CAPTURE), at('hard'));
  copyFileSync(join(CASE, CAPTURE), at('other.pcap'));
  writeFileSync(at('report'), 'an old report\n');
  writeFileSync(at('key'), 'a key\n', { mode: 0o600 });
  writeFileSync(at('nodes.txt'), 'node9\n');
  writeFileSync(at('case.pcapdiag.yml'), SCENARIO);
  await run('digest', '-o', at('digests'), at('captures', CAPTURE));
  digest = output.trim();
  const { capture } = JSON.parse(
    /\{.*?"capture":"\w+".*?\}/.exec(readFileSync(digest, 'latin1'))?.[0].concat('}') ?? '',
  );
  const wanted = { wantedVersion: 1, captures: [{ capture, name: CAPTURE, flows: 'all' }] };
  writeFileSync(at('wanted.json'), JSON.stringify(wanted));
  symlinkSync(digest, at('digest-link'));
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
  rmSync(folder, { recursive: true });
});

async function run(...argv: string[]): Promise<number | string | null | undefined> {
  [errors, output] = ['', ''];
  process.exitCode = undefined;
  await main(argv);
  const status = process.exitCode;
  process.exitCode = undefined;
  return status;
}

/** Everything in the folder: type, target of links and content. */
function everything(): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = at(name);
    const stat = lstatSync(path);
    if (stat.isSymbolicLink()) found[name] = `link to ${readlinkSync(path)}`;
    else if (stat.isFile()) found[name] = createHash('sha256').update(readFileSync(path)).digest('hex');
  }
  return found;
}

/** Words with @ are paths in the folder; @digest is the digest. */
const words = (line: string): string[] =>
  line.split(' ').map((word) => (word === '@digest' ? digest : word.replace(/^@/, `${folder}/`)));

describe('targets that are refused: nothing is changed, and the status is 2', () => {
  test.each([
    [`export -o @captures/${CAPTURE} @captures`, /--output: .* is read/],
    ['export -o @link @captures', /is read/],
    ['export -o @hard @captures', /is read/],
    ['export -o @other.pcap @captures', /is a capture/],
    ['export --redact-key-file @key -o @key @captures', /is read/],
    ['analyze -f html -o @link @captures', /is read/],
    ['analyze -f sarif --redact-key-file @key -o @key @captures', /is read/],
    ['correlate -o @digest @digests', /--output: .* is read/],
    ['correlate -o @digest-link @digests', /is read/],
    ['correlate -o @other.pcap @digests', /is a capture/],
    ['correlate --wanted @digest @digests', /--wanted: .* is read/],
    ['correlate --wanted @digest-link -o @new @digests', /--wanted: .* is read/],
    [`correlate --wanted @captures/${CAPTURE} @digests`, /--wanted: .* is a capture/],
    ['correlate --wanted @new -o @new @digests', /--wanted: .* is written by --output, too/],
    ['correlate --wanted @report -o @report @digests', /--wanted: .* is written by --output, too/],
    ['correlate --expect @nodes.txt -o @nodes.txt @digests', /is read/],
    ['correlate --expect @nodes.txt --wanted @nodes.txt @digests', /--wanted: .* is read/],
    [`digest -o @captures/${CAPTURE} @captures/${CAPTURE}`, /--output: /],
    ['digest -o @link @captures', /--output: /],
    ['rows --wanted @wanted.json -o @report @captures', /--output: /],
    ['check -o @case.pcapdiag.yml @case.pcapdiag.yml', /is read/],
    ['check -o @link @case.pcapdiag.yml', /is read/],
    ['check -o @other.pcap @case.pcapdiag.yml', /is a capture/],
    [`baseline write --baseline @captures/${CAPTURE} @captures`, /is there/],
    ['baseline write --baseline @report @captures', /is there/],
    ['baseline update --baseline @link @captures', /./],
    ['baseline prune --baseline @report @captures', /./],
  ] as [string, RegExp][])('%s', async (line, message) => {
    const before = everything();
    expect(await run(...words(line)), errors).toBe(2);
    expect(errors).toMatch(message);
    expect(everything()).toEqual(before);
  });
});

describe('what lies at the place of a digest or of rows', () => {
  test.each(['digest', 'rows --wanted @wanted.json'])(
    '%s: a link or a name of the capture stays one',
    async (command) => {
      const before = everything();
      const capture = at('captures', CAPTURE);
      expect(await run(...words(`${command} -o @made`), capture), errors).toBe(0);
      const name = basename(output.trim());
      const { [`made/${name}`]: made, ...rest } = everything();
      expect(made).toBeDefined();
      expect(rest).toEqual(before);
      for (const place of [() => symlinkSync(capture, at('made', name)), () => linkSync(capture, at('made', name))]) {
        rmSync(at('made', name));
        place();
        const taken = everything();
        expect(await run(...words(`${command} -o @made`), capture)).toBe(2);
        expect(errors).toContain('which is read');
        expect(everything()).toEqual(taken);
      }
    },
  );

  test('among the captures, nothing but the digest is added', async () => {
    const before = everything();
    expect(await run('digest', '-o', at('captures'), at('captures'))).toBe(0);
    const { [`captures/${basename(output.trim())}`]: added, ...rest } = everything();
    expect(added).toBeDefined();
    expect(rest).toEqual(before);
  });
});
