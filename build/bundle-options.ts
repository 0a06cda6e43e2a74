import type { BuildOptions, Plugin } from 'esbuild';
import { isText, textToModule } from './text-module.ts';

export const texts: Plugin = {
  name: 'texts',
  setup(on) {
    on.onLoad({ filter: isText }, async ({ path }) => ({
      contents: await textToModule(path),
      loader: 'js',
    }));
  },
};

// CommonJS dependencies call require(); an ES module bundle has none until it is made.
export const requireBanner =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

export const shared = {
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
