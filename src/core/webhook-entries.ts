/** Below the unguessable path, one for each thing that is asked. */
export type WebhookRoute = 'validate' | 'mutate' | 'check' | 'rewrite' | 'keep';

/** The webhook entries of the manifests and where each one is answered, below the unguessable path. */
export const webhookEntries: Readonly<Record<string, WebhookRoute>> = {
  'validate-mcp-resources.sallyport.dev': 'validate',
  'validate-server-configmaps.sallyport.dev': 'validate',
  'inject-operator-workloads.sallyport.dev': 'rewrite',
  'keep-injected-workloads.sallyport.dev': 'keep',
  'inject-labelled-pods.sallyport.dev': 'mutate',
  'check-labelled-pods.sallyport.dev': 'check',
  'check-injected-pods.sallyport.dev': 'check',
};
