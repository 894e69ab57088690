CREATE TABLE batches (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, source text NOT NULL);
CREATE TABLE orders (id integer PRIMARY KEY, batch_id integer NOT NULL REFERENCES batches, total numeric NOT NULL);
