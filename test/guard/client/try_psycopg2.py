"""psycopg 2 with its defaults: implicit transactions, a named cursor, COPY both ways, a pool, execute_values."""
import io
import os

import psycopg2
import psycopg2.extras
import psycopg2.pool

url = os.environ["DATABASE_URL"]
connection = psycopg2.connect(url)
with connection, connection.cursor() as cursor:
    cursor.execute("SELECT id, body, amount FROM orders WHERE id <= %s ORDER BY id", [2])
    print("rows", cursor.fetchall())
    psycopg2.extras.execute_values(cursor, "INSERT INTO orders (body, amount) VALUES %s", [("v", n) for n in range(250)])
    print("inserted", cursor.rowcount)
with connection, connection.cursor("named") as cursor:
    cursor.itersize = 100
    cursor.execute("SELECT generate_series(1, 1000)")
    print("cursor", sum(row[0] for row in cursor))
with connection, connection.cursor() as cursor:
    cursor.copy_expert("COPY orders (body) FROM STDIN", io.StringIO("a\nb\n"))
    out = io.StringIO()
    cursor.copy_expert("COPY (SELECT body FROM orders WHERE body IN ('a', 'b') ORDER BY 1) TO STDOUT", out)
    print("copy", repr(out.getvalue()))
with connection.cursor() as cursor:
    try:
        cursor.execute("INSERT INTO runs (id) VALUES (%s)", ["psycopg2"])
    except psycopg2.Error as error:
        print("refused", error.pgcode)
    try:
        cursor.execute("SELECT 1")
    except psycopg2.errors.InFailedSqlTransaction as error:
        print("aborted", error.pgcode)
    connection.rollback()
    try:
        cursor.copy_expert("COPY runs (id) FROM STDIN", io.StringIO("psycopg2\n"))
    except psycopg2.Error as error:
        print("refused copy", error.pgcode)
    connection.rollback()
connection.close()
pool = psycopg2.pool.ThreadedConnectionPool(2, 5, url)
held = [pool.getconn() for _ in range(5)]
for each in held:
    with each.cursor() as cursor:
        cursor.execute("SELECT 1")
    pool.putconn(each)
pool.closeall()
print("pool", len(held))
