import { hasCredentialInProse, hasCredentialShape, type CredentialNames } from '../credentials/index.ts';
import { identity, sortFindings, type Finding } from '../finding.ts';
import type { Reading } from '../kinds/reader.ts';
import { lastApplied, type Text } from '../kinds/records/elsewhere.ts';
import { writtenTemplate, type McpServer } from '../model.ts';
import { Path } from '../path.ts';
import { ifNoCredential } from '../rules/if-no-credential.ts';
import { rules } from '../rules/index.ts';
import type { RuleContext } from '../rules/rule.ts';
import { runRule } from '../rules/run-rule.ts';
import { Redacted } from '../redacted.ts';
import { OverLimit } from '../work.ts';
import { overLimit } from './over-limit.ts';

/**
 * Credentials where no record of a kind looks for them: annotations, labels, prompts, descriptions, comments. People
 * write about credentials there, so the words of a text do not count: only its shape, and the parameters of its URLs.
 */

const what = 'a text holds a credential';
const why = 'everybody who can read this object, its backups and its Git history can use it';
const fix = `remove it, revoke it, and put the new one in a Secret; ${ifNoCredential}`;

/** One after the other: an object may hold more of them than are kept. */
export function* elsewhere(
  { servers, elsewhere: rest }: Reading,
  context: RuleContext,
): Generator<readonly Finding[]> {
  if (!rest) return;
  const copy = rest.lastApplied();
  const found: Finding[] = [];
  for (const one of texts(servers, rest.texts(), context.credentialNames)) {
    if (copy === 'same') found.push(one);
    yield [one];
  }
  if (copy === 'same') yield repetition([...inServers(servers, context), ...found]);
  else if (copy) yield repeated(copy, context);
}

/** What says that a text holds a credential. */
interface Sign {
  readonly isIn: (text: string) => boolean;
  /** The sign in a sentence, of the whole text and of one of its lines. */
  readonly text: string;
  readonly inLine: (line: number) => string;
}

const signsUnder = (names: CredentialNames): readonly Sign[] => [
  { isIn: hasCredentialShape, text: 'its shape', inLine: (line) => `the shape of line ${line}` },
  {
    isIn: (text) => hasCredentialInProse(text, names),
    text: 'a URL in it',
    inLine: (line) => `a URL in line ${line}`,
  },
];

function* texts(
  servers: readonly McpServer[],
  all: Iterable<Text>,
  names: CredentialNames,
): Generator<Finding> {
  const signs = signsUnder(names);
  let judged: ReadonlySet<string> | undefined;
  for (const { value, at } of all) {
    const sign = signs.find(({ isIn }) => isIn(value));
    if (!sign) continue;
    judged ??= new Set(servers.flatMap(judgedPlaces).map(keyOf));
    if (!judged.has(keyOf(at))) yield textFinding(value, at, sign);
  }
}

const keyOf = (at: Path): string => JSON.stringify(at.keys());

/** Another rule says what is wrong there, and knows the name it is written under. */
const judgedPlaces = ({ url, headers, plain }: McpServer): Path[] => [
  ...(url ? [url.at] : []),
  ...headers.flatMap(
    ({ source }) => (source.kind === 'literal' ? source.at : writtenTemplate(source)?.at) ?? [],
  ),
  ...plain.map(({ at }) => at),
];

function textFinding(value: string, at: Path, { isIn, text, inLine }: Sign): Finding {
  const lines = value.split('\n');
  const line = lines.length > 1 ? lines.findIndex(isIn) + 1 : 0;
  return {
    code: 'MCP105',
    at,
    what: `${what} (${line > 0 ? inLine(line) : text} says so)`,
    why,
    fix,
    identity: identity('MCP105', new Redacted(value).digest()),
  };
}

const place = Path.fields('metadata', 'annotations').entry(lastApplied);

const rulesOfCopies = rules.filter((rule) => rule.needs === 'object' && rule.inAppliedCopy);

/** kubectl's copy repeats what is wrong in the object, so it is reported once, as the copy that it is. */
function repeated(copy: Reading, context: RuleContext): Finding[] {
  // The steps are the review's, so the object is over the limit and not only its copy.
  if (copy.exceeded?.limit === 'steps') throw new OverLimit('steps', place);
  if (copy.exceeded) return [{ ...overLimit(copy.exceeded, copy.object), at: place }];
  return repetition([
    ...inServers(copy.servers, context),
    ...texts(copy.servers, copy.elsewhere?.texts() ?? [], context.credentialNames),
  ]);
}

/** A reference to a Secret holds no value. */
const inServers = (servers: readonly McpServer[], context: RuleContext): Finding[] =>
  servers.flatMap((server) =>
    rulesOfCopies.flatMap((rule) => runRule(rule, { ...server, env: [] }, context)),
  );

function repetition(unsorted: readonly Finding[]): Finding[] {
  const found = sortFindings(unsorted);
  const [first, ...more] = found;
  if (!first) return [];
  const others = more.length === 0 ? '' : ` and ${more.length} more`;
  return [
    {
      code: 'MCP105',
      at: place,
      what: `this copy of the object, which kubectl apply keeps, repeats ${first.code} at ${String(first.at)}${others}`,
      why: 'the credential stays readable here when it is removed from the field by other means than kubectl apply',
      fix: `correct the field and run kubectl apply again, which replaces the copy; if you do not use kubectl apply, remove the annotation ${lastApplied}`,
      identity: identity('MCP105', 'copy', ...found.map((one) => one.identity)),
      repeats: [...new Set(found.map(({ code }) => code))],
    },
  ];
}
