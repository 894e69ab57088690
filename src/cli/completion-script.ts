/** The scripts as they stand in files of their own, where each shell's tools can check them. */
import bash from './shell/completion.bash?raw';
import fish from './shell/completion.fish?raw';
import zsh from './shell/completion.zsh?raw';

export const completionScripts = { bash, zsh, fish } as const;
