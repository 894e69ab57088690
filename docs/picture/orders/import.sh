psql "$DATABASE_URL" -qAt -v ON_ERROR_STOP=1 <<'SQL'
INSERT INTO batches (source) VALUES ('orders.csv') RETURNING 'Batch ID: ' || id;
CREATE TEMPORARY TABLE line (id integer, total numeric);
\copy line FROM 'orders.csv' WITH (FORMAT csv)
INSERT INTO orders SELECT id, currval('batches_id_seq'), total FROM line;
SELECT 'Imported: ' || count(*) FROM line;
SQL
