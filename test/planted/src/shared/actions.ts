import '../server/domains/access/index.ts'
export const actions = 1
