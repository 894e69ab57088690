import { expect, test } from 'vitest';
import * as library from '../../src/library/library.ts';

test('what other programs may build on: a name more or less is a decision', () => {
  expect(Object.keys(library).toSorted()).toEqual([
    'compilePlan',
    'createSqlParser',
    'decideSql',
    'diagnosticCodes',
    'executePlan',
    'exitCodes',
    'explainPlan',
    'guardCommand',
    'judgeShell',
    'readExecution',
    'readReport',
    'restorePlan',
    'stepsOf',
    'verifyExecution',
  ]);
});
