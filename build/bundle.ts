import { chmod, copyFile, rm, writeFile } from 'node:fs/promises';
import { build, type BuildOptions } from 'esbuild';
import { requireBanner, shared, texts } from './bundle-options.ts';
import { thirdPartyLicenses } from './third-party.ts';

await rm('dist', { recursive: true, force: true });
const options = { ...shared, metafile: true } satisfies BuildOptions;
const program = { ...options, banner: { js: requireBanner }, plugins: [texts] } satisfies BuildOptions;
const [cli, , ...beside] = await Promise.all([
  build({
    ...program,
    entryPoints: { cli: 'src/cli.ts', worker: 'src/worker/main.ts' },
    // Splitting keeps the Kubernetes client out of commands that never touch a cluster.
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
  }),
  // A separate build: what only the demo uses must not be in the chunks of the image and of the package.
  build({ ...program, entryPoints: { demo: 'src/demo/main.ts' } }),
  build({
    ...options,
    // The image's files: what runs beside every agent. Nothing but node itself is imported.
    entryPoints: { proxy: 'src/proxy/main.ts', check: 'src/proxy/check.ts' },
  }),
  build({
    ...options,
    entryPoints: { config: 'src/config-step/main.ts' },
    // For node the yaml package offers CommonJS, which requires at run time; for everybody else it offers modules.
    platform: 'neutral',
    external: ['node:*'],
  }),
]);
// So that a link to it is a command: sallyport, or kubectl-sallyport for kubectl.
await chmod('dist/cli.mjs', 0o755);
// The demo is in no image and in no package.
const published = [cli, ...beside].map(({ metafile }) => metafile);
await writeFile('dist/THIRD-PARTY-LICENSES', await thirdPartyLicenses(published));
await copyFile('LICENSE', 'dist/LICENSE');
