/** Endings of `sallyport why` that only a cluster shows. */
export const clusterEndings = [
  'not-installed',
  'exempt',
  'not-ready',
  'never-asked',
  'outdated',
  'waiting',
  'runs',
] as const;

/** Endings that need an API server, and none of a cluster's other programs: test/commands/why-cluster.test.ts. */
export const apiEndings = ['altered', 'calls-fail'] as const;
