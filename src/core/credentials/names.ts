/** Names that say what their value is: of a header, a variable, a flag, a query parameter or a field. */

/** Names a team adds to or takes from ours: configuration `credentials.headers`. */
export interface CredentialNames {
  readonly sensitive: readonly string[];
  readonly harmless: readonly string[];
}

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** One word that says "what follows is secret". Joined spellings are here because the API server splits no camelCase. */
export const sensitiveWords = words(`
  authorization cookie password passwords passwd pwd passphrase passcode secret secrets credential credentials
  token jwt bearer pat apikey apikeys apitoken apisecret accesskey accesstoken authkey authtoken clientsecret idtoken
  privatekey refreshtoken secretkey securitytoken sessiontoken sharedkey subscriptionkey pass psk mnemonic
`);
/** `key` alone is ambiguous (`X-Cache-Key`); one of these before it makes it a credential. */
export const keyCompany = words(`
  access account admin api app application auth authentication bot client consumer deploy encryption function functions
  hmac host insert integration license machine master private rapidapi role secret server service session shared
  signing ssh ssl storage subscription tls user webhook
`);
/** Issuers whose keys carry their names: `OPENAI_KEY`, `X-Brave-Key`. Read by the webhook and the CLI alone. */
const keyIssuers = words(`
  abuseipdb ahrefs airtable alchemy algolia anthropic appwrite apify apollo asana assemblyai attio aws axiom azure baseten
  bing brave brevo brightdata browserbase browserless buildkite cerebras chroma circleci clerk clickhouse clickup
  cloudflare cloudinary cohere composio confluence contentful context7 coda coingecko cosmos courier cursor databricks
  datadog dashscope deepgram deepl deepseek digitalocean discord docker doppler dropbox e2b elastic elasticsearch
  elevenlabs etherscan exa fal figma finnhub firecrawl fireworks fly freshdesk gemini ghost github gitlab gong
  google grafana groq heroku helicone honeycomb hubspot huggingface hunter hyperbrowser infura intercom jina jira
  kagi klaviyo kraken langfuse langsmith launchdarkly linear linkup llama logfire luma mailchimp mailgun make
  mapbox maps meilisearch mem0 minimax miro mistral mixpanel modal monday mongodb moonshot n8n nebius neon netlify
  newrelic ngrok notion novita nvidia okta openai openrouter openweather openweathermap pagerduty paypal perplexity
  pinecone pipedream plaid polygon postgres postgrest posthog postman postmark qdrant qwen railway redis render
  replicate resend runpod runway salesforce scrapingbee segment sendgrid sentry serpapi serper shodan shopify
  slack smithery snowflake snyk stability stripe supabase tailscale tavily telegram together todoist trello turso
  twilio twitch twitter typeform typesense unsplash upstash vault vercel virustotal voyage weather weaviate
  workos xai youtube zapier zendesk zep zhipu
`);
/** A sensitive word followed by one of these is spoken about, not given (`X-Token-Type`, `X-Secret-Name`). */
export const aboutWords = words(`
  alg algorithm arn audience backend bucket budget cache class cmd command claim claims consent count dir directory domain domains duration
  enabled encoding endpoint engine env expiration expires expiry field file filename format grant header headers
  helper host id ids interval issuer kind label length level lifetime limit limits location manager method methods min
  mode mount name namespace path paths per plugin policy port prefix protection provider provisioner ratio ref
  reference region required retries rotation scanning scheme scope scopes selector server source state status
  stdin store strategy streaming suffix through timeout ttl type types uri url urls usage validation var version
  window
`);
/** And so is one that follows one of these (`X-Max-Token`, `Access-Control-Allow-Credentials`, `X-Page-Token`). */
export const flagWords = words(
  'allow allowed continuation cursor disable enable has ignore is max next no page previous require skip use with without',
);
/** Known headers that carry a credential without saying so. */
export const exactNames = words('auth authentication x-auth x-authentication fastly-key x-honeycomb-team');

/** `auth` after one of these is the credential itself (`BASIC_AUTH`, `PROXY_AUTH`). */
const authCompany = words(
  'basic bearer http proxy redis registry upstream x mcp api digest npm docker config rediscli',
);
/** `tokens` alone are counted (`max_tokens`); after one of these they are given. */
const tokensCompany = words('access api auth bearer bot refresh service');
const phraseCompany = words('seed recovery secret pass backup');
/** Endings of one joined word: `PGPASSWORD`, `githubtoken`, `hooksecret`. */
const endings = [
  'password',
  'passwd',
  'passphrase',
  'token',
  'secret',
  'apikey',
  'accesskey',
  'secretkey',
  'privatekey',
  'pwd',
];

/** `pass` ends other words as well (`bypass`, `compass`), so these are spelled out. */
const joinedPass = words(
  'dbpass pgpass mysqlpass sqlpass mongopass redispass smtppass mailpass ldappass userpass adminpass rootpass sshpass',
);

/** Words that may be the name of a credential, and of much else: only what looks random under them is reported. */
const ambiguousWords = words(
  'api auth authn cert cred creds dsn hmac key keys nonce otp pin pw salt sas seed sig signature signing sk pk tokens webhook hook sid session',
);
/** After one of these a key says where something is, not who may have it. */
const lookupKeyCompany = words(
  'cache dedup dedupe deduplication foreign group hash idempotency index join lock locale lookup message object partition primary public publishable range routing row shard sort translation trace unique correlation',
);

const listed = (names: readonly string[], lower: string): boolean =>
  names.some((name) => name.toLowerCase() === lower);

const split = (lower: string): string[] => lower.split(/[-_.]/).filter((part) => part !== '');

/** `secretAccessKey`, `XAPIKey` and `OAuth2Token` in words; digits at the end of a word say nothing. */
export function wordsOf(name: string): string[] {
  return name.split(/[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/).flatMap((part) => {
    const word = part.toLowerCase();
    const end = word.search(/\d{1,9}$/);
    const bare = end > 0 && !keyIssuers.has(word) ? word.slice(0, end) : word;
    return bare === '' ? [] : [bare];
  });
}

const isAbout = (parts: readonly string[], i: number): boolean =>
  aboutWords.has(parts[i + 1] ?? '') || flagWords.has(parts[i - 1] ?? '');

/** `secret-key-id` and `secretKeyRef` describe the key, and the word before it as well. */
const isAboutKey = (parts: readonly string[], i: number): boolean =>
  parts[i + 1] === 'key' && keyCompany.has(parts[i] ?? '') && aboutWords.has(parts[i + 2] ?? '');

/** What the API server reads too (floor/): whole parts between `-`, `_` and `.`, in any case. */
const isSensitiveInParts = (parts: readonly string[]): boolean =>
  parts.some(
    (part, i) =>
      !isAbout(parts, i) &&
      !isAboutKey(parts, i) &&
      (sensitiveWords.has(part) || (part === 'key' && keyCompany.has(parts[i - 1] ?? ''))),
  );

/** `PGPASSWORD`, but not `maxtoken`. */
const hasEnding = (word: string): boolean =>
  endings.some(
    (ending) => word.endsWith(ending) && word !== ending && !flagWords.has(word.slice(0, -ending.length)),
  );

/** A part of every sensitive word: names without one, which are most, need not be taken apart. */
const stem = /pass|pwd|psk|secret|token|auth|cookie|cred|jwt|bearer|pat|key|mnemonic|phrase/;

const isSensitiveInWords = (parts: readonly string[]): boolean =>
  parts.some((part, i) => {
    if (isAbout(parts, i) || isAboutKey(parts, i)) return false;
    const before = parts[i - 1] ?? '';
    return (
      sensitiveWords.has(part) ||
      hasEnding(part) ||
      joinedPass.has(part) ||
      (part === 'phrase' && phraseCompany.has(before)) ||
      ((part === 'key' || part === 'keys') && (keyCompany.has(before) || keyIssuers.has(before))) ||
      (part === 'auth' && i === parts.length - 1 && authCompany.has(before)) ||
      (part === 'tokens' && tokensCompany.has(before)) ||
      (part === 'creds' && i === parts.length - 1)
    );
  });

export const isListedHarmless = (name: string, extra: CredentialNames): boolean =>
  listed(extra.harmless, name.toLowerCase());

/** A header of this name carries a credential, whatever its value. */
export function isSensitiveName(name: string, extra: CredentialNames): boolean {
  const lower = name.toLowerCase();
  if (listed(extra.harmless, lower)) return false;
  if (listed(extra.sensitive, lower) || exactNames.has(lower)) return true;
  if (!stem.test(lower)) return false;
  // In parts as well, so that the webhook reports all that the API server refuses without it.
  return isSensitiveInParts(split(lower)) || isSensitiveInWords(wordsOf(name));
}

/** A name that credentials have, and other things too (`X-Acme-Key`, `SESSION`). */
export function isAmbiguousName(name: string, extra: CredentialNames): boolean {
  if (isListedHarmless(name, extra)) return false;
  const parts = wordsOf(name);
  return parts.some(
    (part, i) => ambiguousWords.has(part) && !isAbout(parts, i) && !lookupKeyCompany.has(parts[i - 1] ?? ''),
  );
}

/** Whether a name's last word says that its value only describes something: an id, a URL, a mode. */
export const isDescription = (name: string): boolean => aboutWords.has(wordsOf(name).at(-1) ?? '');

/** Query parameters that carry a credential more often than not. */
export const sensitiveParameters = words('key sig signature auth code sas');
