export const schemaFile: string
export function schemaText(): string
