/** Phrases about what an execution may reach: files, variables, the network, the places and programs that are ruled out. */
import { banned, forbid, mustNotBe, not, row, upTo, type Phrase } from './phrase-row.ts';

const files = String.raw`(?:source(?: code| files?| tree)?|code ?base|code|workspace|working tree|working copy|repository|repo|checkout|files)\b`;
const editing = '(?:edit|modify|change|patch|touch|alter|editing|modifying|changing|patching|touching|altering)';
const same = '(?:untouched|alone|unchanged|intact|unmodified|clean|as (?:it is|they are|is|found))';

const workspace: readonly Phrase[] = [
  row(
    'no-workspace-change',
    'forbid',
    'none',
    'You MUST NOT modify the source code.',
    String.raw`\b(?:${not}|without) ${upTo(2)}${editing} (?:any |the |a |its |of |tested |application |application's |test |product |production |these |those ){0,3}${files}(?! (?:names?|permissions?|system|of conduct))`,
  ),
  row(
    'no-workspace-change',
    'no-changes',
    'none',
    'No code changes.',
    String.raw`\b${forbid} ${upTo(1)}(?:code|source|source code|workspace|repository|repo|file) (?:changes?|edits?|modifications?|patches)\b`,
  ),
  row(
    'no-workspace-change',
    'edits-to',
    'none',
    'No edits to the source.',
    String.raw`\b(?:no|zero|without) (?:any )?(?:edits|changes|modifications|patches) (?:to|in|of) (?:the |any )?${upTo(1)}${files}`,
  ),
  row(
    'no-workspace-change',
    'must-not-be',
    'none',
    'Files in the repository must not be edited.',
    String.raw`\b(?:source|code|workspace|working tree|repository|repo|files?) ${upTo(4)}${mustNotBe} (?:edited|changed|modified|patched|touched|altered)\b`,
  ),
  row(
    'no-workspace-change',
    'leave',
    'none',
    'Leave the source as it is.',
    String.raw`^(?:please )?(?:leave|keep) ${upTo(3)}${files} ${upTo(2)}${same}(?=[\s.,;!)]|$)|\bhands off (?:of )?(?:the )?${upTo(1)}${files}`,
  ),
  row(
    'no-workspace-change',
    'must-stay',
    'none',
    'The working tree must stay clean.',
    String.raw`\b${files} ${upTo(2)}(?:must|shall|should|has to|is to) (?:remain|stay|be left|be kept) (?:\S+ )?${same}(?=[\s.,;!)]|$)`,
  ),
  row(
    'no-workspace-change',
    'not-anything',
    'none',
    'Do not change anything.',
    String.raw`\b(?:${not}|without) ${upTo(1)}(?:change|modify|alter|changing|modifying|altering) anything(?=[.,;!)]|$)|\b(?:${not}|without) ${upTo(1)}${editing} anything (?:in|under) the (?:\S+ )?(?:code|source|repo\w*|workspace)\b`,
  ),
  row(
    'no-workspace-change',
    'forbidden',
    'none',
    'Code changes are forbidden.',
    String.raw`\b(?:code changes|edits to the (?:code|source|repository)|source changes|editing (?:the )?${files}|patching (?:the )?${files})(?: [^\s.;]+){0,4}? ${banned}`,
  ),
];

const more = '(?:undeclared|extra|additional|unlisted|undocumented|unnamed|further|other)';
const variables = String.raw`(?:env(?:ironment)?(?: variables?)?|variables?|env vars?|environment settings)\b`;

const environment: readonly Phrase[] = [
  row('no-undeclared-env', 'forbid', 'none', 'No undeclared variables.', String.raw`\b${forbid} ${upTo(3)}${more} ${variables}`),
  row(
    'no-undeclared-env',
    'only-these',
    'none',
    'Only the declared variables may be set.',
    String.raw`\bonly (?:the |those )?(?:declared|listed|documented|given|named) ${variables} ${upTo(3)}(?:may|must|shall|are to|can) be (?:set|used|passed|exported|present)\b|\b(?:set|export|pass|use) only the (?:declared|listed|documented|given|named) ${variables}|\bonly the (?:declared|listed|documented|given|named) ${variables} are (?:allowed|permitted)\b`,
  ),
  row(
    'no-undeclared-env',
    'overrides',
    'none',
    'No environment overrides.',
    String.raw`\b${forbid} ${upTo(1)}(?:env|environment|environment variable) (?:overrides?|injections?|tweaks?|additions?)\b`,
  ),
  row(
    'no-undeclared-env',
    'beyond',
    'none',
    'No variables beyond those of the plan.',
    String.raw`\b${forbid} ${upTo(2)}${variables} ${upTo(2)}(?:beyond|other than|except|besides|apart from) (?:those|the|what)\b`,
  ),
  row(
    'no-undeclared-env',
    'must-not-be',
    'none',
    'Environment variables must not be added.',
    String.raw`\b(?:environment variables?|env vars?|variables) ${upTo(3)}${mustNotBe} (?:added|overridden|injected|exported|invented|changed by hand)\b`,
  ),
  row(
    'no-undeclared-env',
    'add',
    'none',
    'Never export variables that the plan does not name.',
    String.raw`\b${not} (?:export|set|add|invent|inject|pass|exporting|setting|adding|injecting|passing) (?:any |your own |own |environment |personal )*${variables}(?= (?:that|which|not|the plan|yourself|of your own|on your own|by yourself)\b|\.?$)`,
  ),
  row('no-undeclared-env', 'forbidden', 'none', 'Undeclared variables are forbidden.', String.raw`\b${more} ${variables}(?: [^\s.;]+){0,3}? ${banned}`),
];

const outside = '(?:network|internet|external|outbound|outgoing|third-party|online)';

const network: readonly Phrase[] = [
  row(
    'no-network',
    'forbid',
    'hosts',
    'No network access.',
    String.raw`\b${forbid} ${upTo(2)}(?:network|internet|(?:external|outbound|outgoing|third-party|online) (?:access|calls?|traffic|requests?|connections?|services?|apis?|hosts?|network))\b(?! (?:errors?|issues?|problems?|outages?|partition|policy|interface|team|latency|delays?|loss))`,
  ),
  row(
    'no-network',
    'offline',
    'hosts',
    'Everything must run offline.',
    /\b(?:must|shall|should|has to|have to|is to|are to) (?:be )?(?:run|executed|done|performed|work|carried out) (?:fully |entirely |completely |strictly )?(?:offline|air-gapped)\b|^(?:offline only|run (?:everything |this |it )?offline)(?=[.!]|$)/,
  ),
  row(
    'no-network',
    'must-not-reach',
    'hosts',
    'No step may reach the internet.',
    String.raw`\b(?:no (?:steps?|commands?|tests?|programs?|scripts?) (?:may|must|shall|should|is allowed to)|nothing (?:may|must|shall)|${not}) (?:ever )?(?:reach|contact|access|use|touch|talk to|call|connect to|go out to|reaching|contacting|accessing|using) (?:out to )?(?:the |an? |any )?(?:network|internet|public internet|outside world|external (?:hosts?|services?|apis?|systems?)|third-party (?:hosts?|services?|apis?))\b`,
  ),
  row(
    'no-network',
    'must-not-be',
    'hosts',
    'The internet must not be used.',
    String.raw`\b(?:network|internet|external (?:services?|hosts?|apis?)|third-party (?:services?|hosts?|apis?)) ${upTo(2)}${mustNotBe} (?:used|reached|contacted|accessed|called)\b`,
  ),
  row(
    'no-network',
    'forbidden',
    'hosts',
    'Outbound traffic is prohibited.',
    String.raw`\b${outside} (?:access|calls?|traffic|requests?|connections?)(?: [^\s.;]+){0,3}? ${banned}`,
  ),
  row(
    'no-network',
    'cut-off',
    'hosts',
    'Stay off the network.',
    /\b(?:stay|keep) (?:\S+ )?off the (?:network|internet)\b|\b(?:network|internet) (?:access )?(?:must|shall|has to|is to) (?:be |stay |remain )(?:switched off|turned off|disabled|off|cut)\b/,
  ),
];

const things = '(?:databases?|systems?|environments?|servers?|clusters?|hosts?|data|tenants?|accounts?|instances?|stores?|replicas?)';
/** "Live" alone is a place only where nothing follows that is live. */
const place = String.raw`(?:(?:prod(?:uction)?|staging|pre-?prod(?:uction)?)\x60?(?: ${things})?|live\x60?(?: ${things})?(?=[.,;!)]|$| (?:and|or|until|without|during)\b)|live\x60? ${things})`;
const there = String.raw`(?:the |an? |any |our |your )?\x60?${place}(?=[\s.,;!)]|$)(?! (?:code|path|paths|readiness|ready|build|bundle|logs?|config\w*|version|demo|stream|chat|reload|like|mode)\b)`;

const target: readonly Phrase[] = [
  row(
    'forbidden-target',
    'not-against',
    'targets',
    'Do not run this against production.',
    String.raw`\b${not} ${upTo(8)}(?:against|on|in|into|to|from|at|with|onto) ${there}`,
  ),
  row(
    'forbidden-target',
    'touch',
    'targets',
    'Never touch production.',
    String.raw`\b${not} ${upTo(1)}(?:touch|use|access|reach|contact|target|hit|query|open|point at|touching|using|accessing|querying|targeting) ${there}`,
  ),
  row(
    'forbidden-target',
    'no',
    'targets',
    'No production access.',
    String.raw`\b(?:no|without) (?:\S+ )?(?:live|prod(?:uction)?) (?:access|databases?|systems?|data|servers?|clusters?|tenants?|accounts?|credentials?|traffic)\b(?! (?:is|are) (?:needed|required|available))|^(?:not|never) (?:in|on|against|for) ${there}`,
  ),
  row(
    'forbidden-target',
    'off-limits',
    'targets',
    'Production is off limits.',
    String.raw`\b${there} (?:${banned}|${mustNotBe} (?:touched|used|accessed|reached|contacted|queried|targeted|written|changed))`,
  ),
  row(
    'forbidden-target',
    'must-not-be',
    'targets',
    'The drill must not be run against production.',
    String.raw`\b${mustNotBe} ${upTo(2)}(?:against|on|in|into|at|with|from) ${there}`,
  ),
  row(
    'forbidden-target',
    'named',
    'targets',
    'Never connect to `ledger-live-1`.',
    String.raw`\b${not} (?:connect|log in|login|ssh|talk|connecting|point anything|write|send anything) ?(?:in)?(?:to|at|with) (?:the )?(?:host |server |database |instance )?\x60[a-z0-9][a-z0-9.-]*[.-][a-z0-9.-]*\*?\x60`,
  ),
];

const program = String.raw`(?:psql|mysql|sqlcmd|mongosh?|redis-cli|kubectl|helm|terraform|ansible(?:-playbook)?|docker|podman|curl|wget|ssh|scp|rsync|sudo|git|rm|systemctl|crontab|pg_restore|pg_dump|npm publish|twine|gh|aws|gcloud|az)`;
/** A command in backticks; statements of SQL are no programs. */
const quoted = String.raw`\x60(?!(?:alter|create|drop|insert|update|delete|select|truncate|grant|copy)\b)`;
const coded = String.raw`(?:${quoted}(?:\.{0,2}/)?[a-z][a-z0-9_.-]*(?: [^\x60]+)?\x60|${program}(?=[\s.,;!)]|$))`;

const command: readonly Phrase[] = [
  row(
    'forbidden-command',
    'run',
    'commands',
    'Never run `terraform apply`.',
    String.raw`\b${not} (?:ever |also |manually )?(?:run|running|execute|executing|invoke|invoking|call|calling|type|typing|issue|issuing|do the following:?)(?: the| a| any| following)? ${coded}`,
  ),
  row(
    'forbidden-command',
    'use',
    'commands',
    'You may not use psql here.',
    String.raw`\b(?:${not}|without) (?:use|using|resort to|resorting to|reach for) (?:the )?(?:\x60${program}(?: [^\x60]+)?\x60|${program}(?=[\s.,;!)]|$)|${quoted}[a-z][a-z0-9_.-]* [^\x60]+\x60)`,
  ),
  row(
    'forbidden-command',
    'no',
    'commands',
    'No `sudo`.',
    String.raw`^no (?:use of |calls to |manual )?\x60?${program}\x60?(?=[.,;!)]|$| (?:in|here|at all|anywhere|during|throughout|commands?|calls?)\b)`,
  ),
  row(
    'forbidden-command',
    'forbidden',
    'commands',
    '`kubectl delete` is forbidden.',
    String.raw`(?:${quoted}[a-z][a-z0-9_-]*(?: [^\x60]+)?\x60|\b${program}) ${upTo(2)}(?:${banned}|${mustNotBe} (?:used|run|called|executed|invoked|typed))`,
  ),
  row(
    'forbidden-command',
    'commit',
    'commands',
    'Do not commit or push.',
    String.raw`\b${not} (?:commit|push|force-push|merge|rebase|committing|pushing|merging|rebasing)(?=[.,;!)]|$| (?:or|and|nor|to|any|your|the (?:changes|branch|code|fix|result)|anything|into|changes)\b)(?! the (?:button|door|update))|\b(?:no|without) (?:git )?(?:commits|pushes|force-pushes|committing|pushing)(?=[\s.,;!)]|$)(?! (?:since|yet|were|was))|\bnothing (?:may|must|shall|is to) be (?:committed|pushed)\b`,
  ),
];

/** What is kept apart: the processes of an execution, not people, tests of a suite or transactions. */
const isolated = String.raw`(?:steps?|commands?|programs?|scripts?|process(?:es)?|everything|execution|the (?:plan|run))`;
const apart = String.raw`(?:isolated|sandboxed|in (?:a |the |network )?(?:isolation|sandbox)|in an? isolated (?:sandbox|environment|process|namespace)|(?:inside|within) (?:a |the )?sandbox)`;

const isolation: readonly Phrase[] = [
  row(
    'isolation',
    'required',
    'isolation',
    'Isolation is required.',
    /\b(?:process |network )?(?:isolation|sandboxing)(?: level)?(?: of (?:each |every |all |the )?(?:steps?|commands?|process(?:es)?))?(?: is|:| =)? (?:required|mandatory|demanded|needed)\b(?! to (?:read|understand))/,
  ),
  row(
    'isolation',
    'must-run',
    'isolation',
    'Every step must run in a sandbox.',
    String.raw`\b${isolated} ${upTo(2)}(?:must|shall|has to|have to|is to|are to) (?:only )?(?:be )?(?:run|runs|executed|carried out)? ?(?:only |always |fully )?${apart}(?=[.,;!)]|$| (?:with|without|from|at)\b)`,
  ),
  row(
    'isolation',
    'never-without',
    'isolation',
    'Never run anything outside a sandbox.',
    String.raw`\b${not} (?:run|execute|running|executing) ${upTo(3)}(?:without (?:process |network )?isolation|outside (?:of )?(?:a |the )?sandbox|unsandboxed)\b`,
  ),
];

export const reachPhrases: readonly Phrase[] = [...workspace, ...environment, ...network, ...target, ...command, ...isolation];
