export const fewest: number
export function readWalls(
  folders: string[],
  baseDir?: string,
): Promise<{ modules: number; breaches: string[] }>
