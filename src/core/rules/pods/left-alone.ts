import { defineMetadata } from '../metadata.ts';

export const leftAlone = defineMetadata({
  code: 'MCP511',
  title: 'operator-made pod not rewritten',
  mode: 'audit',
  securitySeverity: 6.0,
  eventReason: 'LeftAlone',
});
