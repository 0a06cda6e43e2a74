import { chmod, rm } from 'node:fs/promises';
import { build } from 'esbuild';
import { requireBanner, shared, texts } from './bundle-options.ts';

await rm('dist', { recursive: true, force: true });
await Promise.all([
  build({
    ...shared,
    entryPoints: { cli: 'src/cli.ts', demo: 'src/demo/main.ts', worker: 'src/worker/main.ts' },
    // Splitting keeps the Kubernetes client out of commands that never touch a cluster.
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    banner: { js: requireBanner },
    plugins: [texts],
  }),
  build({
    ...shared,
    // The image's files: what runs beside every agent. Nothing but node itself is imported.
    entryPoints: { proxy: 'src/proxy/main.ts', check: 'src/proxy/check.ts' },
  }),
  build({
    ...shared,
    entryPoints: { config: 'src/config-step/main.ts' },
    // For node the yaml package offers CommonJS, which requires at run time; for everybody else it offers modules.
    platform: 'neutral',
    external: ['node:*'],
  }),
]);
// So that a link to it is a command: sallyport, or kubectl-sallyport for kubectl.
await chmod('dist/cli.mjs', 0o755);
