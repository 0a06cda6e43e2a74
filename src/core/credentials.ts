/**
 * Does something written in plain text look like a credential? The answer says which of two reasons it was, the
 * name or the shape of the value; the value itself never leaves this file.
 */
type CredentialReason = 'name' | 'shape';

/** Names a team adds to or takes from ours: configuration `credentials.headers`. */
export interface CredentialNames {
  readonly sensitive: readonly string[];
  readonly harmless: readonly string[];
}

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** One word that says "what follows is secret". Joined spellings are here because names are split at `-`, `_` and `.` only. */
export const sensitiveWords = words(`
  authorization cookie password passwd pwd passphrase passcode secret secrets credential credentials
  token jwt bearer pat apikey apitoken apisecret accesskey accesstoken authkey authtoken clientsecret idtoken
  privatekey refreshtoken secretkey securitytoken sessiontoken sharedkey subscriptionkey
`);
/** `key` alone is harmless (`X-Cache-Key`); one of these before it makes it a credential. */
export const keyCompany = words(`
  access account admin api app application auth authentication encryption function functions insert license
  master private rapidapi secret shared signing storage subscription
`);
/** A sensitive word followed by one of these is spoken about, not given (`X-Token-Type`, `X-Secret-Name`). */
export const aboutWords = words(`
  algorithm audience bucket budget class consent count enabled endpoint expires expiry file format header id
  issuer length lifetime limit location manager method methods mode name namespace path per policy prefix
  protection provider ref required rotation scanning scheme scope scopes source store ttl type types uri url
  usage validation version window
`);
/** And so is one that follows one of these (`X-Max-Token`, `Access-Control-Allow-Credentials`, `X-Page-Token`). */
export const flagWords = words('allow continuation disable enable ignore max min page require skip');
/** Known headers that carry a credential without saying so. */
export const exactNames = words('auth authentication x-auth x-authentication fastly-key x-honeycomb-team');

const listed = (names: readonly string[], lower: string): boolean =>
  names.some((name) => name.toLowerCase() === lower);

/** Matches on whole parts between `-`, `_` and `.`, so that `X-Max-Tokens` and `X-Auth-Mode` are harmless. */
function hasSensitiveName(name: string, extra: CredentialNames): boolean {
  const lower = name.toLowerCase();
  if (listed(extra.harmless, lower)) return false;
  if (listed(extra.sensitive, lower) || exactNames.has(lower)) return true;
  const parts = lower.split(/[-_.]/).filter((part) => part !== '');
  return parts.some((part, i) => {
    const before = parts[i - 1] ?? '';
    if (aboutWords.has(parts[i + 1] ?? '') || flagWords.has(before)) return false;
    return sensitiveWords.has(part) || (part === 'key' && keyCompany.has(before));
  });
}

/** Issuers' own prefixes, published so that scanners can find them; at least 20 letters or digits follow. */
const plainPrefixes = words(`
  ghp_ gho_ ghu_ ghs_ ghr_
  npm_ hf_ gsk_ r8_ lin_api_ lin_oauth_ secret_ ntn_
  sk- sk_live_ sk_test_ rk_live_ rk_test_ whsec_ sk_
  dop_v1_ doo_v1_ dor_v1_ dapi shpat_ shpca_ shppa_ shpss_
  figo_ nfp_ napi_ sbp_ sntrys_ sntryu_ rubygems_ dp.pt. dp.st. tgp_v1_ fw_ apify_api_ e2b_
  pplx- xai- csk- fc- key- pul- LTAI
`);
/** The same, where hyphens and underscores may follow too. */
const mixedPrefixes = words(`
  github_pat_ glpat- gldt- glrt- glcbt- glptt- glft- glsoat- gloas-
  sk-ant- sk-proj- sk-svcacct- sk-admin- sk-or- sk-lf- sk-live- sk-test-
  xoxa- xoxb- xoxe- xoxp- xoxr- xoxs- xoxe.xoxb- xoxe.xoxp- xapp-
  AIza ya29. GOCSPX- pypi- hvs. hvb. hvr. ATATT3 ATCTT3 ATBB figd_ glsa_ glc_ tvly- PMAK-
  sq0atp- sq0csp- dckr_pat_ dckr_oat_ pscale_tkn_ pscale_pw_ sb_secret_ pcsk_ lsv2_pt_ lsv2_sk_
  NRAK- HRKU- CFPAT- xkeysib- pat-na1- pat-eu1- sha256~ ctx7sk- fm2_ bedrock-api-key- sk.eyJ
  ops_eyJ
`);

const anyOf = (prefixes: ReadonlySet<string>): string =>
  [...prefixes].map((prefix) => prefix.replaceAll('.', '\\.')).join('|');

/**
 * Shapes that only credentials have. A repetition that something must follow has an upper bound, or may begin only
 * where its own characters do not stand before it, so that the cost stays in proportion to the value's length.
 *
 * The first list is written in what JavaScript and RE2 have in common, without looking ahead or behind: the API server
 * searches for the same shapes (floor/).
 */
export const commonShapes: readonly RegExp[] = [
  new RegExp(`(?:^|[^A-Za-z0-9])(?:${anyOf(plainPrefixes)})[A-Za-z0-9]{20}`),
  new RegExp(`(?:^|[^A-Za-z0-9])(?:${anyOf(mixedPrefixes)})[A-Za-z0-9_-]{20}`),
  // JSON Web Tokens.
  /(?:^|[^A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8}/,
  // Keys in PEM, and age's.
  /-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----/,
  /\bAGE-SECRET-KEY-1[A-Z0-9]{20}/,
  // AWS key ids.
  /\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b/,
  // `password=...` inside a longer text, such as a connection string.
  /\b(?:password|passwd|pwd|client_secret|secret_access_key|accountkey|sharedaccesskey)\s?=\s?["']?[^\s"'/$<{;&][^\s"';&]{7}/i,
  /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/?#@:]{0,200}:[^\s/?#@$<{][^\s/?#@]{0,200}@/i,
];

const rareShapes: readonly RegExp[] = [
  // Schemes of the Authorization header, wherever it is written.
  /^(?:authorization:\s*)?bearer[\s:]+(?![$<{])(?!auth(?:entication|orization)$)\S{8}/i,
  /^(?:authorization:\s*)?(?:Basic|basic|BASIC)\s+(?=\S{1,200}[A-Z0-9])[A-Za-z0-9+/_-]{6,}={0,2}$/,
  /^(?:token|apikey|api-key|negotiate|ntlm|flyv1)\s+(?![$<{])(?=\S{0,200}\d)\S{12}/i,
  /^(?:token\s+token=|digest\s+username=|aws4-hmac-sha256\s+credential=)["']?[^\s"'$<{]/i,
  // AWS: session tokens, presigned URLs.
  /\b(?:IQoJb3JpZ2lu|FwoGZXIvYXdz|ABSK)[A-Za-z0-9+/=_-]{40}/,
  /\bX-Amz-Signature=[0-9a-f]{40}/i,
  // Google refresh tokens.
  /(?<![A-Za-z0-9])1\/\/0[A-Za-z0-9_-]{30}/,
  // Azure: client secrets, account keys, shared access signatures, DevOps tokens.
  /(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{31}/,
  /\b[A-Za-z0-9]{52}JQQJ9[A-Za-z0-9]{20}/,
  /\bsig=[A-Za-z0-9%+/_-]{40}/,
  // Airtable, Asana, ClickUp, Discord, Dynatrace, Grafana (old), Mailchimp, Resend, SendGrid, Slack and Discord
  // webhooks, Square, Telegram, Terraform, Twilio, Vault (old).
  /\bpat[A-Za-z0-9]{14}\.[a-f0-9]{32}/,
  /\b1\/\d{16}(?:\/\d{16})?:[a-f0-9]{32}/,
  /\bpk_\d{5,12}_[A-Z0-9]{32}/,
  /\b[MNO][A-Za-z0-9_-]{23,25}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27}/,
  /\bdt0[a-z]\d\d\.[A-Z0-9]{24}\.[A-Z0-9]{32}/,
  /\beyJrIjoi[A-Za-z0-9]{20}/,
  /\b[a-f0-9]{32}-us\d{1,2}\b/,
  /\bre_[A-Za-z0-9]{6,12}_[A-Za-z0-9]{16}/,
  /\bSG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16}/,
  /\bhooks\.slack\.com\/(?:services|workflows)\/[A-Za-z0-9]/,
  /\bdiscord(?:app)?\.com\/api\/webhooks\/\d/,
  /\bEAAA[A-Za-z0-9_-]{60}(?![A-Za-z0-9_-])/,
  /\b\d{8,10}:AA[A-Za-z0-9_-]{33}/,
  /\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{40}/,
  /\bSK[0-9a-f]{32}\b/,
  /^s\.[A-Za-z0-9]{24}$/,
];

const shapes = [...commonShapes, ...rareShapes];

/** Something fills these in later, so nothing is written in plain text yet: `${X}`, `$(X)`, `{{ x }}`, `<your token>`. */
const marker = String.raw`(?:\$\{[^}]*\}|\$\([^)]*\)|\{\{[^{}]*\}\}|<[^<>]*>)`;
/** One marker or a few in a row, perhaps after a scheme: `Bearer ${TOKEN}`, `${USER}:${PASSWORD}`. */
export const placeholder = new RegExp(
  `^(?:(?:bearer|basic|token|apikey)\\s+(?:token=)?)?(?:${marker}(?:[:.@-]?${marker})*|\\{\\{.*\\}\\})$`,
  'i',
);

export const isPlaceholder = (value: string): boolean => placeholder.test(value.trim());

/** No shape fits in less (`ab://:x@`), and most plain headers are shorter: `acme`, `eu-1`, `true`. */
export const shortestShape = 8;

export function hasCredentialShape(value: string): boolean {
  const trimmed = value.trim();
  if (trimmed.length < shortestShape) return false;
  return shapes.some((shape) => shape.test(trimmed));
}

/** A header of this name carries a credential, whatever its value. */
export const isSensitiveName = (name: string, extra: CredentialNames): boolean =>
  hasSensitiveName(name, extra);

/** `--api-key=x`, `--token x`, `Authorization: Bearer x`: a name and a value in one argument. */
const argument = /^\s*(?:--?)?([A-Za-z][A-Za-z0-9_.-]{1,60})(?:\s*[=:]\s*|\s+)(\S[^]*)$/;

/** The name in an argument that gives a credential its value, as `mcp-remote --header "Authorization: ..."` does. */
export function argumentCredential(text: string, extra: CredentialNames): string | undefined {
  const [, name = '', value = ''] = argument.exec(text) ?? [];
  const flag = /^\s*--?/.test(text) || /^[A-Za-z0-9-]+\s*:/.test(text);
  if (!flag || name === '' || isPlaceholder(value) || value.trim() === '') return undefined;
  return hasSensitiveName(name.replace(/^-+/, ''), extra) ? name : undefined;
}

export function credentialReason(
  name: string,
  value: string,
  extra: CredentialNames,
): CredentialReason | undefined {
  if (value.trim() === '' || listed(extra.harmless, name.toLowerCase())) return undefined;
  // The shape comes first, because a placeholder may hold a default: `${TOKEN:-...}`.
  const shape = hasCredentialShape(value);
  if (!shape && isPlaceholder(value)) return undefined;
  if (hasSensitiveName(name, extra)) return 'name';
  return shape ? 'shape' : undefined;
}

/** Query parameters that carry a credential more often than not. */
export const sensitiveParameters = words('key sig signature auth code sas');

/** The names of a URL's query parameters that look like credentials. */
export function credentialParameters(url: URL, extra: CredentialNames): string[] {
  return [...url.searchParams]
    .filter(([name, value]) => {
      const reason = credentialReason(name, value, extra);
      if (reason !== undefined) return true;
      const lower = name.toLowerCase();
      if (value.trim() === '' || isPlaceholder(value) || listed(extra.harmless, lower)) return false;
      return sensitiveParameters.has(lower);
    })
    .map(([name]) => name);
}
