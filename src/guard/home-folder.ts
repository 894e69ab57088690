import { homedir } from 'node:os';

/** The user's own folder; the root of all where the system knows no such user (a container with a number for a user) and HOME is not set. */
export function homeFolder(): string {
  try {
    return homedir();
  } catch {
    return '/';
  }
}
