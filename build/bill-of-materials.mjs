// Prints what the package is made of (CycloneDX), from package-lock.json.
//   npm run --silent sbom > sbom.cdx.json
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const read = (name) => JSON.parse(readFileSync(fileURLToPath(new URL(`../${name}`, import.meta.url)), 'utf8'));

// `npm sbom --omit dev` leaves out what both the package and its tests depend on: so the tools are taken out here.
const packageFile = read('package.json');
const lock = read('package-lock.json');
delete packageFile.devDependencies;
delete lock.packages[''].devDependencies;
for (const [path, { dev }] of Object.entries(lock.packages)) if (dev) delete lock.packages[path];
// Packages beside this one (`packages/`) are shipped apart, with what they depend on.
delete packageFile.workspaces;
delete lock.packages[''].workspaces;
for (const path of Object.keys(lock.packages))
  if (path.startsWith('packages/') || path.startsWith('node_modules/@pcapdiag/')) delete lock.packages[path];

const scratch = mkdtempSync(join(tmpdir(), 'sbom-'));
try {
  // npm takes the name of the folder for that of the package.
  const folder = join(scratch, packageFile.name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify(packageFile));
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock));
  const words = ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only'];
  process.stdout.write(execFileSync('npm', words, { cwd: folder, maxBuffer: 2 ** 26 }));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
