/** For `node --import`: one fault of the file system in a program that is started as people start it. */
import { isMainThread } from 'node:worker_threads';
import { watchCalls, type FaultPoint } from './fault-injector.ts';

const wanted = process.env['PROOFPLAN_TEST_FAULT'];
delete process.env['PROOFPLAN_TEST_FAULT'];
if (wanted !== undefined && isMainThread) {
  const { folder, point } = JSON.parse(wanted) as { readonly folder: string; readonly point: FaultPoint };
  watchCalls(folder, point);
}
