/**
 * Families whose webhook rules, rights and policies every installation has, so that an operator that is installed after
 * Sallyport is covered too. The others are installed where the cluster serves them.
 */
const families: ReadonlySet<string> = new Set(['toolhive', 'kagent', 'kmcp', 'kelos']);

interface InFamily {
  readonly family: string;
  /** Empty for ConfigMaps, which every cluster has. */
  readonly group: string;
}

export const isAlwaysCovered = ({ family, group }: InFamily): boolean => group === '' || families.has(family);
