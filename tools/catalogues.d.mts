export function compileCatalogues(
  catalogues: { language: string; domain: string; text: string }[],
): { files: Map<string, string>; faults: string[] }
