import { sample, stringMatching } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { convert, toJavaScript } from '../../build/gitleaks-rules.ts';
import { credentialReason, hasCredentialShape } from '../../src/core/credentials/index.ts';
import gitleaksDocument from '../../src/core/credentials/gitleaks.yaml';
import ownDocument from '../../src/core/credentials/shapes.yaml';

interface Rule {
  readonly id: string;
  readonly pattern: string;
  readonly flags?: string;
  readonly entropy?: number;
}
const gitleaks = gitleaksDocument as {
  readonly license: string;
  readonly version: string;
  readonly rules: readonly (Rule & { readonly keywords: readonly string[] })[];
  readonly named: readonly (Rule & { readonly name: string })[];
  readonly leftOut: Readonly<Record<string, string>>;
};
const own = ownDocument as { readonly rules: readonly (Rule & { readonly keywords: readonly string[] })[] };

/** Texts that an expression matches; what it says of a text's surroundings is left out. */
function samplesOf(pattern: string, flags: string | undefined, count: number): string[] {
  const alone = pattern
    .replaceAll(/\(\?[=!](?:[^()[\]]|\[[^\]]*\]|\([^()]*\))*\)/g, '')
    .replaceAll(String.raw`\b`, '')
    .replaceAll('(?:^|', '(?:');
  return sample(stringMatching(new RegExp(alone)), { numRuns: count, seed: 20261129 }).map((text) =>
    flags === 'i' ? text.toLowerCase() : text,
  );
}

describe('the rules of gitleaks, converted', () => {
  const toml = (rule: string) =>
    `title = "x"\n\n[allowlist]\nregexes = ['''^true$''']\n\n[[rules]]\n${rule}\n`;
  const context = String.raw`(?i)[\w.-]{0,50}?(?:acme)(?:[ \t\w.-]{0,20})[\s'"]{0,3}(?:=|>|:{1,3}=|\|\||:|=>|\?=|,)[\x60'"\s=]{0,5}`;
  const terminator = String.raw`(?:[\x60'"\s;]|\\[nr]|$)`;

  it('keep prefix, keywords, entropy and the allow list that is about the secret', () => {
    const rule = [
      `id = "acme-token"`,
      String.raw`regex = '''\b(acme_(?i)[a-z0-9]{32})${terminator}'''`,
      'entropy = 3',
      'keywords = ["ACME_"]',
      '[[rules.allowlists]]',
      `regexes = ['''.+EXAMPLE$''', '''acme_0123456789''']`,
      '[[rules.allowlists]]',
      'regexTarget = "line"',
      `regexes = ['''whatever$''']`,
    ].join('\n');
    expect(convert(toml(rule)).rules).toEqual([
      {
        id: 'acme-token',
        keywords: ['acme_'],
        pattern: String.raw`\b(acme_[a-z0-9A-Z]{32})(?![A-Za-z0-9])`,
        entropy: 3,
        allow: ['.{1,201}EXAMPLE$'],
      },
    ]);
  });

  it('look for the issuer in the name where gitleaks looks for it before the value', () => {
    const rule = `id = "acme-key"\nregex = '''${context}([a-z0-9]{32})${terminator}'''\nkeywords = [\n    "acme",\n]`;
    expect(convert(toml(rule))).toEqual({
      rules: [],
      named: [{ id: 'acme-key', name: '(?:acme)', pattern: '([a-z0-9]{32})', flags: 'i' }],
      leftOut: {},
    });
  });

  it('leave out what looks for files and what is public', () => {
    const files = `id = "acme-file"\nregex = '''a'''\npath = '''\\.tf$'''\nkeywords = ["a"]`;
    const id = `id = "acme-client-id"\nregex = '''${context}([a-z0-9]{32})${terminator}'''\nkeywords = ["acme"]`;
    expect(convert(`${toml(files)}\n[[rules]]\n${id}`)).toEqual({
      rules: [],
      named: [],
      leftOut: { 'acme-file': 'it looks for files', 'acme-client-id': 'an id is no credential' },
    });
  });

  it.each([
    ['a(?i)b[c-d_]', 'a[Bb][c-d_C-D]'],
    ['(?:x(?i)y)z', '(?:x[Yy])z'],
    ['(?i:a(?-i:b))c', '(?:[Aa](?:b))c'],
    [String.raw`(?P<one>[[:alnum:]]+)\z`, '(?:[A-Za-z0-9]{1,201})$'],
    [String.raw`\x60{20,}[\s\S-]*`, String.raw`${'`'}{20,220}[\s\S-]{0,200}`],
  ])('%s in JavaScript is %s', (re2, javaScript) => {
    expect(toJavaScript(re2)).toBe(javaScript);
  });

  it('come with their licence, their version, and every rule or the reason why not', () => {
    expect(gitleaks.license).toContain('Permission is hereby granted');
    expect(gitleaks.version).toMatch(/^[0-9a-f]{40}$/);
    expect(gitleaks.rules.length + gitleaks.named.length).toBeGreaterThan(180);
    for (const why of Object.values(gitleaks.leftOut)) expect(why.length).toBeGreaterThan(10);
  });
});

describe('a shape in the data', () => {
  const all = [...gitleaks.rules, ...own.rules];

  /** Their keyword is the name of the issuer, beside the token in a text. */
  const beside = new Set(['airtable-personnal-access-token', 'facebook-access-token']);
  /** Their dots stand for any character. */
  const dotted = new Set(['sidekiq-sensitive-url', 'slack-config-access-token', 'slack-webhook-url']);

  it.each(all.filter(({ id }) => !beside.has(id) && !dotted.has(id)).map((rule) => [rule.id, rule] as const))(
    '%s has a keyword in all that it finds',
    (_, rule) => {
      const regex = new RegExp(rule.pattern, rule.flags);
      const found = samplesOf(rule.pattern, rule.flags, 30).flatMap((text) => {
        const [match] = regex.exec(text) ?? [];
        return match === undefined ? [] : [match.toLowerCase()];
      });
      for (const text of found)
        expect(
          rule.keywords.some((keyword) => keyword === keyword.toLowerCase() && text.includes(keyword)),
        ).toBe(true);
    },
  );

  it.each(
    gitleaks.rules
      .filter(({ id }) => !beside.has(id) && id !== 'slack-webhook-url')
      .map((rule) => [rule.id, rule] as const),
  )('%s is found in a value', (_, rule) => {
    expect(samplesOf(rule.pattern, rule.flags, 100).some(hasCredentialShape)).toBe(true);
  });

  it.each(gitleaks.named.map((rule) => [rule.id, rule] as const))(
    '%s is found under the name of its issuer',
    (_, rule) => {
      const [name = ''] = samplesOf(`^(?:${rule.name})$`, 'i', 1);
      const values = samplesOf(`^(?:${rule.pattern})$`, undefined, 500);
      const names = { sensitive: [], harmless: [] };
      expect(values.some((value) => credentialReason(name, value, names) !== undefined)).toBe(true);
    },
  );

  it.each(all.map((rule) => [rule.id, rule] as const))(
    '%s has no repetition without an end',
    (_, { id, pattern }) => {
      const outsideClasses = pattern.replaceAll(/\\./g, 'a').replaceAll(/\[[^\]]*\]/g, 'a');
      // It may begin only where no character of the repetition is before it.
      if (id === 'json-web-token') expect(pattern.startsWith('(?:^|[^A-Za-z0-9_-])')).toBe(true);
      else expect(outsideClasses).not.toMatch(/[*+]|\{\d+,\}/);
    },
  );

  it.each(all.map((rule) => [rule.id, rule] as const))(
    '%s is searched for in 256 KiB without delay',
    (_, rule) => {
      const [found = ''] = samplesOf(rule.pattern, rule.flags, 1);
      const huge = (text: string) => text.repeat(Math.ceil((256 * 1024) / text.length));
      for (const text of [...rule.keywords, found.slice(0, Math.ceil(found.length / 2)) || 'a'])
        expect(typeof hasCredentialShape(huge(text))).toBe('boolean');
    },
  );
});
