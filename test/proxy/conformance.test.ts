import { describeProofs } from '../support/proofs.ts';

describeProofs({
  file: 'docs/conformance.md',
  folders: ['test/proxy'],
  tables: [
    ['Rule', 'rule', 39],
    ['Requirement', 'requirement', 36],
  ],
});
