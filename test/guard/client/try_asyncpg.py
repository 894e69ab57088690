"""asyncpg with its defaults: its pool with the reset, type introspection, statement cache, cursors, COPY, cancellation."""
import asyncio
import io
import os

import asyncpg

url = os.environ["DATABASE_URL"]


async def main() -> None:
    async with asyncpg.create_pool(url, min_size=3, max_size=5) as pool:
        rows = await asyncio.gather(*(pool.fetchval("SELECT $1::int * 2", n) for n in range(50)))
        print("pool", sum(rows))
        async with pool.acquire() as connection:
            print("types", await connection.fetchrow("SELECT ARRAY[1, 2] AS a, '{\"k\": 1}'::jsonb AS j, now() IS NOT NULL AS n, '10.5'::numeric AS d"))
            await connection.executemany("INSERT INTO orders (body, amount) VALUES ($1, $2)", [("m", n) for n in range(30)])
            async with connection.transaction():
                total = 0
                async for row in connection.cursor("SELECT generate_series(1, 500) AS n", prefetch=50):
                    total += row["n"]
                print("cursor", total)
            print("copied in", await connection.copy_records_to_table("orders", records=[("c", 1), ("c", 2)], columns=["body", "amount"]))
            out = io.BytesIO()
            print("copied out", await connection.copy_from_query("SELECT body FROM orders WHERE body = 'c'", output=out), out.getvalue())
            try:
                await connection.execute("INSERT INTO runs (id) VALUES ($1)", "asyncpg")
            except asyncpg.PostgresError as error:
                print("refused", error.sqlstate)
            try:
                async with connection.transaction():
                    await connection.execute("DELETE FROM runs; SELECT 1")
            except asyncpg.PostgresError as error:
                print("refused in a transaction", error.sqlstate)
            try:
                await connection.copy_records_to_table("runs", records=[("x",)], columns=["id"])
            except asyncpg.PostgresError as error:
                print("refused copy", error.sqlstate)
            try:
                await connection.fetchval("SELECT pg_sleep(30)", timeout=0.5)
            except asyncio.TimeoutError:
                print("cancelled", await connection.fetchval("SELECT 9"))


asyncio.run(main())
