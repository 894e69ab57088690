"""SQLAlchemy with one driver: inspection, create_all, a session's unit of work, its pool, and the refusal as the application sees it."""
import asyncio
import os

from sqlalchemy import ForeignKey, create_engine, func, inspect, make_url, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

driver = os.environ["DRIVER"]
url = make_url(os.environ["DATABASE_URL"]).set(drivername=f"postgresql+{driver}")
if driver == "asyncpg":
    # It has no sslmode of its own.
    url = url.difference_update_query(["sslmode"])
suffix = driver


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = f"customers_{suffix}"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    invoices: Mapped[list["Invoice"]] = relationship(back_populates="customer")


class Invoice(Base):
    __tablename__ = f"invoices_{suffix}"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey(f"customers_{suffix}.id"), index=True)
    total: Mapped[float]
    customer: Mapped[Customer] = relationship(back_populates="invoices")


def fill(session: Session) -> None:
    session.add_all([Customer(name=f"c{n}", invoices=[Invoice(total=n + k) for k in range(3)]) for n in range(20)])


def code(error: DBAPIError) -> str:
    cause = error.orig
    return getattr(cause, "pgcode", None) or getattr(cause, "sqlstate", None) or "?"


def synchronous() -> None:
    engine = create_engine(url, pool_size=5, pool_pre_ping=True)
    print("tables", "runs" in inspect(engine).get_table_names())
    if os.environ["MAKE"] == "yes":
        Base.metadata.create_all(engine)
        Base.metadata.create_all(engine)
        print("columns", [column["name"] for column in inspect(engine).get_columns(Invoice.__tablename__)])
        print("keys", inspect(engine).get_foreign_keys(Invoice.__tablename__)[0]["referred_table"], len(inspect(engine).get_indexes(Invoice.__tablename__)))
    with Session(engine) as session, session.begin():
        fill(session)
    with Session(engine) as session:
        print("sum", session.scalar(select(func.count()).select_from(Invoice)))
        try:
            session.execute(text("INSERT INTO runs (id) VALUES (:id)"), {"id": "sqlalchemy"})
        except DBAPIError as error:
            print("refused", code(error))
        session.rollback()
        print("alive", session.scalar(text("SELECT 1")))
    engine.dispose()


async def asynchronous() -> None:
    engine = create_async_engine(url, pool_size=5, pool_pre_ping=True)
    async with engine.begin() as connection:
        print("tables", await connection.run_sync(lambda each: "runs" in inspect(each).get_table_names()))
    if os.environ["MAKE"] == "yes":
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
            columns = await connection.run_sync(lambda each: inspect(each).get_columns(Invoice.__tablename__))
            print("columns", [column["name"] for column in columns])
            keys = await connection.run_sync(lambda each: inspect(each).get_foreign_keys(Invoice.__tablename__))
            indexes = await connection.run_sync(lambda each: inspect(each).get_indexes(Invoice.__tablename__))
            print("keys", keys[0]["referred_table"], len(indexes))
    async with AsyncSession(engine) as session, session.begin():
        fill(session)
    async with AsyncSession(engine) as session:
        print("sum", await session.scalar(select(func.count()).select_from(Invoice)))
        try:
            await session.execute(text("INSERT INTO runs (id) VALUES (:id)"), {"id": "sqlalchemy"})
        except DBAPIError as error:
            print("refused", code(error))
        await session.rollback()
        print("alive", await session.scalar(text("SELECT 1")))
    await engine.dispose()


if driver == "asyncpg":
    asyncio.run(asynchronous())
else:
    synchronous()
