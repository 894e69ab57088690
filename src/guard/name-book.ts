// What the names of a session's prepared statements and portals stand for, and how it was before a message that the server then passed over.
import type { StatementRecord } from '../model/contract.ts';

/** A statement that was let through, as judged. */
export type JudgedStatement = Pick<StatementRecord, 'text' | 'decision' | 'writes'> & { readonly changesSchema?: boolean };

/** The record of a refused one is made elsewhere. */
export type Named = JudgedStatement | 'refused';

/** A Parse, Bind or Close: `named` is what the name stands for from then on, `previous` what it stood for before. */
export interface Naming {
  readonly kind: 'parse' | 'bind' | 'close';
  readonly of: 'statement' | 'portal';
  readonly name: string;
  readonly named: Named | undefined;
  readonly previous: Named | undefined;
}

export class NameBook {
  readonly #names = { statement: new Map<string, Named>(), portal: new Map<string, Named>() };

  /** What a portal carries out. One that is not known was declared in SQL. */
  portal(name: string): Named {
    return this.#names.portal.get(name) ?? madeInSql('FETCH', name);
  }

  parse(name: string, named: Named): Naming {
    return this.#set('parse', 'statement', name, named);
  }

  bind(portal: string, statement: string): Naming {
    return this.#set('bind', 'portal', portal, this.#names.statement.get(statement) ?? madeInSql('EXECUTE', statement));
  }

  close(of: 'statement' | 'portal', name: string): Naming {
    return this.#set('close', of, name, undefined);
  }

  /** What the server passed over never took its name, nor lost it. */
  undo(namings: readonly Naming[]): void {
    for (const { of, name, named, previous } of namings.toReversed()) {
      if (this.#names[of].get(name) === named) this.#put(of, name, previous);
    }
  }

  /** Portals end with their transaction. */
  forgetPortals(): void {
    this.#names.portal.clear();
  }

  #set(kind: Naming['kind'], of: Naming['of'], name: string, named: Named | undefined): Naming {
    const previous = this.#names[of].get(name);
    this.#put(of, name, named);
    return { kind, of, name, named, previous };
  }

  #put(of: Naming['of'], name: string, named: Named | undefined): void {
    if (named === undefined) this.#names[of].delete(name);
    else this.#names[of].set(name, named);
  }
}

/** A statement or portal that was made by SQL (PREPARE, DECLARE), where its text was judged, and is used by its name. */
function madeInSql(verb: 'EXECUTE' | 'FETCH', name: string): JudgedStatement {
  return {
    text: `${verb} ${name}`,
    decision: { effect: 'permit', rule: 'named-in-sql', reason: 'its text was judged where it was prepared or declared' },
    writes: [],
  };
}
