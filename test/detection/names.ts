/** Names that people give to credentials: from the documentation of MCP servers, of issuers and of clients. */
export const headerNames = `
  Authorization authorization X-Authorization Proxy-Authorization X-Forwarded-Authorization Cookie X-Auth X-Auth-Key
  X-Auth-Token X-Access-Token X-Api-Key x-api-key X-API-KEY api-key Api-Token api_key apikey ApiKey X-ApiKey
  xi-api-key x-goog-api-key X-Goog-IAP-JWT-Assertion X-Amz-Security-Token X-Vault-Token X-Figma-Token X-GitLab-Token
  PRIVATE-TOKEN JOB-TOKEN X-GitHub-Token X-Github-Pat X-Shopify-Access-Token X-Postmark-Server-Token Circle-Token
  DD-API-KEY DD-APPLICATION-KEY Ocp-Apim-Subscription-Key x-functions-key X-RapidAPI-Key X-Parse-Master-Key
  X-Parse-REST-API-Key X-License-Key X-Secret X-Client-Secret Client-Secret X-Secret-Key X-Password X-User-Password
  X-Signing-Key X-Session-Token X-Refresh-Token X-CSRF-Token X-JWT X-Credentials X-Honeycomb-Team Fastly-Key
  X-Brave-Key X-Cloudflare-Key X-Auth-Secret X-Webhook-Secret X-Hub-Secret X-Openai-Key X-Anthropic-Key
  X-Notion-Token X-Slack-Token X-Linear-Api-Key X-Jira-Token X-Atlassian-Token X-Confluence-Token X-Redis-Password
  X-Subscription-Token githubToken exaApiKey browserbaseApiKey accessToken apiKey clientSecret privateKey authToken
  X-Exa-Key X-Tavily-Key X-Firecrawl-Key X-Serper-Key X-Pinecone-Key X-Admin-Key X-Service-Key X-Master-Key
  X-Encryption-Key X-Private-Key X-Storage-Key X-Bot-Token X-User-Token X-Service-Token X-Mcp-Token MCP-API-Key
  X-N8N-API-KEY X-Metabase-Session-Token X-Consul-Token X-Nomad-Token X-Rundeck-Auth-Token X-Sentry-Token
  X-Elastic-Api-Key X-Typesense-API-Key X-Meili-API-Key X-Algolia-API-Key X-Mashape-Key X-CMC_PRO_API_KEY x-cg-demo-api-key
  X-TrackerToken X-Shortcut-Token Shortcut-Token X-Gitea-Token X-Zendesk-Token X-Smithery-Key X-Composio-API-Key
  x-consumer-api-key X-Supabase-Key X-Appwrite-Key X-Hasura-Admin-Secret X-Grafana-Token X-PagerDuty-Token
`
  .trim()
  .split(/\s+/);

export const variables = `
  GITHUB_TOKEN GITHUB_PERSONAL_ACCESS_TOKEN GH_TOKEN GITLAB_TOKEN GITLAB_PERSONAL_ACCESS_TOKEN SLACK_BOT_TOKEN
  SLACK_APP_TOKEN SLACK_MCP_XOXC_TOKEN SLACK_SIGNING_SECRET NOTION_API_KEY NOTION_TOKEN OPENAPI_MCP_HEADERS_TOKEN
  LINEAR_API_KEY JIRA_API_TOKEN CONFLUENCE_API_TOKEN ATLASSIAN_API_TOKEN JIRA_PERSONAL_TOKEN ASANA_ACCESS_TOKEN
  BRAVE_API_KEY TAVILY_API_KEY EXA_API_KEY FIRECRAWL_API_KEY PERPLEXITY_API_KEY SERPER_API_KEY SERPAPI_API_KEY
  GOOGLE_API_KEY GOOGLE_MAPS_API_KEY GEMINI_API_KEY GOOGLE_CLIENT_SECRET GOOGLE_REFRESH_TOKEN YOUTUBE_API_KEY
  OPENAI_API_KEY OPENAI_KEY ANTHROPIC_API_KEY ANTHROPIC_AUTH_TOKEN AZURE_OPENAI_API_KEY AZURE_CLIENT_SECRET
  MISTRAL_API_KEY COHERE_API_KEY GROQ_API_KEY DEEPSEEK_API_KEY REPLICATE_API_TOKEN HF_TOKEN HUGGINGFACE_TOKEN
  HUGGING_FACE_HUB_TOKEN AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_BEARER_TOKEN_BEDROCK DATABRICKS_TOKEN
  SNOWFLAKE_PASSWORD PGPASSWORD MYSQL_PASSWORD MYSQL_ROOT_PASSWORD MYSQL_PWD POSTGRES_PASSWORD DB_PASSWORD DB_PASS
  DATABASE_PASSWORD REDIS_PASSWORD REDIS_PASS REDISCLI_AUTH MONGO_PASSWORD MONGODB_PASSWORD NEO4J_PASSWORD
  ELASTIC_PASSWORD ES_API_KEY OPENSEARCH_PASSWORD CLICKHOUSE_PASSWORD QDRANT_API_KEY PINECONE_API_KEY
  WEAVIATE_API_KEY SUPABASE_ACCESS_TOKEN SUPABASE_SERVICE_ROLE_KEY SUPABASE_KEY NEON_API_KEY STRIPE_SECRET_KEY
  STRIPE_API_KEY STRIPE_WEBHOOK_SECRET PAYPAL_CLIENT_SECRET SHOPIFY_ACCESS_TOKEN TWILIO_AUTH_TOKEN SENDGRID_API_KEY
  RESEND_API_KEY MAILGUN_API_KEY SMTP_PASSWORD SMTP_PASS EMAIL_PASSWORD IMAP_PASSWORD DISCORD_TOKEN
  DISCORD_BOT_TOKEN TELEGRAM_BOT_TOKEN TWITTER_API_SECRET TWITTER_BEARER_TOKEN REDDIT_CLIENT_SECRET
  SPOTIFY_CLIENT_SECRET FIGMA_API_KEY FIGMA_TOKEN AIRTABLE_API_KEY AIRTABLE_PAT CLICKUP_API_TOKEN TODOIST_API_TOKEN
  TRELLO_TOKEN TRELLO_API_KEY HUBSPOT_ACCESS_TOKEN PRIVATE_APP_ACCESS_TOKEN SALESFORCE_PASSWORD
  SALESFORCE_TOKEN SENTRY_AUTH_TOKEN SENTRY_ACCESS_TOKEN DATADOG_API_KEY DD_API_KEY DD_APP_KEY GRAFANA_API_KEY
  GRAFANA_SERVICE_ACCOUNT_TOKEN NEW_RELIC_API_KEY NEW_RELIC_LICENSE_KEY PAGERDUTY_API_KEY CLOUDFLARE_API_TOKEN
  CLOUDFLARE_API_KEY CLOUDFLARE_KEY DIGITALOCEAN_TOKEN VERCEL_TOKEN NETLIFY_AUTH_TOKEN RENDER_API_KEY FLY_API_TOKEN
  RAILWAY_TOKEN HEROKU_API_KEY VAULT_TOKEN CONSUL_HTTP_TOKEN NOMAD_TOKEN TFE_TOKEN TF_TOKEN PULUMI_ACCESS_TOKEN
  NPM_TOKEN PYPI_TOKEN DOCKER_PASSWORD DOCKERHUB_TOKEN CIRCLECI_TOKEN BUILDKITE_API_TOKEN SONAR_TOKEN SNYK_TOKEN
  BROWSERBASE_API_KEY E2B_API_KEY APIFY_TOKEN COMPOSIO_API_KEY SMITHERY_API_KEY ZAPIER_API_KEY N8N_API_KEY
  JWT_SECRET SESSION_SECRET COOKIE_SECRET SECRET_KEY SECRET_KEY_BASE ENCRYPTION_KEY HMAC_KEY HMAC_SECRET SSH_KEY
  SSH_PRIVATE_KEY PRIVATE_KEY SIGNING_KEY BASIC_AUTH HTTP_BASIC_AUTH PROXY_PASSWORD LDAP_BIND_PASSWORD ADMIN_PASSWORD
  ROOT_PASSWORD ACCESS_KEY ACCESS_TOKEN API_KEY API_TOKEN API_SECRET AUTH_TOKEN BEARER_TOKEN CLIENT_SECRET
  OAUTH_CLIENT_SECRET OAUTH_TOKEN REFRESH_TOKEN WEBHOOK_SECRET MCP_AUTH_TOKEN MCP_API_KEY TOKEN PASSWORD SECRET
  githubToken exaApiKey browserbaseApiKey hookSecret secretAccessKey storageKey dbPassword clientSecret slackBotToken
  AZURE_STORAGE_KEY AZURE_STORAGE_ACCOUNT_KEY STORAGE_KEY COSMOS_KEY MINIO_SECRET_KEY S3_SECRET_KEY B2_APPLICATION_KEY
  LANGFUSE_SECRET_KEY LANGSMITH_API_KEY LANGCHAIN_API_KEY ELEVENLABS_API_KEY DEEPL_AUTH_KEY OPENWEATHER_API_KEY
  ALPHA_VANTAGE_API_KEY POLYGON_API_KEY COINGECKO_API_KEY ETHERSCAN_API_KEY INFURA_KEY ALCHEMY_KEY
`
  .trim()
  .split(/\s+/);

export const flags = `
  --token --api-key --apikey --apiKey --api_key --access-token --auth-token --password --passwd --secret
  --client-secret --secret-key --private-key --bearer --bearer-token --github-token --gitlab-token --slack-bot-token
  --figma-api-key --notion-token --linear-api-key --jira-token --confluence-token --stripe-api-key --tavily-api-key
  --exa-api-key --brave-api-key --firecrawl-api-key --openai-api-key --anthropic-api-key --supabase-access-token
  --db-password --redis-password --pg-password --mysql-password --neo4j-password --passphrase --jwt --pat
  --personal-access-token --session-token --refresh-token --webhook-secret --signing-key --encryption-key
  --access-key --secret-access-key --admin-password --credentials --authorization --key -token -password
`
  .trim()
  .split(/\s+/);
