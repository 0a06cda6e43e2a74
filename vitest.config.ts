import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { isText, textToModule } from './build/text-module.ts';

const texts = {
  name: 'texts',
  enforce: 'pre' as const,
  load: (id: string) => (isText.test(id) ? textToModule(id) : undefined),
};

type ProjectOptions = Omit<NonNullable<TestProjectInlineConfiguration['test']>, 'globalSetup'> & {
  readonly globalSetup?: string[];
};

// The projects differ in what they need: `unit` and `steps` nothing but the sources, `smoke` the built bundles,
// `upstream` a folder of manifests and recorded reviews that is not part of this repository, `differential` nginx and
// HAProxy, `cluster` a machine on which a Kubernetes can be started.
const project = (name: string, include: string[], { globalSetup = [], ...more }: ProjectOptions = {}) => ({
  plugins: [texts],
  test: {
    name,
    include,
    // For a machine that is busy with something else; a test that hangs is the only one that ever waits so long.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Commands of ours run in every project, and large reviews are judged in worker threads.
    globalSetup: ['test/support/worker.ts', ...globalSetup],
    ...more,
  },
});

export default defineConfig({
  test: {
    // Taking a cluster away waits for every process of it.
    teardownTimeout: 120_000,
    reporters: ['default', './build/summary-reporter.ts'],
    projects: [
      project(
        'unit',
        [
          'test/**/*.test.ts',
          '!test/{steps,smoke,packaging,multitool,upstream,differential,clients,cluster,operators,release,hostile,contributing}/**',
        ],
        // No file replaces a module for the others, so each worker loads the sources once.
        { isolate: false, maxWorkers: '100%' },
      ),
      // They count what V8 runs, so nothing else may run in their process.
      project('steps', ['test/steps/**/*.test.ts'], { maxWorkers: '100%' }),
      // Copies of the repository in which the lists of CONTRIBUTING.md are followed.
      project('contributing', ['test/contributing/**/*.test.ts'], { testTimeout: 600_000 }),
      project('smoke', ['test/smoke/**/*.test.ts']),
      // Microsoft's validator of SARIF, which is installed when the project runs.
      project('multitool', ['test/multitool/**/*.test.ts']),
      // What other programs do with this repository: npm, bash as GitHub and GitLab run it, pre-commit, krew.
      project('packaging', ['test/packaging/**/*.test.ts'], { testTimeout: 600_000, hookTimeout: 600_000 }),
      project('upstream', ['test/upstream/**/*.test.ts']),
      project('differential', ['test/differential/**/*.test.ts'], {
        globalSetup: ['test/differential/setup.ts'],
      }),
      project('clients', ['test/clients/**/*.test.ts'], {
        globalSetup: ['test/clients/setup.ts'],
        // Each file has processes in four languages of its own.
        maxWorkers: 2,
      }),
      project('cluster', ['test/cluster/**/*.test.ts'], {
        globalSetup: ['test/cluster/setup.ts'],
        // One cluster for all, and an outage in one file would be an outage in all.
        fileParallelism: false,
      }),
      // The cluster's hostile objects again and again, from more senders.
      project('hostile', ['test/hostile/**/*.test.ts'], {
        globalSetup: ['test/cluster/setup.ts'],
        fileParallelism: false,
      }),
      // Minutes under a stream of admissions: what a release is held to, not every change.
      project('release', ['test/release/**/*.test.ts'], {
        globalSetup: ['test/release/setup.ts'],
        fileParallelism: false,
      }),
      project('operators', ['test/operators/**/*.test.ts'], {
        globalSetup: ['test/operators/setup.ts'],
        fileParallelism: false,
      }),
    ],
  },
});
