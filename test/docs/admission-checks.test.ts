import { describeProofs } from '../support/proofs.ts';

describeProofs({
  file: 'docs/admission-checks.md',
  folders: ['test/manifests', 'test/server'],
  tables: [
    ['Practice', 'practice', 30],
    ['Detail', 'detail', 44],
  ],
});
