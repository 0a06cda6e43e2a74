import { chmod, rm } from 'node:fs/promises';
import { build, type BuildOptions, type Plugin } from 'esbuild';
import { isText, textToModule } from './text-module.ts';

const texts: Plugin = {
  name: 'texts',
  setup(on) {
    on.onLoad({ filter: isText }, async ({ path }) => ({
      contents: await textToModule(path),
      loader: 'js',
    }));
  },
};

// CommonJS dependencies call require(); an ES module bundle has none until it is made.
const requireBanner =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

const shared = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  outdir: 'dist',
  outExtension: { '.js': '.mjs' },
  legalComments: 'none',
  // Node keeps the text of what it runs: without its blanks the server holds 15 MiB less. Names stay, for stack traces.
  minifyWhitespace: true,
  minifySyntax: true,
  logLevel: 'warning',
} satisfies BuildOptions;

await rm('dist', { recursive: true, force: true });
await Promise.all([
  build({
    ...shared,
    entryPoints: { cli: 'src/cli.ts', demo: 'src/demo/main.ts' },
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
