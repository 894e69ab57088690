// What the names of a session's prepared statements and portals stand for, and how it was before a message that the server then passed over.
import type { StatementRecord } from '../model/contract.ts';

/** A statement that was let through, as judged. */
export type JudgedStatement = Pick<StatementRecord, 'text' | 'decision' | 'writes'> & { readonly changesSchema?: boolean };

/** The record of a refused one is made elsewhere. */
export type Named = JudgedStatement | 'refused';

/** A Parse, Bind or Close: `named` is what the name stands for from then on, `previous` the one that the server may still fall back on. */
export interface Naming {
  readonly kind: 'parse' | 'bind' | 'close';
  readonly of: 'statement' | 'portal';
  readonly name: string;
  readonly named: Named | undefined;
  previous: Naming | undefined;
  passedOver: boolean;
  /** Of a Bind: the Parse of its statement, if that is known. */
  readonly source?: Naming | undefined;
}

export class NameBook {
  readonly #names = { statement: new Map<string, Naming>(), portal: new Map<string, Naming>() };

  /** What a portal carries out. One that is not known was declared in SQL. */
  portal(name: string): Named {
    return this.#named('portal', name) ?? madeInSql('FETCH', name);
  }

  parse(name: string, named: Named): Naming {
    return this.#set('parse', 'statement', name, named);
  }

  bind(portal: string, statement: string): Naming {
    const source = this.#standing('statement', statement);
    return this.#set('bind', 'portal', portal, source?.named ?? madeInSql('EXECUTE', statement), source);
  }

  /** The naming of a portal, whose statement may turn out to be another one. */
  portalNaming(name: string): Naming | undefined {
    return this.#standing('portal', name);
  }

  /**
   * What a name stands for when the server comes to it. A statement that was refused never took its name: by that name the server
   * finds the one before, or one that was made in SQL, or none. Whether the refusal was answered before the Bind was sent is chance.
   */
  settled(naming: Naming): Named | undefined {
    if (naming.named !== 'refused' || naming.kind !== 'bind') return naming.named;
    if (naming.passedOver) return standingOf(naming.previous)?.named ?? madeInSql('FETCH', naming.name);
    const { source } = naming;
    if (source?.passedOver !== true) return naming.named;
    return standingOf(source.previous)?.named ?? madeInSql('EXECUTE', source.name);
  }

  close(of: 'statement' | 'portal', name: string): Naming {
    return this.#set('close', of, name, undefined);
  }

  /** What the server passed over never took its name, nor lost it; a later naming of the same name stands. */
  undo(namings: readonly Naming[]): void {
    for (const naming of namings) naming.passedOver = true;
    for (const naming of namings) this.#tidy(naming);
  }

  /** The server took it: what the name stood for before is over. */
  taken(naming: Naming): void {
    naming.previous = undefined;
    this.#tidy(naming);
  }

  /** Portals end with their transaction. */
  forgetPortals(): void {
    this.#names.portal.clear();
  }

  #named(of: Naming['of'], name: string): Named | undefined {
    return this.#standing(of, name)?.named;
  }

  #standing(of: Naming['of'], name: string): Naming | undefined {
    return standingOf(this.#names[of].get(name));
  }

  /** A session may use any number of names: what stands for nothing is not kept. */
  #tidy({ of, name }: Naming): void {
    const standing = this.#standing(of, name);
    if (standing === undefined || (standing.named === undefined && standing.previous === undefined)) this.#names[of].delete(name);
    else this.#names[of].set(name, standing);
  }

  #set(kind: Naming['kind'], of: Naming['of'], name: string, named: Named | undefined, source?: Naming): Naming {
    const naming: Naming = { kind, of, name, named, previous: this.#standing(of, name), passedOver: false, source };
    this.#names[of].set(name, naming);
    return naming;
  }
}

function standingOf(naming: Naming | undefined): Naming | undefined {
  let standing = naming;
  while (standing?.passedOver === true) standing = standing.previous;
  return standing;
}

/** A statement or portal that was made by SQL (PREPARE, DECLARE), where its text was judged, and is used by its name. */
function madeInSql(verb: 'EXECUTE' | 'FETCH', name: string): JudgedStatement {
  return {
    text: `${verb} ${name}`,
    decision: { effect: 'permit', rule: 'named-in-sql', reason: 'its text was judged where it was prepared or declared' },
    writes: [],
  };
}
