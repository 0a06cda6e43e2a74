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
