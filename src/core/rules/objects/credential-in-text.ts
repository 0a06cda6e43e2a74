import { defineMetadata } from '../metadata.ts';

export const credentialInText = defineMetadata({
  code: 'MCP105',
  title: 'credential in metadata or free text',
  mode: 'warn',
  securitySeverity: 7.5,
  precision: 'high',
  atPods: 'refuse-if-enforced',
});
