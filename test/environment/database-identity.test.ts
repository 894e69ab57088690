/** Which plans wait for each other because of a database outside, however its URL is written. A real server. */
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLanes, disturbance, type JobLane } from '../../src/cli/job-lane.ts';
import type { DatabaseSource, EnvironmentConfig } from '../../src/model/environment.ts';
import type { Plan } from '../../src/model/plan.ts';
import { contextOf } from '../support/command.ts';
import { startTestServer, type TestServer } from '../support/postgres.ts';

let server: TestServer;
let names: readonly string[];
let other: string;

beforeAll(async () => {
  server = await startTestServer({ database: 'shop' });
  const { superuser, owner } = server;
  const client = new pg.Client({ ...superuser, ssl: false });
  await client.connect();
  await client.query(`CREATE DATABASE other OWNER "${owner.user}"`);
  // What an account has set for itself is no other server.
  await client.query(`ALTER ROLE "${owner.user}" SET timezone = 'Asia/Kathmandu'`);
  await client.query(`ALTER ROLE "${owner.user}" SET datestyle = 'SQL, DMY'`);
  await client.query(`ALTER ROLE "${owner.user}" SET search_path = public, pg_catalog`);
  await client.query(`CREATE FUNCTION public.pg_postmaster_start_time() RETURNS timestamptz LANGUAGE sql AS 'SELECT now()'`);
  await client.end();
  const of = ({ user, password }: TestServer['owner'], place: string): string => `//${user}:${encodeURIComponent(password)}@${place}`;
  const at = `${owner.host}:${owner.port}`;
  names = [
    `postgresql:${of(owner, `${at}/shop`)}`,
    `POSTGRES:${of(owner, `${at}/sh%6Fp?sslmode=disable`)}`,
    `postgresql:${of(owner, `localhost:${owner.port}/shop?application_name=x`)}`,
    `postgresql:${of(owner, `nowhere.invalid:1/none?host=${owner.host}&port=${owner.port}&dbname=shop`)}`,
    `postgresql:${of(superuser, `${at}/shop`)}`,
    `postgresql:${of(superuser, `${at}/shop?sslmode=allow`)}`,
  ];
  other = `postgresql:${of(owner, `${at}/other`)}`;
}, 120_000);
afterAll(() => server.close());

/** A plan that only asks the database, each in a workspace of its own. */
async function lanesOf(sources: readonly DatabaseSource[], environment: Readonly<Record<string, string>> = {}): Promise<readonly JobLane[]> {
  const laneOf = createLanes({ ...contextOf([], { cwd: '/' }), environment });
  const plan = { steps: [] } as unknown as Plan;
  return Promise.all(sources.map((database, index) => laneOf(plan, { name: 'app', workspace: `/nowhere/${index}`, database } as unknown as EnvironmentConfig, false)));
}

const url = (text: string): DatabaseSource => ({ kind: 'url', url: text });
const why = ([one, two]: readonly JobLane[]): string | undefined => (one === undefined || two === undefined ? 'no lanes' : disturbance(one, two));

test('the same database by any spelling, any account and any way of encryption is one, and its plans wait', async () => {
  const lanes = await lanesOf([...names.map(url), { kind: 'environment-variable', name: 'URL' }], { URL: names[0] ?? '' });
  for (const one of lanes) for (const two of lanes) expect(disturbance(one, two)).toBe('the same database');
});

test('two databases of one server, and an embedded one beside them, do not', async () => {
  expect(why(await lanesOf([url(names[0] ?? ''), url(other)]))).toBeUndefined();
  expect(why(await lanesOf([url(other), { kind: 'embedded' }]))).toBeUndefined();
});

test('what cannot be asked, or is no URL that is understood, waits for every other one', async () => {
  const { host, port } = server.owner;
  for (const unknown of [`postgresql://nobody:wrong@${host}:${port}/shop`, 'service=shop', 'host=/var/run/postgresql dbname=shop', 'postgresql:///shop?host=/tmp', 'postgresql://a,b/shop'])
    expect([unknown, why(await lanesOf([url(unknown), url(other)]))]).toEqual([unknown, 'databases that cannot be told apart']);
  expect(why(await lanesOf([{ kind: 'environment-variable', name: 'UNSET' }, url(other)]))).toBe('databases that cannot be told apart');
});
