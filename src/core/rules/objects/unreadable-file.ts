import { defineMetadata } from '../metadata.ts';

export const unreadableFile = defineMetadata({
  code: 'MCP003',
  title: 'file cannot be read',
  mode: 'enforce',
  atPods: 'ignore',
});
