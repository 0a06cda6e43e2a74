/**
 * How much of one object, and of one review, Sallyport judges. An object over a limit is denied (MCP002): what is not
 * judged is not permitted. Each limit on an object is at least ten times the largest example that the supported systems
 * publish; docs/limits.md has the measured figures.
 */

interface Limit {
  readonly most: number;
  /** What is counted, as a message and docs/limits.md say it. */
  readonly what: string;
  /** The largest in the examples of the supported systems. */
  readonly largest: number;
}

export const objectLimits = {
  /** Everything that a reader may visit, so it bounds all other work. */
  values: { most: 50_000, what: 'values (fields, items and texts, without managedFields)', largest: 276 },
  /** Some functions recurse: this many levels are far from the end of a stack. */
  depth: { most: 128, what: 'levels of nesting', largest: 12 },
  /** Kubernetes allows 253 characters in a name and 317 in a key with a prefix. */
  nameLength: { most: 512, what: 'characters in one name or key', largest: 48 },
  /** What Kubernetes allows all annotations of an object together. */
  textLength: { most: 256 * 1024, what: 'characters in one text', largest: 1399 },
  /** One MCP target of agentgateway with every policy makes 13 of them. */
  servers: { most: 512, what: 'servers and endpoints', largest: 3 },
  references: { most: 256, what: 'references to Secrets and ConfigMaps', largest: 2 },
  headers: { most: 512, what: 'headers, with the keys of whole Secrets', largest: 2 },
  plainTexts: { most: 4096, what: 'arguments, variables and other plain values', largest: 4 },
  links: { most: 256, what: 'references to other resources', largest: 3 },
  /** More are counted and not kept, so that what an object makes us say does not grow with it. */
  findings: { most: 1000, what: 'problems', largest: 0 },
} as const satisfies Readonly<Record<string, Limit>>;

/** Entries of one annotation of a pod: servers, ports or containers. A pod that asks for so many is a mistake. */
export const maxAnnotationEntries = 256;

/**
 * Elementary steps of one review, over all objects it reads: a value visited, an item of a list that a rule looks at, 32
 * characters of a text, a quarter of a word of an argument. The largest example takes 399. Measured on 2026-11-29 on two
 * busy cores (load 13): 4.8 MB of text took 300,129 steps and 0.9 s, and 250 headers from missing Secrets 10,569 steps and 0.2 s.
 */
export const maxStepsPerReview = 1_000_000;

/**
 * Questions that one review may ask the API server: for each of 256 references its content and who may use it, eight about
 * the namespace, and the same for what an update had before.
 */
export const maxLookupsPerReview = 1024;

/** What one review asks the API server for at the same time: a quarter of the connections, so that others get theirs. */
export const maxLookupsAtOnce = 8;

/** A person reads no more of one answer; the rest is counted. */
export const maxFindingsShown = 100;
/** All findings shown in one answer. The API server stores none of it, but logs and audit events carry it. */
export const maxMessageCharacters = 64 * 1024;
/** One clause of a finding: place, problem, reason or fix. Names in it are at most 512 characters long. */
export const maxClauseCharacters = 1024;
