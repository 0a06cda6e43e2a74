/** Values that are no credential, whatever their name: filled in later, or saying something else. */

/** Something fills these in later, so nothing is written in plain text yet: `${X}`, `$(X)`, `{{ x }}`, `<your token>`. */
const marker = String.raw`(?:\$\{\{[^{}]*\}\}|\$\{[^}]*\}|\$\([^)]*\)|\{\{[^{}]*\}\}|<[^<>]*>)`;
/** One marker or a few in a row, perhaps after a scheme: `Bearer ${TOKEN}`, `${USER}:${PASSWORD}`. */
export const placeholder = new RegExp(
  String.raw`^(?:(?:bearer|basic|token|apikey)\s+(?:token=)?)?(?:${marker}(?:[:.@-]?${marker})*|\{\{.*\}\})$`,
  'i',
);

/** A variable that a shell or a program fills in, and the name of one: `$TOKEN`, `Bearer $TOKEN`, `GITHUB_TOKEN`. */
export const variable =
  /^(?:(?:[Bb]earer|[Bb]asic|[Tt]oken)\s{1,8}(?:token=)?)?(?:\$[A-Z_][A-Z0-9_]{0,100}|\$[a-z_]{2,100}|%[A-Z_][A-Z0-9_]{0,100}%|(?:[A-Z][A-Z0-9]{0,40}_){1,8}(?:TOKEN|KEY|SECRET|PASSWORD|PASS|PAT|AUTH|CREDENTIALS?))$/;

/**
 * What people write under the name of a credential that is none: a switch, the name of a method, a scheme without its
 * token, a path, a URL without user, query or fragment, a marker to replace, a reference to a secret store.
 */
export const harmlessValue = new RegExp(
  `^(?:${[
    'true|false|yes|no|on|off|none|null|nil|undefined|anonymous|disabled?|enabled?|required|optional|auto|default|inherit|passthrough|include|omit|same-origin|n/a|todo|tbd|[01]',
    String.raw`(?:basic|bearer|token|digest|negotiate):?|kerberos|ntlm|ldap|login|plain|oauth-?2?|oauth2\.0|oidc|openid|saml|jwt|m?tls|api[_-]?key|iam|sigv4|headers?|client_credentials|authorization_code`,
    String.raw`(?:~|\.{1,2}|\$\{?HOME\}?|file:/)?(?:/[a-z0-9._@-]+)+/?`,
    String.raw`(?:[a-z]:)?[a-z0-9._/\\-]{1,200}\.(?:json|pem|key|crt|txt|ya?ml|toml|p12|jks|conf|ini|env|[jt]s|py|sh)`,
    String.raw`[a-z]{2,12}://[a-z0-9.-]{1,253}(?::\d{1,5})?(?:/[a-z0-9._-]{0,24}){0,8}`,
    String.raw`(?:your|replace|insert)[_-][a-z_-]{1,60}|[*x.]{3,200}|\[?(?:redacted|hidden|masked|filtered)\]?`,
    String.raw`(?:op|vault|secret|secrets|awssm|gcpsm|azurekv|ref\+[a-z]{1,20}):(?://)?[a-z0-9 ._/#?=:+-]{1,200}`,
    // Kong writes the reference between braces.
    String.raw`\{vault://[a-z0-9 ._/#?=:+&-]{1,200}\}`,
    String.raw`env:[a-z0-9_]{1,100}|@microsoft\.keyvault\([^()]{1,300}\)|arn:aws[a-z-]{0,10}:secretsmanager:[a-z0-9:/_.+=@-]{1,200}|projects/[a-z0-9-]{1,63}/secrets/[a-z0-9_/-]{1,200}`,
  ].join('|')})$`,
  'i',
);

/** The default of a shell's variable, or of a template's value. */
const shellDefault = /\$\{(?:[A-Za-z_][A-Za-z0-9_.]{0,100}:[=-]|[A-Z_][A-Z0-9_]{0,100}-)([^}]{0,1000})\}/g;
const templateDefault = /\{\{[^{}"]{0,200}\bdefault\s{1,4}"([^"{}]{0,1000})"[^{}]{0,100}\}\}/g;

/** What the value is with its defaults filled in: `Bearer ${T:-abc}` is `Bearer abc`. */
export const withDefaults = (value: string): string =>
  value.includes('${') || value.includes('{{')
    ? value.replaceAll(shellDefault, '$1').replaceAll(templateDefault, '$1')
    : value;

/** The scheme before the token of an Authorization header. */
export const scheme = /^(?:bearer|basic|token|apikey)\s{1,8}/i;

/** Whether nothing is written in plain text yet, defaults counted as written. */
export function isPlaceholder(value: string): boolean {
  const written = withDefaults(value.trim()).trim();
  // A scheme whose token has an empty default.
  if (written === '' || (written !== value.trim() && saysSomethingElse(written.replace(scheme, ''))))
    return true;
  return placeholder.test(written) || variable.test(written);
}

/** Whether a value under a credential's name is something else than a credential. */
export const saysSomethingElse = (value: string): boolean => {
  const trimmed = value.trim();
  return trimmed.length <= longestHarmless && (harmlessValue.test(trimmed) || variable.test(trimmed));
};

/** Longer than any path or reference people write in one field. */
const longestHarmless = 2200;
