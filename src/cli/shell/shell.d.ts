/** The scripts of shells come as text: `?raw` is understood by the bundler and by vitest alike. */
declare module '*.bash?raw' {
  const text: string;
  export default text;
}
declare module '*.zsh?raw' {
  const text: string;
  export default text;
}
declare module '*.fish?raw' {
  const text: string;
  export default text;
}
