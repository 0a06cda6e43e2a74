import { defineMetadata } from '../metadata.ts';

export const overLimit = defineMetadata({
  code: 'MCP002',
  title: 'object over a limit',
  mode: 'enforce',
  atPods: 'refuse',
});
