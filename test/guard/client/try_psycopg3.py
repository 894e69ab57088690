"""psycopg 3 with its defaults: pipelines, server cursors, binary COPY, prepared statements, nested transactions, asyncio."""
import asyncio
import os

import psycopg

url = os.environ["DATABASE_URL"]
with psycopg.connect(url, autocommit=True) as connection:
    with connection.pipeline():
        first, second = connection.execute("SELECT 1"), connection.execute("SELECT %s::text", ["x"])
        print("pipeline", first.fetchone(), second.fetchone())
    for number in range(8):
        connection.execute("SELECT %s::int + 1", [number], prepare=True)
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO orders (body) VALUES (%s)", [(str(n),) for n in range(20)])
        print("executemany", cursor.rowcount)
        with cursor.copy("COPY orders (body, amount) FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["text", "numeric"])
            for number in range(100):
                copy.write_row(("binary", number))
        with cursor.copy("COPY (SELECT id, body FROM orders WHERE body = 'binary') TO STDOUT (FORMAT BINARY)") as copy:
            copy.set_types(["int4", "text"])
            print("binary copy", len(list(copy.rows())))
    with connection.transaction():
        try:
            with connection.transaction():
                connection.execute("INSERT INTO " + "ru" + "ns (id) VALUES ('psycopg')")
        except psycopg.Error as error:
            print("refused nested", error.sqlstate)
        print("goes on", connection.execute("SELECT 6").fetchone())
    try:
        with connection.pipeline():
            connection.execute("SELECT 1")
            connection.execute("INSERT INTO runs (id) VALUES (%s)", ["psycopg"])
            connection.execute("SELECT 2")
    except psycopg.Error as error:
        print("refused in a pipeline", error.sqlstate)
    try:
        with connection.cursor() as cursor, cursor.copy("COPY runs (id) FROM STDIN") as copy:
            copy.write_row(["psycopg"])
    except psycopg.Error as error:
        print("refused copy", error.sqlstate)
    print("alive", connection.execute("SELECT 7").fetchone())
with psycopg.connect(url) as connection:
    with connection.cursor("named") as cursor:
        cursor.itersize = 100
        print("cursor", len(cursor.execute("SELECT generate_series(1, 1000)").fetchall()))
    with connection.cursor("scrolled", scrollable=True) as cursor:
        cursor.execute("SELECT generate_series(1, 10)")
        cursor.scroll(5)
        print("scrolled", cursor.fetchone())


async def notified() -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as one:
        await one.execute("LISTEN news")
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as other:
            await other.execute("NOTIFY news, 'hello'")
        async for notice in one.notifies(timeout=10, stop_after=1):
            print("notified", notice.payload)
        try:
            await asyncio.wait_for(one.execute("SELECT pg_sleep(30)"), 0.5)
        except asyncio.TimeoutError:
            print("cancelled", (await (await one.execute("SELECT 8")).fetchone()))


asyncio.run(notified())
