/** Compiles an addendum: YAML, checked against its schema, to typed and frozen entries. Quotations are not matched here. */
import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import type { YamlDocument } from '../parse/yaml-document.ts';
import { addendumConflicts } from './addendum-conflict.ts';
import {
  compileAcceptance,
  compileCapture,
  compileDefault,
  compileInput,
  compilePrecondition,
  compileProbe,
  compileSearch,
  compileStep,
} from './addendum-entry.ts';
import { compileCriterion, compileExpectation, compilePolicy, compileReportField, compileTask } from './addendum-judgement.ts';
import type { Addendum } from './addendum-shape.ts';
import { validate } from './generated/addendum-validator.js';
import { oneAPlace, schemaDiagnostics } from './schema-diagnostic.ts';
import { entriesAt, freeze, itemsAt, partOf, placedAt } from './yaml-part.ts';

export type * from './addendum-shape.ts';

/** With any error there is no value: half an addendum would bind half a plan. Diagnostics are sorted, at most one a place. */
export function compileAddendum(yaml: YamlDocument): Checked<Addendum> {
  const wrong = schemaDiagnostics(validate, yaml);
  if (wrong.length > 0) return { value: undefined, diagnostics: wrong };
  const addendum = readAddendum(yaml);
  const conflicts: readonly Diagnostic[] = addendumConflicts(addendum, partOf(yaml));
  if (conflicts.length > 0) return { value: undefined, diagnostics: oneAPlace(conflicts) };
  return { value: freeze(addendum), diagnostics: [] };
}

function readAddendum(yaml: YamlDocument): Addendum {
  const top = partOf(yaml);
  return {
    path: yaml.path,
    span: top.span,
    plan: placedAt(top, 'plan'),
    defaults: entriesAt(top, 'defaults').map(([kind, part]) => compileDefault(kind, part)),
    inputs: entriesAt(top, 'inputs').map(([name, part]) => compileInput(name, part)),
    preconditions: itemsAt(top, 'preconditions').map(compilePrecondition),
    searches: itemsAt(top, 'searches').map(compileSearch),
    probes: itemsAt(top, 'probes').map(compileProbe),
    steps: itemsAt(top, 'steps').map(compileStep),
    captures: itemsAt(top, 'captures').map(compileCapture),
    expectations: itemsAt(top, 'expectations').map(compileExpectation),
    policies: itemsAt(top, 'policies').map(compilePolicy),
    tasks: itemsAt(top, 'tasks').map(compileTask),
    criteria: itemsAt(top, 'criteria').map(compileCriterion),
    report: itemsAt(top, 'report').map(compileReportField),
    accept: itemsAt(top, 'accept').map(compileAcceptance),
  };
}
