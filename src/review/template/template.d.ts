/** The text of a file, taken into the bundle. */
declare module '*.md?raw' {
  const text: string;
  export default text;
}
