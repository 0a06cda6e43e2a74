import { defineMetadata } from '../metadata.ts';

export const outdated = defineMetadata({
  code: 'MCP510',
  title: 'pod older than its resource or its injector',
  mode: 'warn',
  eventReason: 'Outdated',
});
