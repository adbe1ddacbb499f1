import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

const LISTENING = '0A';

/** Who listens on a TCP port of this machine, as ` by node (pid 17)`; empty where the system does not tell. Only Linux does. */
export function byHolder(port: number): string {
  try {
    const sockets = socketsOn(port);
    const pid = readdirSync('/proc').find((entry) => /^\d+$/.test(entry) && sockets.some((socket) => holds(entry, socket)));
    return pid === undefined ? '' : ` by ${programOf(pid)} (pid ${pid})`;
  } catch {
    return '';
  }
}

/** Node and others rename their threads, so the command line tells it better than `comm`. */
function programOf(pid: string): string {
  return basename(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0]!.split(' ')[0]!);
}

/** As file descriptors show them. */
function socketsOn(port: number): string[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) =>
    readFileSync(table, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, local, , state]) => state === LISTENING && local?.endsWith(`:${wanted}`))
      .map((fields) => `socket:[${fields[9]}]`),
  );
}

/** Another user's process shows nothing. */
function holds(pid: string, socket: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((descriptor) => link(`/proc/${pid}/fd/${descriptor}`) === socket);
  } catch {
    return false;
  }
}

function link(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}
