import { defineMetadata } from '../metadata.ts';

export const outdated = defineMetadata({
  code: 'MCP510',
  title: 'pod with an outdated configuration or proxy image',
  mode: 'warn',
  eventReason: 'Outdated',
});
