/**
 * How much of one object, and of one review, Sallyport judges. An object over a limit is denied (MCP002): what is not
 * judged is not permitted. Each limit on an object is at least ten times the largest example that the supported systems
 * publish; docs/limits.md has the measured figures.
 */

export interface Limit {
  readonly most: number;
  /** What is counted, as a message and docs/limits.md say it. */
  readonly what: string;
  /** The largest in the examples of the supported systems. */
  readonly largest: number;
}

export const objectLimits = {
  values: { most: 50_000, what: 'values (fields, items and texts, without managedFields)', largest: 219 },
  depth: { most: 128, what: 'levels of nesting', largest: 12 },
  nameLength: { most: 512, what: 'characters in one name or key', largest: 48 },
  textLength: { most: 256 * 1024, what: 'characters in one text', largest: 1399 },
  servers: { most: 256, what: 'servers and endpoints', largest: 3 },
  references: { most: 256, what: 'references to Secrets and ConfigMaps', largest: 2 },
  headers: { most: 512, what: 'headers', largest: 2 },
  plainTexts: { most: 4096, what: 'arguments, variables and other plain values', largest: 4 },
  links: { most: 256, what: 'references to other resources', largest: 3 },
} as const satisfies Readonly<Record<string, Limit>>;

/**
 * Questions that one review may ask the API server: for each of 256 references its content and who may use it, two about
 * the namespace, and the same for what an update had before.
 */
export const maxLookupsPerReview = 1024;

/** What one review asks the API server for at the same time: a quarter of the connections, so that others get theirs. */
export const maxLookupsAtOnce = 8;
