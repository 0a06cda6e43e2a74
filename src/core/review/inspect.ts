import type { Code } from '../codes.ts';
import type { Configuration } from '../configuration.ts';
import type { CredentialNames } from '../credentials/index.ts';
import { factOf, type AccessFacts, type Facts, type LinkFacts } from '../facts.ts';
import { identity, sortFindings, type Finding } from '../finding.ts';
import type { Mismatch } from '../kinds/path/evaluate.ts';
import type { Reading } from '../kinds/reader.ts';
import { objectKey, type Ineffective, type McpServer, type ObjectLink } from '../model.ts';
import { objectLimits } from '../limits.ts';
import { nearest, suggestion } from '../nearest.ts';
import { Path } from '../path.ts';
import { shownName } from '../printable.ts';
import { rules, type KnownRule } from '../rules/index.ts';
import { runRule } from '../rules/run-rule.ts';
import type { TokenPolicy } from '../service-account-token.ts';
import { OverLimit } from '../work.ts';
import { elsewhere } from './elsewhere.ts';
import { optedIn } from './mode.ts';
import { resourceNames } from './object-names.ts';
import { clausesOf, overLimit } from './over-limit.ts';
import { sentThrough } from './sent-through.ts';

interface Inspection {
  readonly facts: Facts;
  readonly links: LinkFacts;
  readonly access: AccessFacts;
  readonly now: number;
  readonly credentialNames: CredentialNames;
  readonly tokenPolicy: TokenPolicy;
  /** Of the rules that are off until a setting names them: those that run. */
  readonly optedIn?: ReadonlySet<Code>;
  /** Only the rules that need this. */
  readonly with?: KnownRule['needs'];
}

const linked = (which: 'target' | 'destination') =>
  rules.filter((rule) => rule.needs === 'facts' && rule.throughLinks === which);
const rulesOfTargets = linked('target');
const rulesOfDestinations = linked('destination');

type InspectionSettings = Required<Pick<Inspection, 'credentialNames' | 'tokenPolicy' | 'optedIn'>>;

/** Reviews are many and configurations few. */
const settingsKnown = new WeakMap<Configuration, InspectionSettings>();

/** What the configuration says about an inspection. */
export function inspectionSettings(configuration: Configuration): InspectionSettings {
  const before = settingsKnown.get(configuration);
  if (before) return before;
  const settings = {
    credentialNames: configuration.credentials.headers,
    tokenPolicy: {
      allowed: configuration.credentials.serviceAccountTokens,
      apiServerAudiences: configuration.credentials.apiServerAudiences,
    },
    optedIn: optedIn(configuration),
  };
  settingsKnown.set(configuration, settings);
  return settings;
}

/** Everything that is wrong with one custom resource, sorted by place; of one over a limit, that alone. */
export function inspect(reading: Reading, inspection: Inspection): Finding[] {
  if (reading.exceeded) return [overLimit(reading.exceeded, reading.object)];
  try {
    return sortFindings(firstOf(judged(reading, inspection), reading.object));
  } catch (error) {
    if (error instanceof OverLimit) return [overLimit(error, reading.object)];
    throw error;
  }
}

function* judged(reading: Reading, inspection: Inspection): Generator<readonly Finding[]> {
  const chosen = chosenRules(inspection);
  yield reading.mismatches.map((mismatch) => wrongType(mismatch, reading.manual));
  yield reading.ineffective.map(withoutEffect);
  if (inspection.with !== 'facts') {
    // A ConfigMap that describes a server has names of ours too. A part of a reading is no object.
    if (reading.object !== undefined) yield resourceNames(reading.object);
    yield* elsewhere(reading, inspection);
  }
  let headers = 0;
  for (const server of reading.servers) {
    headers += headerCount(server, inspection.facts);
    if (headers > objectLimits.headers.most) throw new OverLimit('headers', server.at);
    for (const rule of chosen) yield runRule(rule, server, inspection);
    if (inspection.with === 'object') continue;
    for (const link of server.links) yield throughLink(server, link, inspection);
    yield replacedByMerge(server, inspection);
  }
}

type Chosen = Partial<Record<KnownRule['needs'] | 'all', readonly KnownRule[]>>;

const noneOptedIn: ReadonlySet<Code> = new Set();
const chosenBefore = new WeakMap<ReadonlySet<Code>, Chosen>();

function chosenRules(inspection: Inspection): readonly KnownRule[] {
  const { optedIn = noneOptedIn, with: needed } = inspection;
  const known = chosenBefore.get(optedIn) ?? {};
  chosenBefore.set(optedIn, known);
  return (known[needed ?? 'all'] ??= rules.filter(
    (rule) => runs(rule, inspection) && (needed === undefined || rule.needs === needed),
  ));
}

/** A rule that a setting switches on costs nothing, and adds nothing to what is counted, without that setting. */
const runs = ({ code, modeSetting }: KnownRule, { optedIn }: Inspection): boolean =>
  modeSetting === undefined || optedIn?.has(code) === true;

/** The keys of whole Secrets are headers too, and were not known when the object was read. */
const headerCount = ({ headers, headerSecrets }: McpServer, facts: Facts): number =>
  headerSecrets.reduce((count, { source }) => {
    const fact = factOf(facts, source);
    return count + (fact.state === 'present' ? fact.keys.size : 0);
  }, headers.length);

/** As many findings as are kept, and one more that says so when there are others. */
function firstOf(found: Iterable<readonly Finding[]>, object: unknown): Finding[] {
  const { most } = objectLimits.findings;
  const kept: Finding[] = [];
  let count = 0;
  for (const some of found) {
    count += some.length;
    kept.push(...some.slice(0, most - kept.length));
  }
  if (count <= most) return kept;
  const excess = overLimit({ limit: 'findings', at: Path.root }, object);
  return [...kept, { ...excess, what: `${excess.what}: it has ${count}` }];
}

function wrongType(mismatch: Mismatch, manual: string): Finding {
  const { at, expected } = mismatch;
  return {
    code: 'MCP001',
    at: mismatch.misspelt?.at ?? at,
    why: 'what is written here cannot be read, so nothing about it was checked',
    ...problemOf(mismatch, manual),
    identity: identity('MCP001', String(at), expected),
  };
}

function problemOf(
  { expected, misspelt, unknownField }: Mismatch,
  manual: string,
): Pick<Finding, 'what' | 'fix'> {
  if (misspelt)
    return {
      what: `this entry must be ${expected}${suggestion(misspelt.meant)}`,
      fix: `rename ${misspelt.at.toString()} to ${misspelt.meant}`,
    };
  if (!unknownField) return { what: `this must be ${expected}`, fix: `write it as ${manual}` };
  const { name, known } = unknownField;
  const meant = nearest(name, known);
  return meant === undefined
    ? {
        what: `unknown field ${shownName(name)}; known fields: ${known.join(', ')}`,
        fix: 'remove it, or rename it to one of them',
      }
    : {
        what: `unknown field ${shownName(name)}${suggestion(meant)}`,
        fix: `rename it to ${meant}`,
      };
}

function withoutEffect({ at, server, what, why, fix }: Ineffective): Finding {
  return {
    code: 'MCP305',
    at,
    what: what ?? 'this setting has no effect',
    why,
    fix,
    identity: identity('MCP305', server, String(at.keys().at(-1))),
  };
}

/**
 * What is wrong with an object that this one names: its Secrets, and its settings that do nothing here. Said at the
 * place that names it, because that is where it was written just now; what can be told from that object alone was
 * said when it was applied. What does nothing here needs no Secret here either.
 */
function throughLink(server: McpServer, link: ObjectLink, inspection: Inspection): Finding[] {
  const { target, at, useless } = link;
  const fact = inspection.links.get(objectKey(target));
  if (fact?.state !== 'present') return [];
  const name = `${target.kind} ${target.namespace}/${target.name}`;
  const same = (code: string, ...parts: string[]) => identity(code, server.name, objectKey(target), ...parts);
  const { exceeded } = fact.reading;
  if (exceeded) {
    const clauses = clausesOf(exceeded);
    return [{ ...clauses, at, what: `${name} is named here, and ${clauses.what}`, identity: same('MCP002') }];
  }
  const idle = useless
    .filter(({ applies }) => applies(fact.object))
    .map(({ why, fix }) => ({
      code: 'MCP305' as const,
      at,
      what: `${name} has no effect here`,
      why,
      fix,
      identity: same('MCP305'),
    }));
  if (idle.length > 0) return idle;
  const ofTheNamed = fact.reading.servers.flatMap((one) =>
    rulesOfTargets.flatMap((rule) => (runs(rule, inspection) ? runRule(rule, one, inspection) : [])),
  );
  const sentHere = sentThrough(server, link, inspection.links).flatMap((one) =>
    rulesOfDestinations.flatMap((rule) => (runs(rule, inspection) ? runRule(rule, one, inspection) : [])),
  );
  return [...ofTheNamed, ...sentHere].map((finding) => ({
    ...finding,
    at,
    what: `${name} is named here, and ${finding.what}`,
    identity: same(finding.code, finding.identity),
  }));
}

/** Where lists are merged, a server that an earlier object has under the same name is replaced as a whole, and nobody is told. */
function replacedByMerge(server: McpServer, { links }: Inspection): Finding[] {
  const first = new Map<string, ObjectLink>();
  return server.links.flatMap((link) => {
    const fact = link.merged ? links.get(objectKey(link.target)) : undefined;
    if (fact?.state !== 'present') return [];
    const names = new Set(
      fact.reading.servers.flatMap(({ listed, role, name }) => (listed && role === 'server' ? [name] : [])),
    );
    return [...names].flatMap((name): Finding[] => {
      const earlier = first.get(name);
      first.set(name, link);
      if (!earlier || objectKey(earlier.target) === objectKey(link.target)) return [];
      return [
        {
          code: 'MCP305',
          at: link.at,
          what: `server ${name} of ${earlier.target.kind} ${earlier.target.name} has no effect here`,
          why: `${link.target.name} comes later and has one of the same name, which replaces it with its URL and its credentials`,
          fix: 'give one of the two another name, or name only one of the objects here',
          identity: identity('MCP305', server.name, objectKey(earlier.target), objectKey(link.target), name),
        },
      ];
    });
  });
}
