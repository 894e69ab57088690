/**
 * A declarative Jenkinsfile as a tree of blocks, and what the declarative syntax demands of it. No registry has Jenkins' own grammar
 * (its linter is a plugin of a running server), and Groovy's parser brings a Java machine: the tables are those of jenkins.io,
 * "Pipeline Syntax", and `npm run soak` has Groovy itself read the file (`test/soak/jenkinsfile.test.ts`).
 */

export interface JenkinsBlock {
  /** The first word: `stage`, `steps`, `sh`. */
  readonly name: string;
  /** What stands behind it, up to the block or the end of the line. */
  readonly given: string;
  /** Undefined where it has no block. */
  readonly blocks: readonly JenkinsBlock[] | undefined;
}

const inPipeline = ['agent', 'environment', 'options', 'parameters', 'triggers', 'tools', 'stages', 'post', 'libraries'];
const inStage = ['agent', 'environment', 'options', 'tools', 'input', 'when', 'steps', 'stages', 'parallel', 'matrix', 'post', 'failFast'];
const works = ['steps', 'stages', 'parallel', 'matrix'];
const conditions = ['always', 'changed', 'fixed', 'regression', 'aborted', 'failure', 'success', 'unstable', 'unsuccessful', 'cleanup'];

/** Throws where braces, brackets or quotes do not fit together. */
export function readJenkinsfile(text: string): readonly JenkinsBlock[] {
  const tokens = text.match(/'''[\s\S]*?'''|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|\/\/[^\n]*|\/\*[\s\S]*?\*\/|[{};\n]|[^'"{};\n/]+|\/|['"]/g) ?? [];
  let at = 0;
  const readBlocks = (isInner: boolean): readonly JenkinsBlock[] => {
    const found: JenkinsBlock[] = [];
    let line = '';
    let depth = 0;
    const end = (blocks?: readonly JenkinsBlock[]): void => {
      const [, name = '', given = ''] = /^\s*([\w.]*)\s*([\s\S]*?)\s*$/.exec(line) ?? [];
      if (line.trim() !== '' || blocks !== undefined) found.push({ name, given, blocks });
      line = '';
    };
    while (at < tokens.length) {
      const token = tokens[at] ?? '';
      at += 1;
      if (token === "'" || token === '"') throw new Error(`a quote is not closed behind \`${line.trim()}\``);
      if (token.startsWith('//') || token.startsWith('/*')) continue;
      if (token === '{' && depth === 0) end(readBlocks(true));
      else if (token === '}' && depth === 0) {
        if (!isInner) throw new Error('a brace is closed that was not opened');
        end();
        return found;
      } else if ((token === '\n' || token === ';') && depth === 0) end();
      else {
        if (!/^['"]/.test(token)) depth += (token.match(/[([]/g) ?? []).length - (token.match(/[)\]]/g) ?? []).length;
        line += token;
      }
    }
    if (isInner || depth !== 0) throw new Error('a brace or bracket is not closed');
    end();
    return found;
  };
  return readBlocks(false);
}

/** What speaks against it: nothing where it is as the declarative syntax has it. */
export function jenkinsProblems(file: readonly JenkinsBlock[]): readonly string[] {
  const [pipeline, ...others] = file;
  if (pipeline?.name !== 'pipeline' || pipeline.blocks === undefined || others.length > 0) return ['a declarative file is one `pipeline` block'];
  const { blocks } = pipeline;
  return [
    ...strange('pipeline', blocks, inPipeline),
    ...['agent', 'stages'].filter((name) => blocks.filter((each) => each.name === name).length !== 1).map((name) => `a pipeline has exactly one \`${name}\``),
    ...inner(blocks, 'stages').flatMap(stageProblems),
    ...inner(blocks, 'post').flatMap((each) => [...strange('post', [each], conditions), ...(each.blocks?.length ? [] : [`\`${each.name}\` is empty`])]),
  ];
}

function stageProblems(stage: JenkinsBlock): readonly string[] {
  if (stage.name !== 'stage' || !/^\('[^']+'\)$/.test(stage.given) || stage.blocks === undefined) return [`\`${stage.name}\` is no stage with a name`];
  const work = stage.blocks.filter((each) => works.includes(each.name));
  return [
    ...strange(`stage ${stage.given}`, stage.blocks, inStage),
    ...(work.length === 1 && work[0]?.blocks?.length ? [] : [`the stage ${stage.given} has not exactly one of ${works.join(', ')}`]),
    ...stage.blocks.filter((each) => each.name === 'stages' || each.name === 'parallel').flatMap((each) => (each.blocks ?? []).flatMap(stageProblems)),
  ];
}

const inner = (blocks: readonly JenkinsBlock[], name: string): readonly JenkinsBlock[] =>
  blocks.filter((each) => each.name === name).flatMap((each) => each.blocks ?? []);
const strange = (where: string, blocks: readonly JenkinsBlock[], known: readonly string[]): readonly string[] =>
  blocks.filter(({ name }) => !known.includes(name)).map(({ name }) => `\`${name}\` does not stand in ${where}`);

/** Texts of `sh '…'`, in order. */
export function shellLines(file: readonly JenkinsBlock[]): readonly string[] {
  return file.flatMap(({ name, given, blocks }) => [...(name === 'sh' ? [given.replace(/^'(.*)'$/s, '$1')] : []), ...shellLines(blocks ?? [])]);
}
