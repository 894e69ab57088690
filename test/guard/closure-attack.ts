/** Ways to write the protected table `runs` that no text shows: each with what makes it, what is sent, and links of the chain to be named. */
export interface ClosureAttack {
  readonly name: string;
  /** By the owner, before the guard is made. */
  readonly setup: string;
  readonly run: string;
  /** Parts of the reason, in order; its chain. */
  readonly chain: readonly string[];
}

const body = (id: string): string => `INSERT INTO public.runs (id) VALUES ('${id}' || clock_timestamp())`;
const writer = (name: string, parameters = '', returns = 'text'): string =>
  `CREATE FUNCTION ${name}(${parameters}) RETURNS ${returns} LANGUAGE plpgsql AS $$ BEGIN ${body(name.replaceAll('"', '').replace(/\W/g, '_'))}; RETURN NULL; END $$`;
const trigger = (name: string): string =>
  `CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body(name)}; RETURN coalesce(NEW, OLD); END $$`;

/** In every database: the protected table with its kin, and writers to build upon. */
export const closureSchema = `
  CREATE TABLE runs (id text PRIMARY KEY, status text DEFAULT 'queued', owner_id text, label text);
  CREATE TABLE notes (id text, body text, n integer DEFAULT 0);
  CREATE TABLE other (id text PRIMARY KEY, status text);
  INSERT INTO notes VALUES ('n', 'b', 1);
  INSERT INTO other VALUES ('o', 's');
  ${writer('make_run', 'x text')};
  CREATE FUNCTION make_true() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN ${body('true')}; RETURN true; END $$;
  CREATE FUNCTION calm_step(state text, x text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM public.make_run(x); RETURN x; END $$;
  CREATE FUNCTION calm_write(x text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM public.make_run(x); RETURN x; END $$;
`;

export const closureAttacks: readonly ClosureAttack[] = [
  // Functions
  {
    name: 'a definer function',
    setup: `CREATE FUNCTION f_definer() RETURNS void LANGUAGE sql SECURITY DEFINER AS $$ ${body('d')} $$`,
    run: 'SELECT f_definer()',
    chain: ['f_definer', 'insert runs'],
  },
  {
    name: 'a BEGIN ATOMIC body',
    setup: `CREATE FUNCTION f_atomic() RETURNS void LANGUAGE sql BEGIN ATOMIC ${body('a')}; END`,
    run: 'SELECT f_atomic()',
    chain: ['f_atomic', 'insert runs'],
  },
  {
    name: 'a RETURN body that calls',
    setup: 'CREATE FUNCTION f_return() RETURNS text LANGUAGE sql RETURN make_run($$r$$)',
    run: 'SELECT f_return()',
    chain: ['f_return', 'make_run', 'insert runs'],
  },
  {
    name: 'PERFORM',
    setup: "CREATE FUNCTION f_perform() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM make_run('p'); END $$",
    run: 'SELECT f_perform()',
    chain: ['f_perform', 'make_run', 'insert runs'],
  },
  {
    name: 'FOR … IN EXECUTE',
    setup:
      "CREATE FUNCTION f_for() RETURNS void LANGUAGE plpgsql AS $$ DECLARE r record; BEGIN FOR r IN EXECUTE 'INSERT INTO ru' || 'ns (id) VALUES (clock_timestamp()) RETURNING id' LOOP NULL; END LOOP; END $$",
    run: 'SELECT f_for()',
    chain: ['f_for'],
  },
  {
    name: 'RETURN QUERY EXECUTE',
    setup:
      "CREATE FUNCTION f_rq() RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'INSERT INTO ru' || 'ns (id) VALUES (clock_timestamp()) RETURNING id'; END $$",
    run: 'SELECT * FROM f_rq()',
    chain: ['f_rq'],
  },
  {
    name: 'an exception block',
    setup: `CREATE FUNCTION f_exception() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM 1/0; EXCEPTION WHEN division_by_zero THEN ${body('e')}; END $$`,
    run: 'SELECT f_exception()',
    chain: ['f_exception', 'insert runs'],
  },
  {
    name: 'a cursor in a body',
    setup:
      "CREATE FUNCTION f_cursor() RETURNS void LANGUAGE plpgsql AS $$ DECLARE c CURSOR FOR SELECT make_run('c'); x text; BEGIN OPEN c; FETCH c INTO x; CLOSE c; END $$",
    run: 'SELECT f_cursor()',
    chain: ['f_cursor', 'make_run'],
  },
  {
    name: 'a cursor with arguments that are calls',
    setup:
      "CREATE FUNCTION f_cursor_2() RETURNS void LANGUAGE plpgsql AS $$ DECLARE c CURSOR (k text) FOR SELECT k; BEGIN OPEN c (make_run('x')); CLOSE c; END $$",
    run: 'SELECT f_cursor_2()',
    chain: ['f_cursor_2', 'make_run'],
  },
  {
    name: 'the default of a variable',
    setup: "CREATE FUNCTION f_default() RETURNS void LANGUAGE plpgsql AS $$ DECLARE x text := make_run('v'); BEGIN NULL; END $$",
    run: 'SELECT f_default()',
    chain: ['f_default', 'make_run'],
  },
  {
    name: 'the default of a variable of a type of its own',
    setup:
      "CREATE DOMAIN calm_text AS text; CREATE FUNCTION f_default_2() RETURNS void LANGUAGE plpgsql AS $$ DECLARE x calm_text := make_run('v'); BEGIN NULL; END $$",
    run: 'SELECT f_default_2()',
    chain: ['f_default_2', 'make_run'],
  },
  {
    name: 'a condition of IF',
    setup: 'CREATE FUNCTION f_if() RETURNS void LANGUAGE plpgsql AS $$ BEGIN IF make_true() THEN NULL; END IF; END $$',
    run: 'SELECT f_if()',
    chain: ['f_if', 'make_true'],
  },
  {
    name: 'an argument of RAISE',
    setup: "CREATE FUNCTION f_raise() RETURNS void LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '%', make_run('r'); END $$",
    run: 'SELECT f_raise()',
    chain: ['f_raise', 'make_run'],
  },
  {
    name: 'an assignment to an element',
    setup: "CREATE FUNCTION f_element() RETURNS void LANGUAGE plpgsql AS $$ DECLARE a text[]; BEGIN a[1] := make_run('e'); END $$",
    run: 'SELECT f_element()',
    chain: ['f_element', 'make_run'],
  },
  {
    name: 'a recursive function',
    setup: `CREATE FUNCTION f_recursive(n integer) RETURNS integer LANGUAGE plpgsql AS $$ BEGIN IF n > 0 THEN RETURN f_recursive(n - 1); END IF; ${body('rec')}; RETURN 0; END $$`,
    run: 'SELECT f_recursive(3)',
    chain: ['f_recursive', 'insert runs'],
  },
  {
    name: 'a polymorphic function',
    setup: `CREATE FUNCTION f_poly(x anyelement) RETURNS anyelement LANGUAGE sql AS $$ ${body('poly')} RETURNING $1 $$`,
    run: 'SELECT f_poly(1.5)',
    chain: ['f_poly', 'insert runs'],
  },
  {
    name: 'a variadic function',
    setup: `CREATE FUNCTION f_variadic(VARIADIC x text[]) RETURNS void LANGUAGE sql AS $$ ${body('variadic')} $$`,
    run: "SELECT f_variadic('a', 'b', 'c')",
    chain: ['f_variadic', 'insert runs'],
  },
  {
    name: 'named arguments',
    setup: `CREATE FUNCTION f_named(a text, b text DEFAULT 'x') RETURNS void LANGUAGE sql AS $$ ${body('named')} $$`,
    run: "SELECT f_named(b => '1', a => '2')",
    chain: ['f_named', 'insert runs'],
  },
  {
    name: 'the default of an argument',
    setup: "CREATE FUNCTION f_argument(a text DEFAULT make_run('a')) RETURNS text LANGUAGE sql AS 'SELECT a'",
    run: 'SELECT f_argument()',
    chain: ['f_argument', 'make_run'],
  },
  {
    name: 'quoted names',
    setup: `CREATE FUNCTION "F Quoted"() RETURNS void LANGUAGE sql AS $$ ${body('quoted')} $$`,
    run: 'SELECT "F Quoted"()',
    chain: ['F Quoted', 'insert runs'],
  },
  {
    name: 'an overload of a built-in',
    setup: `CREATE FUNCTION lower(x varchar) RETURNS text LANGUAGE sql AS $$ ${body('lower')} RETURNING x $$`,
    run: "SELECT lower('A'::varchar)",
    chain: ['lower', 'insert runs'],
  },
  {
    name: 'an overload by the number of arguments',
    setup: `CREATE FUNCTION f_over(a text) RETURNS text LANGUAGE sql AS 'SELECT a'; CREATE FUNCTION f_over(a text, b text) RETURNS void LANGUAGE sql AS $$ ${body('over')} $$`,
    run: "SELECT f_over('a', 'b')",
    chain: ['f_over', 'insert runs'],
  },
  {
    name: 'a path of its own',
    setup: `CREATE SCHEMA hidden; CREATE FUNCTION hidden.calm() RETURNS void LANGUAGE sql AS $$ ${body('hidden')} $$; CREATE FUNCTION public.calm() RETURNS void LANGUAGE sql AS 'SELECT'; CREATE FUNCTION f_path() RETURNS void LANGUAGE sql SET search_path = hidden AS 'SELECT calm()'`,
    run: 'SELECT f_path()',
    chain: ['f_path', 'hidden.calm', 'insert runs'],
  },
  {
    name: "a caller's path",
    setup:
      "CREATE FUNCTION f_inner() RETURNS void LANGUAGE plpgsql AS 'BEGIN PERFORM calm(); END'; CREATE FUNCTION f_outer() RETURNS void LANGUAGE plpgsql SET search_path = hidden AS 'BEGIN PERFORM public.f_inner(); END'",
    run: 'SELECT f_outer()',
    chain: ['f_outer', 'f_inner', 'hidden.calm'],
  },
  {
    name: 'a function of a row, as a column',
    setup: "CREATE FUNCTION trick(n notes) RETURNS text LANGUAGE sql AS 'SELECT make_run(n.id)'",
    run: 'SELECT notes.trick FROM notes',
    chain: ['trick', 'make_run'],
  },
  { name: 'a function of a row, in brackets', setup: '', run: 'SELECT (q.row).trick FROM (SELECT notes AS row FROM notes) q', chain: ['trick', 'make_run'] },
  {
    name: 'a set-returning function in FROM',
    setup: `CREATE FUNCTION f_set() RETURNS SETOF runs LANGUAGE sql AS $$ ${body('set')} RETURNING * $$`,
    run: 'SELECT count(*) FROM f_set()',
    chain: ['f_set', 'insert runs'],
  },
  { name: 'ROWS FROM', setup: '', run: 'SELECT 1 FROM ROWS FROM (generate_series(1, 2), f_set()) AS x', chain: ['f_set', 'insert runs'] },
  { name: 'LATERAL', setup: '', run: 'SELECT 1 FROM notes n, LATERAL make_run(n.id) x', chain: ['make_run', 'insert runs'] },
  {
    name: 'a window function',
    setup: 'CREATE AGGREGATE agg_window(text) (SFUNC = calm_step, STYPE = text)',
    run: 'SELECT agg_window(id) OVER (ORDER BY id) FROM notes',
    chain: ['agg_window', 'calm_step'],
  },
  {
    name: 'an aggregate',
    setup: 'CREATE AGGREGATE agg_trap(text) (SFUNC = calm_step, STYPE = text)',
    run: 'SELECT agg_trap(id) FROM notes',
    chain: ['agg_trap', 'calm_step'],
  },
  {
    name: 'the final function of an aggregate',
    setup: "CREATE AGGREGATE agg_final(text) (SFUNC = textcat, STYPE = text, FINALFUNC = make_run, INITCOND = '')",
    run: 'SELECT agg_final(id) FROM notes',
    chain: ['agg_final', 'make_run'],
  },
  { name: 'EXPLAIN ANALYZE of a call', setup: '', run: "EXPLAIN ANALYZE SELECT make_run('x')", chain: ['make_run', 'insert runs'] },
  { name: 'a prepared call', setup: '', run: "PREPARE p AS SELECT make_run('x'); EXECUTE p", chain: ['make_run', 'insert runs'] },
  { name: 'a cursor', setup: '', run: "BEGIN; DECLARE c CURSOR FOR SELECT make_run('x'); FETCH ALL FROM c; COMMIT", chain: ['make_run', 'insert runs'] },
  { name: 'COPY of a query', setup: '', run: "COPY (SELECT make_run('x')) TO STDOUT", chain: ['make_run', 'insert runs'] },
  { name: 'a procedure', setup: `CREATE PROCEDURE p_plain() LANGUAGE sql AS $$ ${body('call')} $$`, run: 'CALL p_plain()', chain: ['p_plain', 'insert runs'] },
  {
    name: 'a procedure with COMMIT',
    setup: `CREATE PROCEDURE p_commit() LANGUAGE plpgsql AS $$ BEGIN COMMIT; ${body('commit')}; COMMIT; END $$`,
    run: 'CALL p_commit()',
    chain: ['p_commit', 'insert runs'],
  },
  {
    name: 'a procedure that calls one',
    setup: 'CREATE PROCEDURE p_outer() LANGUAGE plpgsql AS $$ BEGIN CALL p_commit(); END $$',
    run: 'CALL p_outer()',
    chain: ['p_outer', 'p_commit', 'insert runs'],
  },
  { name: 'a DO block that calls', setup: '', run: "DO $$ BEGIN PERFORM make_run('x'); END $$", chain: ['make_run', 'insert runs'] },
  { name: 'a DO block with a default', setup: '', run: "DO $$ DECLARE x calm_text := make_run('v'); BEGIN NULL; END $$", chain: ['make_run', 'insert runs'] },
  // Views
  {
    name: 'a view that calls',
    setup: 'CREATE VIEW v_call AS SELECT make_run(id) AS x FROM notes',
    run: 'SELECT * FROM v_call',
    chain: ['view v_call', 'make_run', 'insert runs'],
  },
  {
    name: 'nested views',
    setup: 'CREATE VIEW v_2 AS SELECT x FROM v_call; CREATE VIEW v_3 AS SELECT x FROM (SELECT * FROM v_2) q',
    run: 'TABLE v_3',
    chain: ['view v_3', 'view v_2', 'view v_call', 'make_run'],
  },
  {
    name: 'a security_barrier view',
    setup: 'CREATE VIEW v_barrier WITH (security_barrier) AS SELECT id FROM notes WHERE make_true()',
    run: 'SELECT 1 FROM v_barrier',
    chain: ['view v_barrier', 'make_true'],
  },
  { name: 'a CTE of the name of a view', setup: '', run: 'WITH v_call AS (SELECT * FROM v_call) SELECT * FROM v_call', chain: ['view v_call', 'make_run'] },
  {
    name: 'an updatable view',
    setup: 'CREATE VIEW v_runs AS SELECT * FROM runs',
    run: "INSERT INTO v_runs (id) VALUES ('v' || clock_timestamp())",
    chain: ['insert v_runs', 'insert runs'],
  },
  {
    name: 'an updatable view over one',
    setup: 'CREATE VIEW v_runs_2 AS SELECT id, status FROM v_runs',
    run: 'UPDATE v_runs_2 SET status = clock_timestamp()::text',
    chain: ['update v_runs_2', 'update v_runs', 'update runs'],
  },
  {
    name: 'an INSERT of a query into a view',
    setup: '',
    run: 'INSERT INTO v_runs_2 (id) SELECT clock_timestamp()::text',
    chain: ['insert v_runs_2', 'insert runs'],
  },
  {
    name: 'a view with a trigger',
    setup: `CREATE VIEW v_copy AS SELECT id FROM notes; ${trigger('t_copy')}; CREATE TRIGGER t_copy INSTEAD OF INSERT ON v_copy FOR EACH ROW EXECUTE FUNCTION t_copy()`,
    run: "INSERT INTO v_copy VALUES ('x')",
    chain: ['insert v_copy', 'trigger t_copy', 'insert runs'],
  },
  {
    name: 'a view with a rule, over a table with a trigger',
    setup: `CREATE TABLE ledger (id text); ${trigger('t_ledger')}; CREATE TRIGGER t_ledger AFTER INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION t_ledger(); CREATE VIEW v_rule AS SELECT id FROM notes; CREATE RULE r_rule AS ON INSERT TO v_rule DO INSTEAD INSERT INTO ledger VALUES (NEW.id)`,
    run: "INSERT INTO v_rule VALUES ('x')",
    chain: ['rule r_rule', 'insert ledger', 'trigger t_ledger', 'insert runs'],
  },
  {
    name: 'a rule with a condition that writes',
    setup: 'CREATE TABLE r_where (id text); CREATE RULE r_where AS ON INSERT TO r_where WHERE make_true() DO ALSO SELECT 1',
    run: "INSERT INTO r_where VALUES ('x')",
    chain: ['rule r_where', 'make_true'],
  },
  {
    name: 'a materialized view that is refreshed',
    setup: 'CREATE MATERIALIZED VIEW m_call AS SELECT calm_write(id) AS x FROM notes WITH NO DATA',
    run: 'REFRESH MATERIALIZED VIEW m_call',
    chain: [],
  },
  // Triggers
  {
    name: 'a trigger of a statement',
    setup: `CREATE TABLE w_statement (id text); ${trigger('t_statement')}; CREATE TRIGGER t_statement AFTER UPDATE ON w_statement EXECUTE FUNCTION t_statement()`,
    run: "UPDATE w_statement SET id = 'x'",
    chain: ['update w_statement', 'trigger t_statement', 'insert runs'],
  },
  {
    name: 'a trigger on a partition',
    setup: `CREATE TABLE parted (k text, id text) PARTITION BY LIST (k); CREATE TABLE parted_a PARTITION OF parted FOR VALUES IN ('a'); ${trigger('t_part')}; CREATE TRIGGER t_part AFTER INSERT ON parted_a FOR EACH ROW EXECUTE FUNCTION t_part()`,
    run: "INSERT INTO parted VALUES ('a', 'x')",
    chain: ['insert parted', 'insert parted_a', 'trigger t_part', 'insert runs'],
  },
  {
    name: 'a row that moves into a partition',
    setup: `CREATE TABLE moving (k text, id text) PARTITION BY LIST (k); CREATE TABLE moving_a PARTITION OF moving FOR VALUES IN ('a'); CREATE TABLE moving_b PARTITION OF moving FOR VALUES IN ('b'); INSERT INTO moving VALUES ('a', '1'); CREATE TRIGGER t_moving AFTER INSERT ON moving_b FOR EACH ROW EXECUTE FUNCTION t_part()`,
    run: "UPDATE moving SET k = 'b'",
    chain: ['update moving', 'insert moving_b', 'trigger t_moving'],
  },
  {
    name: 'a trigger on a child',
    setup: `CREATE TABLE elder (id text); CREATE TABLE younger () INHERITS (elder); INSERT INTO younger VALUES ('y'); ${trigger('t_child')}; CREATE TRIGGER t_child BEFORE DELETE ON younger FOR EACH ROW EXECUTE FUNCTION t_child()`,
    run: 'DELETE FROM elder',
    chain: ['delete elder', 'delete younger', 'trigger t_child'],
  },
  {
    name: 'the WHEN of a trigger',
    setup:
      "CREATE TABLE w_when (id text); CREATE FUNCTION t_calm() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER t_when BEFORE INSERT ON w_when FOR EACH ROW WHEN (make_true()) EXECUTE FUNCTION t_calm()",
    run: "INSERT INTO w_when VALUES ('x')",
    chain: ['trigger t_when', 'make_true'],
  },
  {
    name: 'ON CONFLICT DO UPDATE',
    setup: `CREATE TABLE w_conflict (id text PRIMARY KEY, n integer); INSERT INTO w_conflict VALUES ('x', 0); ${trigger('t_conflict')}; CREATE TRIGGER t_conflict AFTER UPDATE OF n ON w_conflict FOR EACH ROW EXECUTE FUNCTION t_conflict()`,
    run: "INSERT INTO w_conflict VALUES ('x') ON CONFLICT (id) DO UPDATE SET n = 1",
    chain: ['update w_conflict', 'trigger t_conflict', 'insert runs'],
  },
  {
    name: 'MERGE',
    setup: `CREATE TABLE w_merge (id text); INSERT INTO w_merge VALUES ('x'); ${trigger('t_merge')}; CREATE TRIGGER t_merge AFTER DELETE ON w_merge FOR EACH ROW EXECUTE FUNCTION t_merge()`,
    run: "MERGE INTO w_merge m USING (SELECT 'x' AS id) s ON m.id = s.id WHEN MATCHED THEN DELETE",
    chain: ['delete w_merge', 'trigger t_merge', 'insert runs'],
  },
  {
    name: 'TRUNCATE',
    setup: `CREATE TABLE w_truncate (id text); ${trigger('t_truncate')}; CREATE TRIGGER t_truncate AFTER TRUNCATE ON w_truncate EXECUTE FUNCTION t_truncate()`,
    run: 'TRUNCATE w_truncate',
    chain: ['truncate w_truncate', 'trigger t_truncate', 'insert runs'],
  },
  {
    name: 'a deferred constraint trigger',
    setup: `CREATE TABLE w_deferred (id text); ${trigger('t_deferred')}; CREATE CONSTRAINT TRIGGER t_deferred AFTER INSERT ON w_deferred DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION t_deferred()`,
    run: "BEGIN; INSERT INTO w_deferred VALUES ('x'); COMMIT",
    chain: ['trigger t_deferred', 'insert runs'],
  },
  {
    name: 'a chain of two triggers',
    setup: `CREATE TABLE w_first (id text); CREATE FUNCTION t_first() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.w_statement VALUES (NEW.id); UPDATE public.w_statement SET id = id; RETURN NEW; END $$; CREATE TRIGGER t_first AFTER INSERT ON w_first FOR EACH ROW EXECUTE FUNCTION t_first()`,
    run: "INSERT INTO w_first VALUES ('x')",
    chain: ['trigger t_first', 'update w_statement', 'trigger t_statement', 'insert runs'],
  },
  // Keys
  {
    name: 'a chain of three cascades',
    setup:
      "CREATE TABLE k_1 (id text PRIMARY KEY); CREATE TABLE k_2 (id text PRIMARY KEY, up text REFERENCES k_1 ON DELETE CASCADE); CREATE TABLE k_3 (id text PRIMARY KEY, up text REFERENCES k_2 ON DELETE CASCADE); ALTER TABLE runs ADD CONSTRAINT runs_owner FOREIGN KEY (owner_id) REFERENCES k_3 ON DELETE CASCADE; INSERT INTO k_1 VALUES ('1'); INSERT INTO k_2 VALUES ('2', '1'); INSERT INTO k_3 VALUES ('3', '2'); INSERT INTO runs (id, owner_id) VALUES ('owned', '3')",
    run: 'DELETE FROM k_1',
    chain: ['delete k_1', 'delete k_2', 'delete k_3', 'runs_owner', 'delete runs'],
  },
  {
    name: 'ON DELETE SET NULL',
    setup:
      "CREATE TABLE k_null (id text PRIMARY KEY); INSERT INTO k_null VALUES ('l'); INSERT INTO runs (id, label) VALUES ('labelled', 'l'); ALTER TABLE runs ADD CONSTRAINT runs_label FOREIGN KEY (label) REFERENCES k_null ON DELETE SET NULL NOT VALID",
    run: "DELETE FROM k_null WHERE id = 'l'",
    chain: ['runs_label', 'update runs'],
  },
  {
    name: 'ON UPDATE CASCADE',
    setup:
      "CREATE TABLE k_update (id text PRIMARY KEY); INSERT INTO k_update VALUES ('u'); ALTER TABLE runs ADD COLUMN up text; INSERT INTO runs (id, up) VALUES ('updated', 'u'); ALTER TABLE runs ADD CONSTRAINT runs_up FOREIGN KEY (up) REFERENCES k_update ON UPDATE CASCADE",
    run: "UPDATE k_update SET id = 'u2'",
    chain: ['runs_up', 'update runs'],
  },
  {
    name: 'a trigger at the end of a cascade',
    setup: `CREATE TABLE k_top (id text PRIMARY KEY); CREATE TABLE k_end (up text REFERENCES k_top ON DELETE CASCADE); INSERT INTO k_top VALUES ('t'); INSERT INTO k_end VALUES ('t'); ${trigger('t_end')}; CREATE TRIGGER t_end AFTER DELETE ON k_end FOR EACH ROW EXECUTE FUNCTION t_end()`,
    run: 'DELETE FROM k_top',
    chain: ['delete k_top', 'delete k_end', 'trigger t_end', 'insert runs'],
  },
  // Expressions
  {
    name: 'the default of a column',
    setup: "CREATE TABLE e_default (id text DEFAULT make_run('x'), n integer)",
    run: 'INSERT INTO e_default (n) VALUES (1)',
    chain: ['default of id', 'make_run'],
  },
  {
    name: 'a check',
    setup: 'CREATE TABLE e_check (id text CHECK (calm_write(id) IS NOT NULL))',
    run: "INSERT INTO e_check VALUES ('x')",
    chain: ['check e_check', 'calm_write', 'make_run'],
  },
  {
    name: 'a generated column',
    setup: 'CREATE TABLE e_generated (id text, g text GENERATED ALWAYS AS (calm_write(id)) STORED)',
    run: "INSERT INTO e_generated VALUES ('x')",
    chain: ['generated column g', 'calm_write'],
  },
  {
    name: 'an index on an expression',
    setup: 'CREATE TABLE e_index (id text); CREATE INDEX e_index_x ON e_index (calm_write(id))',
    run: "INSERT INTO e_index VALUES ('x')",
    chain: ['index e_index_x', 'calm_write'],
  },
  {
    name: 'a partial index',
    setup: 'CREATE TABLE e_partial (id text); CREATE INDEX e_partial_x ON e_partial (id) WHERE calm_write(id) IS NOT NULL',
    run: "INSERT INTO e_partial VALUES ('x')",
    chain: ['index e_partial_x', 'calm_write'],
  },
  {
    name: 'the key of a partitioned table',
    setup: 'CREATE TABLE e_key (id text) PARTITION BY LIST (calm_write(id)); CREATE TABLE e_key_1 PARTITION OF e_key DEFAULT',
    run: "INSERT INTO e_key VALUES ('x')",
    chain: ['partition', 'calm_write'],
  },
  {
    name: 'a policy',
    setup:
      'CREATE TABLE e_policy (id text); INSERT INTO e_policy VALUES (1); ALTER TABLE e_policy ENABLE ROW LEVEL SECURITY; ALTER TABLE e_policy FORCE ROW LEVEL SECURITY; CREATE POLICY e_using ON e_policy FOR SELECT USING (make_true())',
    run: 'SELECT * FROM e_policy',
    chain: ['policy e_using', 'make_true'],
  },
  {
    name: 'the WITH CHECK of a policy',
    setup:
      'CREATE TABLE e_with (id text); ALTER TABLE e_with ENABLE ROW LEVEL SECURITY; ALTER TABLE e_with FORCE ROW LEVEL SECURITY; CREATE POLICY e_checked ON e_with WITH CHECK (make_true())',
    run: "INSERT INTO e_with VALUES ('x')",
    chain: ['policy e_checked', 'make_true'],
  },
  // Types, operators, casts
  {
    name: 'a domain',
    setup: 'CREATE DOMAIN d_trap AS text CHECK (calm_write(VALUE) IS NOT NULL)',
    run: "SELECT 'x'::d_trap",
    chain: ['type d_trap', 'calm_write'],
  },
  { name: 'a domain over a domain', setup: 'CREATE DOMAIN d_over AS d_trap', run: "SELECT CAST('x' AS d_over)", chain: ['d_trap', 'calm_write'] },
  { name: 'a domain in a row type', setup: 'CREATE TYPE t_row AS (x d_over)', run: "SELECT ROW('x')::t_row", chain: ['d_trap', 'calm_write'] },
  { name: 'an array of a domain', setup: '', run: "SELECT '{x}'::d_trap[]", chain: ['d_trap', 'calm_write'] },
  { name: 'a column of a domain', setup: 'CREATE TABLE d_table (x d_over)', run: "INSERT INTO d_table VALUES ('x')", chain: ['d_trap', 'calm_write'] },
  { name: 'json_populate_record into a row type', setup: '', run: 'SELECT json_populate_record(NULL::t_row, \'{"x": "1"}\')', chain: ['d_trap', 'calm_write'] },
  {
    name: 'an operator',
    setup:
      "CREATE FUNCTION op_f(a integer, b integer) RETURNS integer LANGUAGE plpgsql AS $$ BEGIN PERFORM make_run('o'); RETURN a; END $$; CREATE OPERATOR +!+ (LEFTARG = integer, RIGHTARG = integer, FUNCTION = op_f)",
    run: 'SELECT 1 +!+ 2',
    chain: ['operator +!+', 'op_f', 'make_run'],
  },
  { name: 'OPERATOR()', setup: '', run: 'SELECT 1 OPERATOR(public.+!+) 2', chain: ['operator +!+', 'op_f'] },
  {
    name: 'a prefix operator',
    setup:
      "CREATE FUNCTION op_p(a integer) RETURNS integer LANGUAGE plpgsql AS $$ BEGIN PERFORM make_run('o'); RETURN a; END $$; CREATE OPERATOR ?! (RIGHTARG = integer, FUNCTION = op_p)",
    run: 'SELECT ?! 1',
    chain: ['operator ?!', 'op_p'],
  },
  {
    name: 'an operator between literals of no type',
    setup:
      "CREATE TYPE pair AS (x text); CREATE FUNCTION op_pair(a pair, b pair) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM make_run('o'); RETURN true; END $$; CREATE OPERATOR === (LEFTARG = pair, RIGHTARG = pair, FUNCTION = op_pair)",
    run: "SELECT '(a)' === '(b)'",
    chain: ['operator ===', 'op_pair'],
  },
  {
    name: 'equality of a row type',
    setup: 'CREATE OPERATOR = (LEFTARG = pair, RIGHTARG = pair, FUNCTION = op_pair)',
    run: "SELECT '(a)'::pair = '(a)'::pair",
    chain: ['op_pair'],
  },
  { name: 'IN of a row type', setup: '', run: "SELECT '(a)'::pair IN ('(b)'::pair)", chain: ['op_pair'] },
  {
    name: 'an operator class',
    setup:
      "CREATE TYPE ranked AS (x integer); CREATE FUNCTION rank_lt(a ranked, b ranked) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM make_run('lt'); RETURN a.x < b.x; END $$; CREATE FUNCTION rank_cmp(a ranked, b ranked) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM make_run('cmp'); RETURN a.x - b.x; END $$; CREATE OPERATOR <<< (LEFTARG = ranked, RIGHTARG = ranked, FUNCTION = rank_lt)",
    run: "SELECT '(1)'::ranked <<< '(2)'::ranked",
    chain: ['operator <<<', 'rank_lt'],
  },
  {
    name: 'a cast',
    setup:
      "CREATE TYPE trap AS (x text); CREATE FUNCTION to_trap(x text) RETURNS trap LANGUAGE plpgsql AS $$ BEGIN PERFORM make_run('cast'); RETURN ROW(x)::trap; END $$; CREATE CAST (text AS trap) WITH FUNCTION to_trap(text) AS ASSIGNMENT",
    run: "SELECT 'x'::text::trap",
    chain: ['cast text as', 'to_trap', 'make_run'],
  },
  { name: 'an assignment cast', setup: 'CREATE TABLE c_table (x trap)', run: "INSERT INTO c_table SELECT 'x'::text", chain: ['cast text as', 'to_trap'] },
  {
    name: 'a chain of casts',
    setup:
      "CREATE TYPE middle AS (x text); CREATE FUNCTION to_middle(x trap) RETURNS middle LANGUAGE sql AS 'SELECT ROW((x).x)::middle'; CREATE CAST (trap AS middle) WITH FUNCTION to_middle(trap)",
    run: "SELECT 'x'::text::trap::middle",
    chain: ['to_trap', 'make_run'],
  },
  { name: 'a cast in the form of a call', setup: '', run: "SELECT to_trap('x')", chain: ['to_trap', 'make_run'] },
  {
    name: 'an implicit cast of a column',
    setup:
      "CREATE TYPE soft AS (x text); CREATE FUNCTION soft_text(x soft) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM make_run('soft'); RETURN (x).x; END $$; CREATE CAST (soft AS text) WITH FUNCTION soft_text(soft) AS IMPLICIT; CREATE TABLE c_soft (s soft); INSERT INTO c_soft VALUES (ROW('x'))",
    run: 'SELECT upper(s) FROM c_soft',
    chain: ['cast', 'soft_text', 'make_run'],
  },
  // Shadows and kin
  {
    name: 'a child of the protected table',
    setup: 'CREATE TABLE runs_child () INHERITS (runs)',
    run: "INSERT INTO runs_child (id) VALUES ('child' || clock_timestamp())",
    chain: ['insert runs_child', 'insert runs'],
  },
  {
    name: 'a parent of the protected table',
    setup: 'CREATE TABLE runs_parent (id text, status text); ALTER TABLE runs INHERIT runs_parent',
    run: 'UPDATE runs_parent SET status = clock_timestamp()::text',
    chain: ['update runs_parent', 'update runs'],
  },
  {
    name: 'a view of the same name in another schema',
    setup: 'CREATE SCHEMA elsewhere; CREATE VIEW elsewhere.notes AS SELECT id FROM public.runs',
    run: "INSERT INTO elsewhere.notes VALUES ('e' || clock_timestamp())",
    chain: ['insert elsewhere.notes', 'insert runs'],
  },
  {
    name: "a view in the account's own schema, before a table of the same name",
    setup: 'CREATE TABLE public.shadowed (id text); CREATE SCHEMA app; CREATE VIEW app.shadowed AS SELECT id FROM public.runs',
    run: "INSERT INTO shadowed VALUES ('app' || clock_timestamp())",
    chain: ['insert app.shadowed', 'insert runs'],
  },
  { name: 'a temporary view', setup: '', run: "CREATE TEMP VIEW mine AS SELECT make_run('t') AS x; SELECT * FROM mine", chain: [] },
  {
    name: 'a body with a view',
    setup: "CREATE FUNCTION f_view() RETURNS bigint LANGUAGE sql AS 'SELECT count(x) FROM v_3'",
    run: 'SELECT f_view()',
    chain: ['f_view', 'view v_3', 'make_run'],
  },
  { name: 'table_to_xml of a view', setup: '', run: "SELECT table_to_xml('v_call', true, true, '')", chain: ['table_to_xml'] },
  { name: 'query_to_xml', setup: '', run: "SELECT query_to_xml('SELECT make_run(''x'')', true, true, '')", chain: [] },
];
