// What a program of a step does: sends its arguments to DATABASE_URL, one after the other, and prints the rows as JSON.
// With SWALLOW=1 it goes on after an error and ends with 0, as a careless application does.
import pg from 'pg';

const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
client.on('error', () => undefined);
let failed = false;
try {
  await client.connect();
  for (const sql of process.argv.slice(2)) {
    try {
      const { rows } = await client.query(sql);
      for (const row of rows) console.log(JSON.stringify(row));
    } catch (error) {
      console.error(`${error.code}: ${error.message}`);
      failed = true;
    }
  }
} catch (error) {
  console.error(`${error.code}: ${error.message}`);
  failed = true;
} finally {
  await client.end().catch(() => undefined);
}
process.exit(failed && process.env.SWALLOW !== '1' ? 1 : 0);
