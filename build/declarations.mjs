// Rolls the declarations of the library up into dist/index.d.ts, the only one that is shipped: node build/declarations.mjs
//   npm run build
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const rolled = join(dist, 'rolled-up.d.ts');

const config = ExtractorConfig.prepare({
  configObject: {
    projectFolder: root,
    mainEntryPointFilePath: join(dist, 'index.d.ts'),
    compiler: { tsconfigFilePath: join(root, 'tsconfig.build.json') },
    newlineKind: 'lf',
    apiReport: { enabled: false },
    docModel: { enabled: false },
    tsdocMetadata: { enabled: false },
    dtsRollup: { enabled: true, untrimmedFilePath: rolled },
    messages: {
      compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
      extractorMessageReporting: {
        default: { logLevel: ExtractorLogLevel.Error },
        'ae-missing-release-tag': { logLevel: ExtractorLogLevel.None },
        // test/contract/declarations.test.ts names them: a type that the index does not export.
        'ae-forgotten-export': { logLevel: ExtractorLogLevel.None },
      },
      // Comments follow the style of this project, which is that of JSDoc.
      tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
    },
  },
  configObjectFullPath: undefined,
  packageJsonFullPath: join(root, 'package.json'),
});

const { succeeded } = Extractor.invoke(config, {
  localBuild: true,
  messageCallback(message) {
    // It prints which compiler it brings.
    if (message.logLevel === ExtractorLogLevel.Error) return;
    message.handled = true;
  },
});
if (!succeeded) throw new Error('the declarations could not be rolled up');

/** Further entries of the package. Their types come from the index, which exports every type that they name. */
const FURTHER = ['vitest.d.ts'];
for (const name of FURTHER) {
  const file = join(dist, name);
  writeFileSync(file, readFileSync(file, 'utf8').replace(/from '\.\/[^']+'/g, "from './index.js'"));
}

for (const file of readdirSync(dist, { recursive: true }))
  if (file.endsWith('.d.ts') && ![...FURTHER, 'rolled-up.d.ts'].includes(file)) rmSync(join(dist, file));
renameSync(rolled, join(dist, 'index.d.ts'));
