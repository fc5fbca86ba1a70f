// Builds the command as one executable file that runs without Node (Node's single executable application,
// https://nodejs.org/api/single-executable-applications.html). It is for the system and processor of the Node that it is
// made of, which is inside. Node 25.5 and later can do without postject (`--build-sea`); the oldest that is promised cannot.
//   npm run build && npm run single-file                          single-file/pcapdiag, of the Node that runs this
//   npm run single-file -- --node PATH --output FILE              of another one
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { inject } from 'postject';
import { rolldown } from 'rolldown';
import { inAscii, licensesOf } from './bundled-code.mjs';

/** Where Node looks for what was put in: https://nodejs.org/api/single-executable-applications.html */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
const BUNDLE = fileURLToPath(new URL('../dist/bundle', import.meta.url));
const NAME = process.platform === 'win32' ? 'pcapdiag.exe' : 'pcapdiag';
const COMMAND = fileURLToPath(new URL('../bin/pcapdiag.js', import.meta.url));
const START = fileURLToPath(new URL('./single-file-start.cjs', import.meta.url));

const { values } = parseArgs({
  options: {
    node: { type: 'string', default: process.execPath },
    output: { type: 'string', default: fileURLToPath(new URL(`../single-file/${NAME}`, import.meta.url)) },
  },
});
const scratch = mkdtempSync(join(tmpdir(), 'pcapdiag-single-file-'));
try {
  await build(values.node, resolve(values.output));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

async function build(node, output) {
  if (!existsSync(join(BUNDLE, 'main.js'))) throw new Error('there is no dist/bundle: npm run build');
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  const program = execFileSync(node, ['-p', 'process.execPath'], { encoding: 'utf8' }).trim();
  if (!readFileSync(program).includes(FUSE))
    throw new Error(`${program} (${version}) has no place for an application: take a Node of https://nodejs.org/dist/`);

  const { files, licenses } = await bundleWithSdk();
  const withoutHashbang = readFileSync(COMMAND, 'utf8').replace(/^#!.*/, '');
  written('main.cjs', `${readFileSync(START, 'utf8')}\nload('pcapdiag.js');\n`);
  const configuration = {
    main: 'main.cjs',
    output: 'blob',
    disableExperimentalSEAWarning: true,
    useCodeCache: false,
    assets: { start: START, 'pcapdiag.js': written('pcapdiag.js', withoutHashbang), ...files },
  };
  written('sea.json', JSON.stringify(configuration));
  // The path of `main` is in the file, for stacks: one without the folder.
  execFileSync(program, ['--experimental-sea-config', 'sea.json'], { cwd: scratch, stdio: 'pipe' });
  const unfinished = join(scratch, 'pcapdiag');
  copyFileSync(program, unfinished);
  chmodSync(unfinished, 0o755);
  // macOS starts no program whose signature does not fit.
  if (process.platform === 'darwin') execFileSync('codesign', ['--remove-signature', unfinished]);
  // It warns of sections of the program that have no name.
  console.warn = () => undefined;
  await inject(unfinished, 'NODE_SEA_BLOB', readFileSync(join(scratch, 'blob')), {
    sentinelFuse: FUSE,
    machoSegmentName: 'NODE_SEA',
  });
  if (process.platform === 'darwin') execFileSync('codesign', ['--sign', '-', unfinished]);
  mkdirSync(dirname(output), { recursive: true });
  // A program that runs cannot be written to, but another can take its place.
  copyFileSync(unfinished, `${output}.new`);
  renameSync(`${output}.new`, output);
  writeFileSync(`${output}.LICENSES.txt`, `${licenses}\n\n${licenseOfNode(program, version)}`);
  console.log(`${output}: Node ${version} inside, ${Math.round(statSync(output).size / 1e6)} MB`);
}

/**
 * The files of dist/bundle/, by name, with the SDK of `pcapdiag mcp` inside: nothing can be installed beside the file.
 *
 * @returns paths of them, and the licences of all that is in them
 */
async function bundleWithSdk() {
  const bundle = await rolldown({
    input: { 'mcp-command': join(BUNDLE, 'mcp-command.js') },
    platform: 'node',
    external: (id, importer) => id.startsWith('./') && dirname(importer ?? '') === BUNDLE,
  });
  const { output: chunks } = await bundle.generate({
    format: 'cjs',
    minify: true,
    entryFileNames: '[name].js',
    chunkFileNames: 'sdk-[name].js',
  });
  const names = readdirSync(BUNDLE).filter((name) => name.endsWith('.js'));
  const files = Object.fromEntries(names.map((name) => [name, join(BUNDLE, name)]));
  for (const { fileName, code } of chunks) files[fileName] = written(fileName, inAscii(code));
  const licenses = [
    readFileSync(new URL('../LICENSE', import.meta.url), 'utf8'),
    readFileSync(join(BUNDLE, 'LICENSES.txt'), 'utf8'),
    licensesOf(chunks),
  ];
  return { files, licenses: licenses.join('\n\n') };
}

function licenseOfNode(program, version) {
  const beside = join(dirname(program), '../LICENSE');
  const told = existsSync(beside)
    ? readFileSync(beside, 'utf8')
    : `https://github.com/nodejs/node/blob/${version}/LICENSE`;
  return `Node.js ${version}\n\n${told}\n`;
}

function written(name, text) {
  const path = join(scratch, name);
  writeFileSync(path, text);
  return path;
}
