import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Source {
  /** Relative to the repository, with forward slashes. */
  readonly file: string;
  readonly text: string;
  /** Files of the repository, or names of packages and built-in modules. */
  readonly imports: readonly string[];
}

const statements = [
  /^\s*(?:import|export)\s[^'"]*?from\s+['"]([^'"]+)['"]/gm,
  /^\s*import\s+['"]([^'"]+)['"]/gm,
  /\bimport\(\s*['"]([^'"]+)['"]/g,
];

function read(folder: string): Source[] {
  const names = readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' });
  return names
    .map((name) => path.posix.join(folder, name.replaceAll('\\', '/')))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .map((file) => {
      const text = readFileSync(path.join(root, file), 'utf8');
      const found = statements.flatMap((pattern) => [...text.matchAll(pattern)].map(([, name = '']) => name));
      const imports = found.map((name) =>
        name.startsWith('.') ? path.posix.join(path.posix.dirname(file), name) : name,
      );
      return { file, text, imports };
    });
}

const sources = read('src');
const tests = read('test');
const below = (...folders: string[]) =>
  sources.filter(({ file }) => folders.some((folder) => file.startsWith(folder)));
const isPackage = (name: string) => !/^(?:src|docs|manifests)\/|^package\.json$/.test(name);

/** `file imports name` for each import that is not allowed. */
const offences = (among: readonly Source[], allowed: (name: string, file: string) => boolean): string[] =>
  among.flatMap(({ file, imports }) =>
    imports.filter((name) => !allowed(name, file)).map((name) => `${file} imports ${name}`),
  );

/** Files whose code, without comments, matches. */
const filesWith = (pattern: RegExp, among: readonly Source[] = sources): string[] =>
  among
    .filter(({ text }) => pattern.test(text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')))
    .map(({ file }) => file);

const entries = [
  'src/cli.ts',
  'src/config-step/main.ts',
  'src/demo/main.ts',
  'src/proxy/check.ts',
  'src/proxy/main.ts',
  'src/worker/main.ts',
];

describe('the way things depend on each other', () => {
  it('is read from the sources', () => {
    expect(sources.length).toBeGreaterThan(80);
    expect(sources.flatMap(({ imports }) => imports).length).toBeGreaterThan(250);
    for (const { file, imports } of [...sources, ...tests])
      for (const name of imports.filter((one) => one.startsWith('src/') && one.endsWith('.ts')))
        expect([file, sources.some((one) => one.file === name)]).toEqual([file, true]);
  });

  it('core is pure: values in, values out', () => {
    const packages = new Set(['node:crypto', 'node:util', 'zod']);
    expect(
      offences(
        below('src/core/'),
        (name, file) =>
          name.startsWith('src/core/') ||
          packages.has(name) ||
          (name === 'fast-json-patch' && file === 'src/core/inject/apply.ts') ||
          (name === 'yaml' && ['src/core/kinds/document.ts', 'src/core/text-document.ts'].includes(file)),
      ),
    ).toEqual([]);
    expect(
      filesWith(
        /\b(?:process|console|fetch|setTimeout|setInterval|Date\.now|Math\.random)\b[.(]/,
        below('src/core/'),
      ),
    ).toEqual([]);
  });

  it('the proxy needs node, itself and the contract', () => {
    const contract = new Set([
      'src/core/addresses.ts',
      'src/core/contracts/contract-checks.ts',
      'src/core/egress-proxy.ts',
      'src/core/contracts/proxy-contract.ts',
      'src/core/printable.ts',
      'src/core/header-names.ts',
      'src/core/header-value.ts',
      'src/core/url.ts',
    ]);
    expect(
      offences(
        below('src/proxy/'),
        (name) =>
          ['node:', 'src/proxy/', 'src/net/'].some((start) => name.startsWith(start)) || contract.has(name),
      ),
    ).toEqual([]);
    expect(offences(below('src/net/'), (name) => name.startsWith('node:'))).toEqual([]);
    expect(offences(below(...contract), (name) => contract.has(name))).toEqual([]);
  });

  it('the step that rewrites a configuration needs node, itself and its contract', () => {
    const shared = new Set(
      [
        'contracts/config-step-contract',
        'contracts/contract-checks',
        'contracts/proxy-contract',
        'limits',
        'path',
        'printable',
        'text-document',
        'url',
      ].map((name) => `src/core/${name}.ts`),
    );
    expect(
      offences(
        below('src/config-step/'),
        (name) => name.startsWith('node:') || name.startsWith('src/config-step/') || shared.has(name),
      ),
    ).toEqual([]);
    expect(
      offences(below(...shared), (name) => shared.has(name) || ['node:util', 'yaml'].includes(name)),
    ).toEqual([]);
  });

  it.each([
    [
      '@kubernetes/client-node',
      [
        'doctor-client',
        'event-writer',
        'inventory',
        'keep-alive',
        'kube-cluster',
        'live-workloads',
        'lookups',
        'own-objects',
        'pod-feed',
        'proxy-calls',
        'raw',
        'reachable',
        'read',
        'resource-versions',
      ].map((name) => `src/kube/${name}.ts`),
    ],
    ['selfsigned', ['src/certs/issue.ts']],
    ['pino', ['src/telemetry/log.ts']],
    [
      'prom-client',
      ['certificate-controller-metrics', 'metrics', 'watch-metrics'].map(
        (name) => `src/telemetry/${name}.ts`,
      ),
    ],
    ['commander', ['src/commands/program.ts', 'src/commands/values.ts']],
    ['express', ['src/server/probes.ts']],
    ['picocolors', ['src/terminal/style.ts']],
    ['wrap-ansi', ['src/terminal/style.ts']],
    ['fast-json-patch', ['src/core/inject/apply.ts']],
  ])('%s has one importer', (name, importers) => {
    expect(sources.filter(({ imports }) => imports.includes(name)).map(({ file }) => file)).toEqual(
      importers,
    );
  });

  it('nothing imports the entry files', () => {
    expect(offences(sources, (name) => !entries.includes(name))).toEqual([]);
  });

  it('has no cycles', () => {
    const graph = new Map(sources.map(({ file, imports }) => [file, imports]));
    const done = new Set<string>();
    const visit = (file: string, trail: readonly string[]): string[] => {
      if (trail.includes(file)) return [[...trail.slice(trail.indexOf(file)), file].join(' -> ')];
      if (done.has(file)) return [];
      const cycles = (graph.get(file) ?? []).flatMap((next) => visit(next, [...trail, file]));
      done.add(file);
      return cycles;
    };
    expect([...graph.keys()].flatMap((file) => visit(file, []))).toEqual([]);
  });
});

describe('what stays in few places', () => {
  it.each([
    ['process.exit', /\bprocess\.exit\(/],
    ['process.argv', /\bprocess\.argv\b/],
    ['process.env', /\bprocess\.env\b/],
  ])('%s is in entry files only', (_what, pattern) => {
    expect(filesWith(pattern).filter((file) => !entries.includes(file))).toEqual([]);
  });

  it('a sealed value is opened by these files and no other', () => {
    expect(filesWith(/\.reveal\(\)/).toSorted()).toEqual([
      'src/core/inject/headers.ts',
      'src/core/rules/inline-credential.ts',
      'src/core/rules/literal-unusable.ts',
      'src/core/rules/opaque-value.ts',
      'src/core/rules/plain-credential.ts',
      'src/core/rules/url-credential.ts',
      'src/core/server-url.ts',
    ]);
  });

  it('Secret values are read in src/facts and, for its own volumes, the demo', () => {
    expect(filesWith(/\bvaluesOf\(/).toSorted()).toEqual([
      'src/facts/observe.ts',
      'src/files/file-index.ts',
      'src/kube/kube-cluster.ts',
      'src/kubelet/container.ts',
    ]);
  });

  it('results are told apart by their kind, and not by the fields they have', () => {
    expect(filesWith(/'(?:problems?|findings|reason|refusal|fault|dial|url)' in /)).toEqual([]);
  });

  it('every error class sets its name', () => {
    const nameless = sources.flatMap(({ file, text }) =>
      [...text.matchAll(/class (\w+) extends Error\b[^{]*\{\s*(.*)/g)]
        .filter(([, name, first]) => first !== `override readonly name = '${name}';`)
        .map(([, name]) => `${file}: ${name}`),
    );
    expect(nameless).toEqual([]);
  });

  it('files stay short', () => {
    expect(sources.filter(({ text }) => text.split('\n').length > 350).map(({ file }) => file)).toEqual([]);
  });

  it('tests replace no module', () => {
    expect(filesWith(/\bvi\.(?:do)?[mM]ock\(/, tests)).toEqual([]);
  });

  it('at most 14 packages are bundled, each pinned and with its reason in ADR 0001', () => {
    const { devDependencies } = manifest();
    expect(bundledPackages.length).toBeLessThanOrEqual(14);
    expect(
      bundledPackages.filter(
        (name) => !/^\d+\.\d+\.\d+$/.test(devDependencies[name] ?? 'not in package.json'),
      ),
    ).toEqual([]);
    const decision = readFileSync(path.join(root, 'docs/adr/0001-dependencies.md'), 'utf8');
    expect(bundledPackages.filter((name) => !decision.includes(`\n| \`${name}\``))).toEqual([]);
  });

  it('users install no package beside ours: bundled packages are devDependencies (ADR 0029)', () => {
    expect(manifest().dependencies ?? {}).toEqual({});
  });
});

/** The packages that the program imports. The demo, which no user gets, may import others. */
const bundledPackages = [
  ...new Set(
    sources
      .filter(({ file }) => !file.startsWith('src/demo/'))
      .flatMap(({ imports }) => imports)
      .filter((name) => isPackage(name) && !name.startsWith('node:'))
      .flatMap((name) => /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? []),
  ),
];

function manifest() {
  return JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    readonly dependencies?: Readonly<Record<string, string>>;
    readonly devDependencies: Readonly<Record<string, string>>;
  };
}
