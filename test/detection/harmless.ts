import type { Case, Written } from './attempts.ts';
import { Random } from './random.ts';

const lines = (text: string): string[] => text.trim().split(/\s*\n\s*/);
const pairs = (text: string): (readonly [string, string])[] =>
  lines(text).map((line) => {
    const colon = line.indexOf(': ');
    return colon < 0 ? [line.replace(/:$/, ''), ''] : [line.slice(0, colon), line.slice(colon + 2)];
  });

/** What people write beside credentials: values that must pass, from the same documentation. */
export function harmless(seed: number): Case[] {
  const r = new Random(seed);
  const list = (category: string, written: readonly (readonly [string, Written])[]): Case[] =>
    written.map(([label, one]) => ({ category, label, written: one }));
  return [
    ...list(
      'harmless header',
      pairs(headers(r)).map((pair) => [pair.join(': '), { header: pair }]),
    ),
    ...list(
      'harmless variable',
      pairs(variables(r)).map((pair) => [pair.join('='), { variable: pair }]),
    ),
    ...list(
      'harmless arguments',
      lines(argumentLists).map((line) => [line, { args: line.split(' | ') }]),
    ),
    ...list(
      'harmless URL',
      lines(urls(r)).map((url) => [url, { url }]),
    ),
    ...list(
      'harmless prompt',
      lines(prompts(r)).map((prompt) => [prompt, { prompt }]),
    ),
  ];
}

const headers = (r: Random): string => `
  X-Max-Tokens: 4096
  X-Token-Count: 17
  X-Token-Type: bearer
  X-Token-Budget: 100000
  X-Token-Streaming: on
  X-Token-Endpoint: https://login.example.com/oauth/token
  X-Page-Token: CAUQAA
  X-Next-Page-Token: 200
  X-Continuation-Token: 200
  X-Tokenizer: cl100k_base
  X-Auth-Mode: oauth
  X-Auth-Type: none
  X-Auth: none
  X-Auth-Scheme: Bearer
  Authorization: Bearer
  X-Auth-Scopes: repo read:org
  X-Auth-Note: Bearer authentication
  X-Authorization-Mode: rbac
  X-Require-Authorization: true
  X-Author: jane.doe
  X-Secret-Name: github-pat
  X-Secret-Ref: tools/github
  X-Secret-Scanning: true
  X-Secret-Key-Ref: github/token
  X-Password-Policy: strict
  X-Cookie-Consent: granted
  X-Credential-Provider: vault
  X-Credentials-Mode: same-origin
  Access-Control-Allow-Credentials: true
  X-JWT-Issuer: https://login.example.com/
  X-JWT-Audience: mcp
  X-Api-Key-Id: prod-7
  X-Api-Key-Name: team-blue
  X-Api-Key-Header: X-Acme
  X-Api-Key: \${ACME_API_KEY}
  X-Api-Key: {{ .Values.apiKey }}
  X-Api-Key: <your-api-key>
  X-Api-Key: YOUR_API_KEY
  X-Api-Key: $API_KEY
  X-Api-Version: 2026-11-01
  X-Cache-Key: tenant-456/tools
  X-Idempotency-Key: ${r.uuid()}
  X-Partition-Key: customer-77
  X-Routing-Key: orders.created
  X-Sort-Key: created_at
  X-Primary-Key: id
  X-Public-Key-Pins: max-age=0
  X-Keyboard: de
  X-Monkey: capuchin
  X-Keystone: api
  X-Passenger: 2
  X-Compass: north
  X-Bypass-Cache: true
  X-Tenant-ID: tenant-456
  X-Workspace-Id: wrk_${r.base32(26)}
  X-Organization-Id: org-${r.mixed(24)}
  X-Project-Id: proj_${r.mixed(24)}
  X-Assistant-Id: asst_${r.mixed(24)}
  X-Session-Affinity: sticky
  X-Session-Id: ${r.uuid()}
  Mcp-Session-Id: ${r.uuid()}
  X-MCP-Toolsets: repos,issues,pull_requests,secret_protection
  X-MCP-Tools: get_me,create_or_update_file,list_secret_scanning_alerts
  X-MCP-Readonly: true
  X-Feature-Flags: new-search,dark-mode=off,task-planner-v2
  X-Flag-Set: sk-learn-pipeline-two
  X-Locale: sk-SK
  X-Skill: risk-assessment-and-desk-research-2026
  X-Rollout: npm_config_registry_mirror_enabled
  X-Env: hf_hub_download_timeout_seconds_60
  X-Policy: secret_scanning_non_provider_patterns
  X-Tier: basic subscription
  X-Plan: Basic Subscription
  X-Limiter: token bucket with refill every 10 seconds
  X-Scheme: Bearer token
  X-Help: send the bearer token in the Authorization header
  Accept: application/json, text/event-stream
  Accept-Language: de-CH,de;q=0.9,en;q=0.5
  Accept-Encoding: gzip, deflate, br
  Content-Type: application/json; charset=utf-8
  Cache-Control: no-cache, no-store, max-age=0
  If-None-Match: W/"${r.hex(40)}"
  X-Request-Id: ${r.uuid()}
  X-Correlation-ID: ${r.hex(32)}
  traceparent: 00-${r.hex(32)}-${r.hex(16)}-01
  X-B3-TraceId: ${r.hex(32)}
  X-Datadog-Trace-Id: ${r.digits(19)}
  X-Cloud-Trace-Context: ${r.hex(32)}/${r.digits(19)};o=1
  X-Amzn-Trace-Id: Root=1-${r.hex(8)}-${r.hex(24)}
  X-Trace: ${r.mixed(88)}==
  X-Span: ${Buffer.from('span 4711 of the nightly import into the warehouse').toString('base64')}
  X-Note: ${Buffer.from('nothing to hide in here, just words').toString('base64')}
  Digest: SHA-256=${r.mixed(43)}=
  X-Content-Sha256: ${r.hex(64)}
  X-Image: registry.example.com/mcp/github@sha256:${r.hex(64)}
  X-Git-Commit: ${r.hex(40)}
  X-Ulid: ${r.base32(26)}
  User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0
  X-Client: kagent/0.9.12 (go1.25; linux/amd64)
  X-Callback: https://example.com:8443/hooks?tenant=456&lang=en
  X-Upstream: postgres://db.example.com:5432/tools
  X-Mail: jane.doe@example.com
  X-Contact: mailto:ops@example.com
  X-Build: 2026-11-20T12:00:00Z
  X-Cluster: prod-eu-west-1-blue-2026
  X-Pod: search-7d9f8c6b5d-x2k4q
  X-Node: ip-10-0-12-34.eu-west-1.compute.internal
  X-Arn: arn:aws:iam::${r.digits(12)}:role/mcp-tools
  X-Account: ${r.digits(12)}
  X-Anthropic-Beta: mcp-client-2026-04-04,token-counting-2024-11-01
  OpenAI-Organization: org-example
  X-GitHub-Api-Version: 2022-11-28
  Notion-Version: 2022-06-28
  X-Goog-User-Project: my-project-123456
  X-Auth-Email: ops@example.com
  X-Jwt-Claims: sub,email,groups
  X-Bearer-Methods: header
  X-Model: claude-sonnet-4-5-20250929
  X-Model: gpt-4o-mini-2024-07-18
  X-Embedding: text-embedding-3-large
  X-Cookie-Policy: lax
`;

const variables = (r: Random): string => `
  USE_TOKEN: true
  AUTH: none
  AUTH_MODE: oauth2
  AUTH_TYPE: basic
  MCP_AUTH: oauth
  ENABLE_AUTH: false
  REQUIRE_AUTH: true
  DISABLE_AUTH: 1
  AUTH_ENABLED: true
  GOOGLE_APPLICATION_CREDENTIALS: /var/run/secrets/gcp/key.json
  AWS_SHARED_CREDENTIALS_FILE: /home/app/.aws/credentials
  AWS_WEB_IDENTITY_TOKEN_FILE: /var/run/secrets/eks.amazonaws.com/serviceaccount/token
  AWS_REGION: eu-west-1
  AWS_DEFAULT_REGION: us-east-1
  AWS_ROLE_ARN: arn:aws:iam::${r.digits(12)}:role/mcp
  AWS_PROFILE: default
  AZURE_TENANT_ID: ${r.uuid()}
  AZURE_CLIENT_ID: ${r.uuid()}
  AZURE_SUBSCRIPTION_ID: ${r.uuid()}
  GITHUB_CLIENT_ID: Iv1.${r.hex(16)}
  GITHUB_APP_ID: 123456
  GITHUB_HOST: https://github.example.com
  GITHUB_TOOLSETS: repos,issues,pull_requests
  GITHUB_TOKEN: $GITHUB_TOKEN
  GITHUB_TOKEN: \${GITHUB_TOKEN}
  GITHUB_TOKEN: $(GITHUB_TOKEN)
  GITHUB_TOKEN: \${GITHUB_TOKEN:-}
  GITHUB_TOKEN:
  GITHUB_TOKEN_FILE: /etc/github/token
  TOKEN_FILE: /var/run/token
  TOKEN_PATH: ./token.json
  TOKEN_URL: https://login.example.com/oauth/token
  TOKEN_ENDPOINT: https://login.example.com/token
  TOKEN_TTL: 3600
  TOKEN_LIMIT: 8192
  MAX_TOKENS: 4096
  MAX_TOKEN_COUNT: 4096
  MAX_OUTPUT_TOKENS: 8192
  TOKENIZERS_PARALLELISM: false
  TOKENIZER: cl100k_base
  TOKEN_CACHE_DIR: /tmp/tokens
  PASSWORD_FILE: /run/secrets/db-password
  POSTGRES_PASSWORD_FILE: /run/secrets/postgres
  PGPASSFILE: /home/app/.pgpass
  PASSWORD_MIN_LENGTH: 12
  SECRET_NAME: github
  SECRET_NAMESPACE: tools
  SECRETS_MANAGER: vault
  SECRET_PROVIDER: aws
  SECRET_ARN: arn:aws:secretsmanager:eu-west-1:${r.digits(12)}:secret:tools/github-AbCdEf
  API_KEY_HEADER: X-Api-Key
  API_KEY_NAME: team-blue
  API_KEY_ENV: OPENAI_API_KEY
  API_KEY_VARIABLE_NAME: OPENAI_API_KEY
  OPENAI_API_KEY: op://tools/openai/key
  OPENAI_API_KEY: vault:secret/data/openai#key
  OPENAI_API_BASE: https://api.openai.com/v1
  OPENAI_BASE_URL: https://llm.example.com/v1
  OPENAI_MODEL: gpt-4o-mini
  ANTHROPIC_MODEL: claude-sonnet-4-5-20250929
  COOKIE_SECURE: true
  COOKIE_DOMAIN: example.com
  SESSION_COOKIE_NAME: sid
  SESSION_TIMEOUT: 3600
  JWT_ALGORITHM: RS256
  JWT_ISSUER: https://login.example.com/
  JWT_AUDIENCE: mcp
  JWKS_URI: https://login.example.com/.well-known/jwks.json
  OAUTH_SCOPES: repo read:org
  OAUTH_REDIRECT_URI: https://app.example.com/callback
  OIDC_ISSUER: https://login.example.com/realms/tools
  KEYCLOAK_URL: https://keycloak.example.com
  KEY_PREFIX: mcp:
  CACHE_KEY: tools-v2
  CACHE_KEY_PREFIX: mcp
  PRIMARY_KEY: id
  SORT_KEY: created_at
  SSH_KEY_PATH: /home/app/.ssh/id_ed25519
  SSH_AUTH_SOCK: /run/ssh-agent.sock
  TLS_KEY: /etc/tls/tls.key
  TLS_CERT: /etc/tls/tls.crt
  SSL_CERT_FILE: /etc/ssl/certs/ca.pem
  NODE_EXTRA_CA_CERTS: /etc/ssl/certs/ca.pem
  DATABASE_URL: postgres://db.example.com:5432/tools
  REDIS_URL: redis://redis.tools.svc:6379/0
  MONGODB_URI: mongodb://mongo.tools.svc:27017/tools
  AMQP_URL: amqp://rabbit.tools.svc:5672
  HTTP_PROXY: http://proxy.example.com:3128
  NO_PROXY: localhost,127.0.0.1,.svc,.cluster.local
  LOG_LEVEL: info
  LOG_FORMAT: json
  PORT: 8080
  NODE_ENV: production
  NODE_OPTIONS: --max-old-space-size=512
  PYTHONUNBUFFERED: 1
  PATH: /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  HOME: /home/app
  TZ: Europe/Zurich
  LANG: en_US.UTF-8
  IMAGE: registry.example.com/mcp/search:1.4.2
  IMAGE_DIGEST: sha256:${r.hex(64)}
  GIT_COMMIT: ${r.hex(40)}
  BUILD_ID: 20261129.4
  SENTRY_ENVIRONMENT: production
  SENTRY_RELEASE: search@1.4.2
  OTEL_EXPORTER_OTLP_ENDPOINT: http://otel-collector.monitoring:4317
  OTEL_RESOURCE_ATTRIBUTES: service.name=search,k8s.namespace.name=tools
  DD_SERVICE: search
  DD_ENV: prod
  SLACK_TEAM_ID: T${r.upper(8)}
  SLACK_CHANNEL_IDS: C${r.upper(8)},C${r.upper(8)}
  NOTION_VERSION: 2022-06-28
  NOTION_DATABASE_ID: ${r.hex(32)}
  JIRA_URL: https://example.atlassian.net
  JIRA_USERNAME: jane.doe@example.com
  CONFLUENCE_SPACES_FILTER: DEV,OPS
  READ_ONLY_MODE: true
  ENABLED_TOOLS: jira_search,jira_get_issue
  PASS_THROUGH: true
  BYPASS_CACHE: false
  COMPASS_URL: https://compass.example.com
`;

/** One list of arguments a line, its arguments between bars. */
const argumentLists = `
  --token=$TOKEN
  --token | $TOKEN
  --token | \${TOKEN}
  --token=\${TOKEN}
  --token=$(TOKEN)
  --token | $(GITHUB_TOKEN)
  --token-file=/var/run/token
  --token-file | /var/run/token
  --token-endpoint | https://login.example.com/token
  --max-tokens=4096
  --max-tokens | 4096
  --max-token | 4096
  --api-key-file | /etc/keys/api
  --api-key-env | OPENAI_API_KEY
  --api-key | OPENAI_API_KEY
  --api-key | \${OPENAI_API_KEY}
  --api-key=<your-key>
  --password-stdin
  --password-file=/run/secrets/password
  --password | $DB_PASSWORD
  --auth | none
  --auth=none
  --auth | oauth
  --auth-type | basic
  --auth-mode=token
  --no-auth
  --require-auth | true
  --enable-auth=false
  --secret-name | github
  --secret | op://vault/item/field
  --tls-key | /etc/tls/tls.key
  --tls-cert | /etc/tls/tls.crt
  --key | /etc/tls/tls.key
  --key-file=/etc/tls/tls.key
  --cert-key=/etc/tls/tls.key
  --cookie-domain | example.com
  --jwt-algorithm | RS256
  --jwks-url | https://login.example.com/.well-known/jwks.json
  --header | Authorization: Bearer \${TOKEN}
  --header | Authorization: \${AUTH_HEADER}
  --header | Authorization:\${AUTH_HEADER}
  --header=Authorization: Bearer $TOKEN
  --header | X-Api-Key: $(API_KEY)
  --header | Content-Type: application/json
  --header | Accept: text/event-stream
  --header | X-Tenant: acme
  -H | Accept: application/json
  -e | GITHUB_TOKEN
  -e | GITHUB_TOKEN=$GITHUB_TOKEN
  -e | LOG_LEVEL=debug
  -e | TOKEN_FILE=/run/token
  run | -i | --rm | -e | GITHUB_PERSONAL_ACCESS_TOKEN | ghcr.io/github/github-mcp-server
  run | --user | 1000:1000 | mcp/server
  run | --user | node:node | mcp/server
  -u | root:root
  -p | 8080:8080
  -p | 8080
  -k | 10
  -t | search:1.4.2
  -a | 0.0.0.0
  -y | @modelcontextprotocol/server-github
  -y | mcp-remote | https://mcp.example.com/sse
  -y | supergateway | --stdio | npx -y @modelcontextprotocol/server-filesystem /data
  -y | @upstash/context7-mcp@latest
  -m | mcp_server_fetch
  server.js | --port=8080 | --host=0.0.0.0
  --port | 8080
  --host | 0.0.0.0
  --transport | streamable-http
  --log-level=debug
  --config | /etc/search/config.yaml
  --toolsets | repos,issues,pull_requests
  --read-only
  --model | claude-sonnet-4-5-20250929
  --image=registry.example.com/mcp/search@sha256:0f1e2d3c4b5a69780f1e2d3c4b5a69780f1e2d3c4b5a69780f1e2d3c4b5a6978
  --trace-id | 0f1e2d3c4b5a69780f1e2d3c4b5a6978
  --database-url | postgres://db.example.com:5432/tools
  --redis | redis://redis.tools.svc:6379
  --url | https://mcp.example.com/mcp?lang=en-US&page=2
  --url=https://mcp.example.com/oauth/token
  https://mcp.example.com/authorization
  -c | exec node server.js --port 8080
  -c | export LOG_LEVEL=debug && exec node server.js
  -c | export TOKEN=$(cat /run/secrets/token) && exec node server.js
  -c | TOKEN="$(cat /run/token)" npx -y server
  -c | until nc -z db 5432; do sleep 1; done; exec server
  -c | curl -H "Authorization: Bearer $TOKEN" https://api.example.com
  -c | curl -u "$USER:$PASSWORD" https://api.example.com
  -c | if [ -z "$API_KEY" ]; then echo "API_KEY is required"; exit 1; fi
  -c | echo "token: $TOKEN" > /tmp/config
  -c | mkdir -p /data && chown -R 1000:1000 /data
  -c | python -m http.server 8000
  Answer questions about tokens, passwords and secrets without ever showing one
  token of the day
  run the secret santa script
  secret-santa:1.2
  access-token-service:2.0.1
`;

const urls = (r: Random): string => `
  https://mcp.example.com
  https://mcp.example.com/
  https://mcp.example.com/mcp
  https://mcp.example.com/sse
  https://mcp.example.com:8443/mcp/
  https://api.githubcopilot.com/mcp/
  https://api.githubcopilot.com/mcp/x/repos/readonly
  https://mcp.notion.com/mcp
  https://mcp.linear.app/sse
  https://mcp.atlassian.com/v1/sse
  https://mcp.sentry.dev/mcp/acme/search
  https://mcp.stripe.com
  https://mcp.paypal.com/sse
  https://mcp.asana.com/sse
  https://mcp.deepwiki.com/mcp
  https://mcp.context7.com/mcp
  https://mcp.exa.ai/mcp
  https://mcp.zapier.com/
  https://zapier.com/mcp
  https://mcp.composio.dev/
  https://hooks.example.com/notify
  https://learn.microsoft.com/api/mcp
  https://huggingface.co/mcp
  https://gitmcp.io/modelcontextprotocol/typescript-sdk
  https://server.smithery.ai/@upstash/context7-mcp/mcp
  https://n8n.example.com/mcp
  https://n8n.example.com/webhook/orders
  https://mcp.example.com/mcp?code=en-US
  https://mcp.example.com/mcp?key=eu
  https://mcp.example.com/mcp?key=created_at
  https://mcp.example.com/mcp?lang=en&toolsets=repos&page=2
  https://mcp.example.com/mcp?max_tokens=4096
  https://mcp.example.com/mcp?token_type=bearer
  https://mcp.example.com/mcp?token=
  https://mcp.example.com/mcp?token=\${TOKEN}
  https://mcp.example.com/mcp?api_key=\${API_KEY}
  https://mcp.example.com/mcp?auth=none
  https://mcp.example.com/mcp?auth=oauth
  https://mcp.example.com/mcp?sort_key=name
  https://mcp.example.com/mcp?cache_key=v2
  https://mcp.example.com/mcp?tenant=${r.uuid()}
  https://mcp.example.com/mcp?session=none
  https://mcp.example.com/mcp?features=docs,account
  https://mcp.example.com/mcp?read_only=true&project_ref=${r.lower(20)}
  https://mcp.example.com/tenants/${r.uuid()}/mcp
  https://mcp.example.com/orgs/acme/teams/blue/mcp
  https://mcp.example.com/v1/projects/my-project-123456/locations/eu-west1/mcp
  https://mcp.example.com/authorize
  https://mcp.example.com/oauth/token
  https://mcp.example.com/secrets/mcp
  https://mcp.example.com/password-reset/mcp
  https://mcp.example.com/docs#authentication
  https://mcp.example.com/docs#get-an-api-key
  https://mcp-search-7d9f8c.tools.example.com/mcp
  https://eu-west-1.console.aws.example.com/mcp
  https://search.tools.svc.cluster.local:8080/mcp
  https://a1b2c3d4.eu.ngrok.example.com/mcp
  https://mcp.example.com/2026-11-01/tools
  https://mcp.example.com/sk-learn/mcp
  https://mcp.example.com/models/claude-sonnet-4-5-20250929/mcp
`;

/** One prompt a line: people show how a URL is written, and link to pages. */
const prompts = (r: Random): string => `
  Call https://mcp.example.com/mcp?api_key=YOUR_KEY.
  Call https://mcp.example.com/mcp?api_key=YOUR_API_KEY_HERE, then answer.
  Call https://mcp.example.com/mcp?api_key=<your key>.
  Call https://mcp.example.com/mcp?token=\${TOKEN}, and never print it.
  Call https://mcp.example.com/mcp?token=$TOKEN.
  Call https://mcp.example.com/mcp?token={token} (see the docs).
  Call https://mcp.example.com/mcp?token={{token}}.
  Call https://mcp.example.com/mcp?token=[token].
  Call https://mcp.example.com/mcp?token=:token.
  Call https://mcp.example.com/mcp?token=... with the token of the user.
  Call https://mcp.example.com/mcp?token=xxxxxxxxxxxxxxxxxxxx.
  Call https://mcp.example.com/mcp?token=abc123 in the example.
  Call https://mcp.example.com/mcp?token=example-token-1.
  Call https://mcp.example.com/mcp?token=replace-with-your-token-2.
  Call https://mcp.example.com/mcp?api_key=my-api-key-goes-here-1.
  Never send https://mcp.example.com/mcp?password=hunter2 to anybody.
  Sort with https://mcp.example.com/items?key=created_at&page=2.
  Open https://app.example.com/callback?code=en-US&state=1.
  See [the wiki](https://wiki.example.com/pages?id=${r.hex(32)}&v=2).
  See https://docs.example.com/page?session_id=${r.uuid()}.
  See https://git.example.com/acme/app/commit/${r.hex(40)}?diff=split.
  See https://docs.example.com/d/${r.mixed(44)}/edit#gid=0.
  See https://video.example.com/watch?v=${r.mixed(11)}&t=42s.
  See https://shop.example.com/?utm_source=news&utm_id=${r.mixed(24)}.
  See https://images.example.com/a.png?w=640&etag=${r.hex(32)}.
  Put the token into ?token= of https://mcp.example.com/mcp.
  Ask for ?api_key=... on https://mcp.example.com, as its page says.
  Max tokens: https://mcp.example.com/mcp?max_tokens=4096&token_type=bearer.
  Report to https://api.example.com/v1/projects/my-project-123456/items?tenant=${r.uuid()}.
  The sort key is in https://api.example.com/items?sort_key=name&cache_key=v2-${r.hex(12)}.
`;
